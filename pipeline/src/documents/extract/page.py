"""What extraction yields."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """One page, slide, sheet, frame or attachment; numbered from 1."""

    number: int
    text: str


@dataclass(frozen=True)
class Extraction:
    """Text by page. `language` is ISO 639-1 or `und`; `embedded` maps the names of invoice XML
    files inside the document to their text."""

    pages: list[Page]
    language: str
    characters: int
    embedded: dict[str, str] | None
    ocr_used: bool

    @property
    def text(self) -> str:
        return "\n\n".join(page.text for page in self.pages)
