"""Rich Text Format: the text between the control words."""

import re
from collections.abc import Iterator

from documents.extract.reading import Read
from documents.ocr import Ocr

_TOKEN = re.compile(
    r"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?"
    r"|\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<symbol>[^a-zA-Z])|(?P<brace>[{}])|(?P<text>[^\\{}\r\n]+)",
)
_SKIPPED = {
    "fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "themedata", "datastore",
    "header", "footer", "generator", "listtable", "listoverridetable", "xmlnstbl", "rsidtbl",
}  # fmt: skip
_WORDS = {
    "par": "\n", "line": "\n", "row": "\n", "sect": "\n", "tab": "\t", "cell": "\t",
    "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“",
    "rdblquote": "”", "bullet": "•",
}  # fmt: skip


def read(data: bytes, ocr: Ocr | None) -> Iterator[Read]:
    for part in _text(data.decode("latin-1")).split("\f"):
        yield Read(part)


def _text(source: str) -> str:
    """Follows groups for two things that they scope: what is hidden, and `\\ucN`, the number of
    plain characters that stand after a Unicode one for old readers."""
    out: list[str] = []
    stack: list[tuple[bool, int]] = []
    hidden, fallback, skip = False, 1, 0
    codepage = "cp1252"
    for token in _TOKEN.finditer(source):
        word = token["word"]
        if token["brace"] == "{":
            stack.append((hidden, fallback))
        elif token["brace"] == "}":
            hidden, fallback = stack.pop() if stack else (False, 1)
        elif token["symbol"] == "*" or word in _SKIPPED:
            hidden = True
        elif word == "uc":
            fallback = int(token["number"] or 1)
        elif word == "ansicpg":
            codepage = f"cp{token['number']}"
        elif hidden:
            continue
        elif word == "u":
            out.append(chr(int(token["number"] or 63) % 65_536))
            skip = fallback
        elif word:
            out.append("\f" if word == "page" else _WORDS.get(word, ""))
        elif skip and (token["hex"] or token["text"]):
            shown = token["text"] or "?"
            out.append(shown[skip:])
            skip = max(0, skip - len(shown))
        elif token["hex"]:
            out.append(_byte(token["hex"], codepage))
        elif token["symbol"]:
            out.append({"~": " ", "_": "-", "-": ""}.get(token["symbol"], token["symbol"]))
        else:
            out.append(token["text"] or "")
    # Surrogate pairs are written as two \u words.
    return "".join(out).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _byte(digits: str, codepage: str) -> str:
    try:
        return bytes.fromhex(digits).decode(codepage, "replace")
    except LookupError:
        return bytes.fromhex(digits).decode("cp1252", "replace")
