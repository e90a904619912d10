"""What SES reads from a message's headers, and what it writes into them.

Messages stay bytes: parsing one and writing it anew would change what was signed or sent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from email import policy
from email.headerregistry import AddressHeader
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
    message = BytesHeaderParser(policy=policy.compat32).parsebytes(raw)
    return [
        {"name": _readable(name), "value": _FOLD.sub(" ", _readable(str(value))).strip()}
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
    for name, key in _COMMON.items():
        addresses = [_readable(str(address)) for address in _addresses(raw, name)]
        if addresses:
            found[key] = addresses
    for name, key in _SINGLE.items():
        texts = _decoded(raw, name)
        if texts:
            found[key] = _FOLD.sub(" ", _readable(str(texts[0])))
    return found


def _decoded(raw: bytes, name: str) -> list[Any]:
    """The decoded headers of a name; of a malformed one its text as it is."""
    message = BytesHeaderParser(policy=policy.default).parsebytes(raw)
    try:
        return message.get_all(name, [])
    except Exception:
        # The library raises all sorts of errors for headers that it did not expect, and whoever
        # sends a mail must not be able to stop its delivery.
        return list(header_values(raw, name))


def _addresses(raw: bytes, name: str) -> list[Any]:
    return [
        address
        for header in _decoded(raw, name)
        if isinstance(header, AddressHeader)
        for address in header.addresses
    ]


def recipients(raw: bytes) -> list[str]:
    """The addresses in To, Cc and Bcc."""
    names = ("To", "Cc", "Bcc")
    return [
        _readable(str(address.addr_spec)) for name in names for address in _addresses(raw, name)
    ]


def sender(raw: bytes) -> str:
    """The From header; empty without one."""
    return _first(raw, "From")


def subject(raw: bytes) -> str:
    """The Subject header, decoded."""
    return _first(raw, "Subject")


def _first(raw: bytes, name: str) -> str:
    return next((_FOLD.sub(" ", _readable(str(text))) for text in _decoded(raw, name)), "")


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
