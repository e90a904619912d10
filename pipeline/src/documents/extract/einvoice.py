"""Invoice XML inside PDFs (Factur-X, ZUGFeRD 1 and 2, XRechnung)."""

import codecs
import re

from documents.pdf import open_pdf

_NAMES = re.compile(r"(?:zugferd-invoice|factur-x|xrechnung|order-x).*\.xml$", re.IGNORECASE)
_INVOICE_ROOT = re.compile(r"<(?:\w+:)?(?:CrossIndustryInvoice|CrossIndustryDocument|Invoice)\b")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_ENCODING = re.compile(rb"""^<\?xml[^>]*encoding=["']([\w.-]+)["']""")
_MAX_BYTES = 5_000_000


def embedded_invoices(data: bytes) -> dict[str, str]:
    """Names and texts of the invoice XML attached to a PDF; the text has no XML declaration,
    since as text it no longer has the encoding that one would name."""
    found = {}
    with open_pdf(data) as pdf:
        for index in range(pdf.count_attachments()):
            attachment = pdf.get_attachment(index)
            name = attachment.get_name()
            if not name.lower().endswith(".xml"):
                continue
            content = bytes(attachment.get_data())
            if len(content) > _MAX_BYTES:
                continue
            text = _decode(content)
            if _NAMES.search(name) or _INVOICE_ROOT.search(text[:4_000]):
                found[name] = text
    return found


def _decode(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = content.decode("utf-16", "replace")
    else:
        content = content.removeprefix(codecs.BOM_UTF8)
        named = _ENCODING.match(content.lstrip()[:200])
        try:
            text = content.decode(named[1].decode("ascii") if named else "utf-8")
        except (UnicodeDecodeError, LookupError):
            text = content.decode("utf-8", "replace")
    return _DECLARATION.sub("", text).strip("\x00\ufeff \r\n")
