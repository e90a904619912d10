"""Opening PDFs with the errors of this package."""

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from documents.errors import Permanent


def open_pdf(data: bytes) -> pdfium.PdfDocument:
    """A document with at least one page; use it in a `with` statement.

    Raises Permanent `encrypted` (a password is needed to read) or `corrupt`.
    """
    try:
        pdf = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if error.err_code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise Permanent("encrypted", "the PDF is protected by a password: remove it") from error
        raise Permanent("corrupt", f"the PDF cannot be opened: {error}") from error
    if len(pdf) == 0:
        pdf.close()
        raise Permanent("corrupt", "the PDF holds no page")
    return pdf
