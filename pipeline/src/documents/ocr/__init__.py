"""Reading pictures: the port that extraction uses and the engine behind it."""

from documents.ocr.engine import PaddleOcr
from documents.ocr.port import Ocr

__all__ = ["Ocr", "PaddleOcr"]
