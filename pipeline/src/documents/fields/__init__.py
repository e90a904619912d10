"""Fields of a document, by its class."""

from collections.abc import Mapping

from documents.fields.contract import contract_fields
from documents.fields.general import general_fields
from documents.fields.invoice import invoice_fields
from documents.fields.receipt import receipt_fields
from documents.fields.values import Fields

__all__ = ["Fields", "extract_fields"]


def extract_fields(name: str, text: str, embedded: Mapping[str, str] | None) -> Fields:
    """Fields for the class `name`; classes without fields of their own get the general ones."""
    if name == "invoice":
        return invoice_fields(text, embedded)
    if name == "receipt":
        return receipt_fields(text)
    if name == "contract":
        return contract_fields(text)
    return general_fields(text)
