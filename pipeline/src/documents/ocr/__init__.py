"""Reading pictures: the port that extraction uses and the engine behind it."""

from documents.ocr.engine import PaddleOcr
from documents.ocr.port import Draw, Ocr
from documents.ocr.portions import Portions, Unfinished

__all__ = ["Draw", "Ocr", "PaddleOcr", "Portions", "Unfinished"]
