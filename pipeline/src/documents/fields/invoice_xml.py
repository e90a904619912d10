"""Invoice XML: Cross Industry Invoice (Factur-X, ZUGFeRD 1 and 2) and UBL (XRechnung, Peppol)."""

import re

from lxml import etree

from documents.fields.values import Fields

_LONGEST = 300
"""Characters of a value: a record has room for no more than 400 KB."""
_PATHS: dict[str, tuple[str, ...]] = {
    "number": (
        "*[local-name()='ExchangedDocument' or local-name()='HeaderExchangedDocument']"
        "/*[local-name()='ID']",
        "*[local-name()='ID']",
    ),
    "date": (
        "*[local-name()='ExchangedDocument' or local-name()='HeaderExchangedDocument']"
        "/*[local-name()='IssueDateTime']/*",
        "*[local-name()='IssueDate']",
    ),
    "seller": (
        ".//*[local-name()='SellerTradeParty']/*[local-name()='Name']",
        ".//*[local-name()='AccountingSupplierParty']//*[local-name()='RegistrationName']",
        ".//*[local-name()='AccountingSupplierParty']//*[local-name()='PartyName']/*",
    ),
    "buyer": (
        ".//*[local-name()='BuyerTradeParty']/*[local-name()='Name']",
        ".//*[local-name()='AccountingCustomerParty']//*[local-name()='RegistrationName']",
        ".//*[local-name()='AccountingCustomerParty']//*[local-name()='PartyName']/*",
    ),
    "total": (
        ".//*[local-name()='GrandTotalAmount']",
        ".//*[local-name()='LegalMonetaryTotal']/*[local-name()='TaxInclusiveAmount']",
        ".//*[local-name()='LegalMonetaryTotal']/*[local-name()='PayableAmount']",
    ),
    "currency": (
        ".//*[local-name()='InvoiceCurrencyCode']",
        "*[local-name()='DocumentCurrencyCode']",
    ),
}


def invoice_xml_fields(xml: str) -> Fields:
    """The fields that the XML tells; none when it is not well-formed.

    Entities are not resolved and nothing is loaded from elsewhere.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(xml.encode(), parser)
    except etree.XMLSyntaxError:
        return {}
    found: Fields = {}
    for name, paths in _PATHS.items():
        value = next((text for path in paths if (text := _text(root, path))), None)
        if value:
            found[name] = _iso(value) if name == "date" else value
    return found


def _text(root: etree._Element, path: str) -> str | None:
    elements = root.xpath(path)
    text = elements[0].text if isinstance(elements, list) and elements else None
    return " ".join(text.split())[:_LONGEST] if isinstance(text, str) and text.strip() else None


def _iso(value: str) -> str:
    """Format 102 of UN/CEFACT is YYYYMMDD; UBL has ISO 8601 already."""
    return f"{value[:4]}-{value[4:6]}-{value[6:8]}" if re.fullmatch(r"\d{8}", value) else value[:10]
