"""What a reader of pictures can do."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from PIL.Image import Image

Draw = Callable[[], "Image"]
"""Makes a picture: called only by who will look at it, since drawing a page costs time too."""


class Ocr(Protocol):
    """Reads the text of an RGB picture."""

    def read(self, draw: Draw) -> str:
        """Lines in reading order, top to bottom; pieces of one line parted by a space.

        Raises Transient `ocr-unavailable` when the models or the runtime are missing."""
        ...
