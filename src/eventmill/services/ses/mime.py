"""What SES reads from a message's headers, and what it writes into them.

Messages stay bytes: parsing one and writing it anew would change what was signed or sent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from email import policy
from email.headerregistry import AddressHeader
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Any

HEADER_LIMIT = 10_240
"""Bytes of headers that a notification carries."""

_END = re.compile(rb"(\r?\n)\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]+")
_COMMON = {"From": "from", "To": "to", "Cc": "cc", "Bcc": "bcc", "Reply-To": "replyTo"}
_SINGLE = {"Sender": "sender", "Date": "date", "Message-ID": "messageId", "Subject": "subject"}


def headers(raw: bytes) -> list[dict[str, str]]:
    """Every header in its order, unfolded."""
    message = BytesHeaderParser(policy=policy.compat32).parsebytes(head(raw))
    return [{"name": name, "value": value} for name, value in _texts(message)]


def _texts(message: Message) -> list[tuple[str, str]]:
    return [
        (_readable(name), _FOLD.sub(" ", _readable(str(value))).strip())
        for name, value in message.raw_items()
    ]


def _readable(text: str) -> str:
    """Bytes beyond ASCII, which the parser carries as surrogates, as the UTF-8 that they may be."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def limited(found: list[dict[str, str]]) -> tuple[list[dict[str, str]], bool]:
    """(the headers that fit into a notification, whether that are not all)."""
    size = 0
    kept: list[dict[str, str]] = []
    for header in found:
        size += len(header["name"].encode()) + len(header["value"].encode("utf-8", "replace"))
        if size > HEADER_LIMIT:
            return kept, True
        kept.append(header)
    return kept, False


def common_headers(raw: bytes, return_path: str) -> dict[str, Any]:
    """The headers that everybody wants, decoded."""
    found: dict[str, Any] = {"returnPath": return_path} if return_path else {}
    message = _parsed(raw)
    for name, key in _COMMON.items():
        addresses = [_readable(str(address)) for address in _addresses(message, name)]
        if addresses:
            found[key] = addresses
    for name, key in _SINGLE.items():
        texts = _decoded(message, name)
        if texts:
            found[key] = _FOLD.sub(" ", _readable(str(texts[0])))
    return found


def _parsed(raw: bytes) -> Message:
    """The headers, to be decoded one by one. The body, which may be long, is not parsed."""
    return BytesHeaderParser(policy=policy.default).parsebytes(head(raw))


def _decoded(message: Message, name: str) -> list[Any]:
    """The decoded headers of a name; of a malformed one its text as it is."""
    try:
        return message.get_all(name, [])
    except Exception:
        # The library raises all sorts of errors for headers that it did not expect, and whoever
        # sends a mail must not be able to stop its delivery.
        return [text for key, text in _texts(message) if key.lower() == name.lower()]


def _addresses(message: Message, name: str) -> list[Any]:
    return [
        address
        for header in _decoded(message, name)
        if isinstance(header, AddressHeader)
        for address in header.addresses
    ]


def recipients(raw: bytes) -> list[str]:
    """The addresses in To, Cc and Bcc."""
    message = _parsed(raw)
    return [
        _readable(str(address.addr_spec))
        for name in ("To", "Cc", "Bcc")
        for address in _addresses(message, name)
    ]


def sender(raw: bytes) -> str:
    """The From header; empty without one."""
    return _first(raw, "From")


def subject(raw: bytes) -> str:
    """The Subject header, decoded."""
    return _first(raw, "Subject")


def _first(raw: bytes, name: str) -> str:
    texts = _decoded(_parsed(raw), name)
    return _FOLD.sub(" ", _readable(str(texts[0]))) if texts else ""


def address_of(text: str) -> str:
    """`a@x.com` of `A <a@x.com>`."""
    inside = text.rpartition("<")[2].partition(">")[0] if "<" in text else text
    return inside.strip()


def prepend(raw: bytes, lines: list[tuple[str, str]]) -> bytes:
    """The message with headers put before all others, its lines ended as its own are."""
    end = "\r\n" if b"\r\n" in raw or b"\n" not in raw else "\n"
    return b"".join(f"{name}: {value}{end}".encode() for name, value in lines) + raw


def without(raw: bytes, names: Collection[str]) -> bytes:
    """The message without the headers of these names (lower case)."""
    end = _END.search(raw)
    split = end.end(1) if end else len(raw)
    return b"".join(_kept(raw[:split].splitlines(keepends=True), names)) + raw[split:]


def _kept(lines: list[bytes], names: Collection[str]) -> Iterator[bytes]:
    dropping = False
    for line in lines:
        if not line.startswith((b" ", b"\t")):
            name = line.partition(b":")[0].strip().lower().decode("latin-1")
            dropping = name in names
        if not dropping:
            yield line


def header_values(raw: bytes, name: str) -> list[str]:
    """The values of a header."""
    return [one["value"] for one in headers(raw) if one["name"].lower() == name.lower()]


def head(raw: bytes) -> bytes:
    """The headers alone."""
    end = _END.search(raw)
    return raw[: end.start()] if end else raw
