"""What a reader of pictures can do."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from PIL.Image import Image


class Ocr(Protocol):
    """Reads the text of an upright RGB picture."""

    def read(self, image: "Image") -> str:
        """Lines in reading order, top to bottom; pieces of one line parted by a space.

        Raises Transient `ocr-unavailable` when the models or the runtime are missing."""
        ...
