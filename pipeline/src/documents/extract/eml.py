"""E-mail: headers and body on the first page, then the pages of every attachment that can be
read."""

import email.policy
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from typing import cast

from documents.errors import Permanent
from documents.extract.reading import Read
from documents.inspect import inspect
from documents.kinds import Kind
from documents.ocr import Ocr
from documents.sniff import HEAD_BYTES, TAIL_BYTES, sniff

_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_MAX_ATTACHMENTS = 50


def read(data: bytes, ocr: Ocr | None) -> Iterator[Read]:
    message = message_from_bytes(data, policy=email.policy.default)
    head = [f"{name}: {message[name]}" for name in _HEADERS if message[name]]
    yield Read("\n".join(head) + "\n\n" + _body(message))
    for part in list(message.iter_attachments())[:_MAX_ATTACHMENTS]:
        yield from _attachment(part, ocr)


def _body(message: EmailMessage) -> str:
    part = message.get_body(("plain", "html"))
    if part is None:
        return ""
    text = _content(part)
    if part.get_content_subtype() == "html":
        from documents.extract.html import html_text

        return html_text(text)
    return text


def _content(part: MIMEPart) -> str:
    try:
        return str(part.get_content())
    except (LookupError, UnicodeDecodeError):
        # The named character set is unknown or a lie.
        from documents.extract.text import decode

        return decode(cast(bytes, part.get_payload(decode=True)) or b"")


def _attachment(part: MIMEPart, ocr: Ocr | None) -> Iterator[Read]:
    """Nothing for attachments that cannot be read: the message itself is still worth having."""
    from documents.extract.run import read_pages

    name = part.get_filename() or "attachment"
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes) or not content:
        return
    try:
        kind = sniff(content[:HEAD_BYTES], content[-TAIL_BYTES:], name)
        if kind == Kind.EML:
            return
        inspect(content, kind)
        for read in read_pages(content, kind, ocr):
            yield Read(f"[{name}]\n{read.text}", read.by_ocr)
    except Permanent as refused:
        yield Read(f"[{name}: {refused.message}]")
