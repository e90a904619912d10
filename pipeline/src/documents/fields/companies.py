"""Names of companies and people."""

import re

_FORMS = {
    "incorporated": "Inc.",
    "inc": "Inc.",
    "limited": "Ltd.",
    "ltd": "Ltd.",
    "co": "Co.",
    "l.p": "LP",
    "lp": "LP",
    "l.l.c": "LLC",
    "llc": "LLC",
    "l.l.p": "LLP",
    "llp": "LLP",
    "n.v": "N.V.",
    "corp": "Corp.",
    "plc": "plc",
}
FORM = (
    r"(?:Incorporated|Inc|Limited|Ltd|L\.?L\.?C|L\.?L\.?P|L\.?P|N\.V|PLC|plc|Corporation|Corp|"
    r"Company|Co|INCORPORATED|INC|LIMITED|LTD|CORPORATION|CORP|GMBH(?: & CO\.? KG)?|AG|SE|S\.?A\.?S|S\.A|GmbH(?: & Co\.? KG)?|KG|e\.?K|B\.V|S\.p\.A|S\.?à\.?r\.?l)"
    r"(?![\w])\.?"
)
COMPANY = re.compile(
    r"\b(?:The )?(?:[A-Z0-9][\w.&'’¢!-]*|&)(?: (?:[A-Z0-9][\w.&'’¢!-]*|&|and|of|de)){0,7}?"
    rf",? {FORM}"
)
_TAIL = re.compile(rf",? ({FORM})$", re.IGNORECASE)


def tidy_company(name: str) -> str:
    """One way of writing for what is written in many: `Acme, Incorporated` is `Acme Inc.`"""
    name = " ".join(name.split()).strip(" ,;:").replace("’", "'")
    name = re.sub(r"\s*&\s*", " and ", name)
    match = _TAIL.search(name)
    if match:
        form = match[1].rstrip(".")
        form = _FORMS.get(form.lower(), match[1])
        name = f"{name[: match.start()].rstrip(' ,')} {form}"
    return name
