"""The parties of a contract."""

import re
from collections import Counter

from documents.fields.companies import COMPANY, tidy_company

_OPENING = 5_000
_BETWEEN = re.compile(
    r"\b(?:by\s+and\s+between|by\s+and\s+among|between|among|zwischen|entre(?:\s+les\s+soussignés)?)"
    r"\s*:?\s+",
    re.IGNORECASE,
)
_STOP = re.compile(
    r"WHEREAS|RECITALS|WITNESSETH|W I T N E S S|Background|In consideration|NOW,? THEREFORE|"
    r"\b1\. |Präambel|wird folgend"
)
_NAME = (
    r"(?:[a-z]?[A-Z0-9ÄÖÜÉ][\w.&'’¢!-]*|&)"
    r"(?:,? (?:[A-Z0-9ÄÖÜÉ][\w.&'’¢!-]*|&|of|the|de|van|von|"
    r"and(?= [A-Z][\w-]* (?:Co|LL|L\.|Inc)))){0,7}"
)
_NOT_NAMES = re.compile(
    r"^(?:the|this|an?|each|company|employee|executive|agreement|party|parties|whereas|state|"
    r"delaware|california|ohio|new york|texas|suite|street|address|collectively|recipient|"
    r"confidential\w*(?: information)?|the company(?: company)?|delaware corporation|"
    r"effective|usa|united states|its|as|date|in|i|you|exhibit|section)\b\.?,?$",
    re.IGNORECASE,
)
_ROLE_ONLY = re.compile(
    r"^(?:WHEREAS|Company|Corporation)\b.*\b(?:Company|Inc)\b|Exhibit|Agreement", re.I
)
_PLACES = re.compile(
    r"\b(?:Street|Avenue|Road|Drive|Suite|Boulevard|Floor|Blvd|Way|Parkway|Lane|Plaza|Center|Box)\b"
)
_ROLE = re.compile(
    r"\([^()“\"]{0,60}[“\"](?:the )?(?:Company|Employee|Executive|Employer|Consultant|"
    r"Recipient|Receiving Party|Disclosing Party|Discloser|Counterparty|Parent|Buyer|Seller|"
    r"Contractor|Client|Customer|you)\b",
    re.IGNORECASE,
)
_LAST_NAME = re.compile(rf"(?P<name>{_NAME})(?:,? (?:an?|and) [^()]{{0,90}})?,? ?$")
_CLOSING = 6_000
_SIGNATURE = re.compile(
    r"(?<!By: )(?<!BY: )(?<!By )/s/\s*(?P<name>[A-Z][\w.’'-]*"
    r"(?: (?!By\b|Print|Name\b|Sign|Title\b|Dated?\b|Its\b)[A-Z][\w.’'-]*){1,3})"
)
_DEAR = re.compile(r"\bDear (?:Mr|Ms|Mrs|Dr)?\.? ?(?P<last>[A-Z][\w'’-]+)")
_SALUTATION = re.compile(r"^\s*(?:Dear\b|Ladies and|Gentlemen)", re.MULTILINE)
_PERSON_LINE = re.compile(
    r"^(?:(?:Mr|Ms|Mrs|Dr)\.? )?(?P<name>[A-Z][\w'’.-]+(?: [A-Z][\w'’.-]*){1,3})$"
)


def find_parties(text: str) -> list[str]:
    """Names in order, companies' in one way of writing; empty when none are told."""
    opening = text[:_OPENING]
    flat = " ".join(opening.split())
    found = _between(flat)
    if len(found) < 2:
        found += [name for name in _defined(flat) if not _known(name, found)]
    if len(found) < 2:
        found += [name for name in _of_letter(opening, flat) if not _known(name, found)]
    if len(found) < 2:
        found += [name for name in _signed(text) if not _known(name, found)][: 2 - len(found)]
    return found[:6]


def _between(flat: str) -> list[str]:
    for opening in _BETWEEN.finditer(flat):
        clause = flat[opening.end() : opening.end() + 900]
        stop = _STOP.search(clause)
        names = _names_in(clause[: stop.start()] if stop else clause)
        if names:
            return names
    return []


def _names_in(clause: str) -> list[str]:
    """Names at places where a party can stand: at the start, and after a closed description."""
    names: list[str] = []
    first = re.match(rf"(?:the undersigned )?(?P<name>{_NAME})", clause)
    if first and _is_name(first["name"]):
        names.append(_clean(first["name"]))
    for match in re.finditer(rf"\band,?\s+(?:between\s+)?(?P<name>{_NAME})", clause):
        name = _clean(match["name"])
        after = clause[match.end() : match.end() + 12]
        if (
            names
            and _is_name(match["name"])
            and re.match(r"\s*[,(.;]|\s+(?:on|whose|with|having)", after)
            and not _known(name, names)
            and not _inside_parentheses(clause, match.start())
        ):
            names.append(name)
            break
    return names


def _inside_parentheses(clause: str, at: int) -> bool:
    return clause.count("(", 0, at) > clause.count(")", 0, at)


def _defined(flat: str) -> list[str]:
    names = []
    for role in _ROLE.finditer(flat):
        before = flat[max(0, role.start() - 160) : role.start()]
        companies = list(COMPANY.finditer(before))
        last = companies[-1][0] if companies else _last_name(before)
        if last and _is_name(last):
            names.append(_clean(last))
    return list(dict.fromkeys(names))[:2]


def _last_name(before: str) -> str | None:
    match = _LAST_NAME.search(before)
    return match["name"] if match else None


def _of_letter(opening: str, flat: str) -> list[str]:
    """Letters: the one that is addressed, or the companies most spoken of."""
    names = []
    dear = _DEAR.search(flat)
    if dear:
        for line in opening.splitlines():
            person = _PERSON_LINE.match(line.strip().rstrip(","))
            if person and dear["last"] in person["name"] and " " in person["name"]:
                names.append(_clean(person["name"]))
                break
    names.extend(_addressees(opening))
    lines = (match for line in opening.splitlines()[2:] for match in COMPANY.finditer(line))
    companies = Counter(_clean(match[0]) for match in lines)
    names.extend(name for name, _ in companies.most_common(2) if _is_name(name))
    return list(dict.fromkeys(names))[:2]


def _addressees(opening: str) -> list[str]:
    """Companies that stand alone on a line above the salutation."""
    salutation = _SALUTATION.search(opening)
    lines = opening[: salutation.start()].splitlines() if salutation else []
    whole = (line.strip().rstrip(",") for line in lines)
    return [_clean(line) for line in whole if COMPANY.fullmatch(line) and _is_name(line)][:1]


def _signed(text: str) -> list[str]:
    """People who sign for themselves: a signature without `By` and a title."""
    closing = text[-_CLOSING:]
    return [_clean(match["name"]) for match in _SIGNATURE.finditer(closing)]


def _is_name(name: str) -> bool:
    name = name.strip(" ,.;")
    return (
        2 < len(name) < 80
        and not _NOT_NAMES.match(name)
        and not _ROLE_ONLY.search(name)
        and not _PLACES.search(name)
        and not re.fullmatch(r"[\d ,.-]+", name)
    )


def _clean(name: str) -> str:
    name = re.sub(r"^(?:[A-Z]{2} )?\d{4,5} (?=[A-Z])", "", name)
    name = re.sub(r"^(?:and|of|the(?= undersigned)|this|between)\s+", "", name.strip(), flags=re.I)
    return tidy_company(re.sub(r"(?:,| of| and| the)+$", "", name))


def _known(name: str, names: list[str]) -> bool:
    key = re.sub(r"\W", "", name).lower()
    return any(
        key in re.sub(r"\W", "", other).lower() or re.sub(r"\W", "", other).lower() in key
        for other in names
    )
