"""The event stream encoding of answers that arrive piece by piece.

https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

import binascii
import struct
from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson

from eventmill.wire.http import HttpResponse
from eventmill.wire.json_codec import Encoder, base64_text
from eventmill.wire.target import Target


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One message: lengths, their checksum, string headers, payload, checksum of all."""
    block = b"".join(_header(name, value) for name, value in headers.items())
    total = 16 + len(block) + len(payload)
    prelude = struct.pack(">II", total, len(block))
    start = prelude + struct.pack(">I", binascii.crc32(prelude))
    message = start + block + payload
    return message + struct.pack(">I", binascii.crc32(message))


def _header(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return struct.pack("B", len(key)) + key + b"\x07" + struct.pack(">H", len(text)) + text


class EventStreamBody:
    """A body that edge sends frame by frame. `events` yields {event name: members}."""

    def __init__(self, shape: Any, events: AsyncIterator[dict[str, Any]]) -> None:
        self._shape = shape
        self._events = events
        self._encoder = Encoder(wire_names=True, blob=base64_text)

    async def frames(self) -> AsyncIterator[bytes]:
        """The encoded events."""
        async for event in self._events:
            for name, members in event.items():
                yield self._frame(name, members)

    def _frame(self, name: str, members: dict[str, Any]) -> bytes:
        shape = self._shape.members[name]
        headers = {":message-type": "event", ":event-type": name}
        for key, member in shape.members.items():
            if member.serialization.get("eventpayload") and member.type_name == "blob":
                headers[":content-type"] = "application/octet-stream"
                return frame(headers, members.get(key, b""))
        headers[":content-type"] = "application/json"
        convert = self._encoder.compile(shape)
        return frame(headers, orjson.dumps(convert(members) if convert else members))


def encode_stream(
    target: Target, result: dict[str, Any], headers: list[tuple[str, str]]
) -> HttpResponse:
    """The answer whose `__events__` are sent as they come."""
    shape = target.model.output_shape
    stream = next(
        member for member in shape.members.values() if member.serialization.get("eventstream")
    )
    kept = [header for header in headers if header[0] != "content-type"]
    kept.append(("content-type", "application/vnd.amazon.eventstream"))
    return HttpResponse(200, kept, EventStreamBody(stream, result["__events__"]))
