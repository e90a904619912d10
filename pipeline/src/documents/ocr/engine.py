"""OCR with the PP-OCR models on onnxruntime."""

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from documents.ocr.detect import Detector
    from documents.ocr.port import Draw
    from documents.ocr.recognise import Recogniser


class PaddleOcr:
    """Free to create; the models are opened when the first picture is read, and then kept."""

    def read(self, draw: "Draw") -> str:
        """Lines in reading order. Raises Transient `ocr-unavailable`."""
        from documents.ocr.lines import in_lines

        image = draw().convert("RGB")
        boxes = self._detector.find(image)
        texts = self._recogniser.read(image, boxes)
        pieces = [(box, text) for box, text in zip(boxes, texts, strict=True) if text]
        return "\n".join(in_lines(pieces))

    @cached_property
    def _detector(self) -> "Detector":
        from documents.ocr.detect import Detector

        return Detector()

    @cached_property
    def _recogniser(self) -> "Recogniser":
        from documents.ocr.recognise import Recogniser

        return Recogniser()
