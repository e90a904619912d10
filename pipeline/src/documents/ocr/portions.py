"""Reading a document of many pictures in portions, each in the time that one function has.

A scan of 200 pages takes longer to read than any function may run. Whoever reads it keeps the
texts of the pictures that were read and begins again with them: the same document asks for the
same pictures in the same order, so what was read before is answered without looking.
"""

import time
from collections.abc import Callable, Sequence

from documents.ocr.port import Draw, Ocr

_LEAST_SECONDS = 20.0
_SLOWEST = 2.5
"""A picture is begun only if there is time for one this many times slower than any before it."""


class Unfinished(Exception):
    """The time is up; `texts` are those of the pictures read so far."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__(f"{len(texts)} pictures are read, and there are more")
        self.texts = texts


class Portions:
    """An Ocr that knows what earlier portions read, and stops in time: an Ocr itself.

    Each portion reads at least one picture, so that there is an end to them.
    """

    def __init__(self, ocr: Ocr, known: Sequence[str], seconds_left: Callable[[], float]) -> None:
        self._ocr = ocr
        self._seconds_left = seconds_left
        self._texts = list(known)
        self._known = len(known)
        self._asked = 0
        self._slowest = 0.0

    def read(self, draw: Draw) -> str:
        """As the Ocr within. Raises Unfinished when there is no time for another picture."""
        self._asked += 1
        if self._asked > len(self._texts):
            if len(self._texts) > self._known and self._is_late():
                raise Unfinished(self._texts)
            self._look(draw)
        return self._texts[self._asked - 1]

    def _look(self, draw: Draw) -> None:
        began = time.monotonic()
        self._texts.append(self._ocr.read(draw))
        self._slowest = max(self._slowest, time.monotonic() - began)

    def _is_late(self) -> bool:
        return self._seconds_left() < max(_LEAST_SECONDS, _SLOWEST * self._slowest)
