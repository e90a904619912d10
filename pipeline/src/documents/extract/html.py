"""HTML: the visible text, one line per block, cells of a row parted by tabs."""

import re
from collections.abc import Iterator

import lxml.html
from lxml import etree

from documents.extract.reading import Read
from documents.extract.text import decode
from documents.ocr import Ocr

_HIDDEN = {"script", "style", "noscript", "template", "head", "svg", "iframe", "object"}
_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "br", "dd", "details", "div", "dl", "dt",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
    "legend", "li", "main", "nav", "ol", "option", "p", "pre", "section", "summary", "table",
    "tbody", "tfoot", "thead", "title", "tr", "ul",
}  # fmt: skip
_CELLS = {"td", "th"}
_SPACES = re.compile(r"[ \r\f\v\xa0]+")
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)


def read(data: bytes, ocr: Ocr | None) -> Iterator[Read]:
    yield Read(html_text(_decode(data)))


def html_text(source: str) -> str:
    """Visible text of a page or fragment, its title first."""
    if not source.strip():
        return ""
    # lxml refuses text with an encoding declaration, and recursion is bounded by huge_tree=False.
    source = re.sub(r"^\s*<\?xml[^>]*\?>", "", source)
    parser = lxml.html.HTMLParser(no_network=True, huge_tree=False, remove_comments=True)
    root = lxml.html.document_fromstring(source, parser=parser)
    title = root.findtext(".//title") or ""
    parts: list[str] = [title.strip(), "\n"]
    _walk(root, parts)
    lines = (_SPACES.sub(" ", line).strip(" \t") for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _walk(root: etree._Element, parts: list[str]) -> None:
    """Text in document order, without recursion: hostile pages nest thousands deep."""
    stack: list[tuple[etree._Element, bool]] = [(root, False)]
    while stack:
        node, leaving = stack.pop()
        tag = node.tag if isinstance(node.tag, str) else ""
        if leaving:
            parts.append("\n" if tag in _BLOCKS else "\t" if tag in _CELLS else "")
            parts.append(_flat(node.tail))
            continue
        if not tag or tag in _HIDDEN:
            parts.append(_flat(node.tail))
            continue
        parts.append("\n" if tag in _BLOCKS else "")
        parts.append(node.text or "" if tag == "pre" else _flat(node.text))
        stack.append((node, True))
        stack.extend((child, False) for child in reversed(node))


def _flat(text: str | None) -> str:
    return re.sub(r"\s+", " ", text) if text else ""


def _decode(data: bytes) -> str:
    named = _CHARSET.search(data[:2048])
    if named:
        try:
            return data.decode(named[1].decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(data)
