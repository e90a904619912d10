"""What one format's reader hands to `extract`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from documents.ocr import Ocr


@dataclass(frozen=True)
class Read:
    """One page's text; `by_ocr` when OCR read it."""

    text: str
    by_ocr: bool = False


class Reader(Protocol):
    """A module `documents.extract.<format>`: pages in order, lazily."""

    def read(self, data: bytes, ocr: Ocr | None) -> Iterator[Read]: ...
