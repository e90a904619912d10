"""The event stream encoding of answers that arrive piece by piece.

https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

import binascii
import struct
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any

import cbor2
import orjson

from eventmill.wire.http import HttpResponse
from eventmill.wire.json_codec import Encoder, base64_text
from eventmill.wire.models import CBOR_TYPE
from eventmill.wire.target import Target
from eventmill.wire.timestamps import to_epoch

_KINDS = {"json": "application/x-amz-json-1.1", "cbor": CBOR_TYPE}


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


def old_cbor_encoder() -> Encoder:
    """CBOR 1.1, whose timestamps are milliseconds under the tag that stands for seconds."""
    return Encoder(
        wire_names=False,
        blob=None,
        timestamp=lambda value: cbor2.CBORTag(1, round(to_epoch(value) * 1_000)),
    )


class EventStreamBody:
    """A body that edge sends frame by frame. `events` yields {event name: members}.

    With `for_client` the events end with their client; others are made whether or not it reads.
    """

    def __init__(
        self,
        target: Target,
        shape: Any,
        events: AsyncIterator[dict[str, Any]],
        *,
        for_client: bool,
    ) -> None:
        self.for_client = for_client
        self._shape = shape
        self._events = events
        self._named = target.protocol in ("json", "cbor")
        self._cbor = target.protocol == "cbor"
        self._kind = _KINDS.get(target.protocol, "application/json")
        self._encoder = (
            old_cbor_encoder() if self._cbor else Encoder(wire_names=True, blob=base64_text)
        )

    async def frames(self) -> AsyncGenerator[bytes, None]:
        """The encoded events; where the protocol has bodies, the answer's other members first."""
        if self._named:
            headers = {":message-type": "event", ":event-type": "initial-response"}
            yield frame(headers | {":content-type": self._kind}, self._dumps({}))
        async for event in self._events:
            for name, members in event.items():
                yield self._frame(name, members)

    def _dumps(self, value: Any) -> bytes:
        return cbor2.dumps(value) if self._cbor else orjson.dumps(value)

    def _frame(self, name: str, members: dict[str, Any]) -> bytes:
        shape = self._shape.members[name]
        headers = {":message-type": "event", ":event-type": name}
        if shape.metadata.get("exception"):
            headers = {":message-type": "exception", ":exception-type": name}
        for key, member in shape.members.items():
            if member.serialization.get("eventpayload") and member.type_name == "blob":
                headers[":content-type"] = "application/octet-stream"
                return frame(headers, members.get(key, b""))
        headers[":content-type"] = self._kind
        convert = self._encoder.compile(shape)
        return frame(headers, self._dumps(convert(members) if convert else members))


def encode_stream(
    target: Target, result: dict[str, Any], headers: list[tuple[str, str]]
) -> HttpResponse:
    """The answer whose `__events__` are sent as they come, some only `__for_client__`."""
    shape = target.model.output_shape
    stream = next(
        member for member in shape.members.values() if member.serialization.get("eventstream")
    )
    kept = [header for header in headers if header[0] != "content-type"]
    kept.append(("content-type", "application/vnd.amazon.eventstream"))
    body = EventStreamBody(
        target, stream, result["__events__"], for_client=result.get("__for_client__", False)
    )
    return HttpResponse(200, kept, body)
