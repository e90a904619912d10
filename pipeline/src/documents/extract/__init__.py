"""Text of a document, page by page, whatever its format."""

from documents.extract.page import Extraction, Page
from documents.extract.run import extract
from documents.extract.thumbnail import thumbnail

__all__ = ["Extraction", "Page", "extract", "thumbnail"]
