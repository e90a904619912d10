"""RPC v2 with CBOR, and the older CBOR 1.1 of Kinesis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import cbor2

from eventmill.kernel.errors import Invalid
from eventmill.wire import json_codec
from eventmill.wire.eventstream import encode_stream, old_cbor_encoder
from eventmill.wire.http import HttpRequest, HttpResponse
from eventmill.wire.models import CBOR_TYPE
from eventmill.wire.protocols.shared import Decode, Encode, checked
from eventmill.wire.target import Target
from eventmill.wire.timestamps import to_epoch


def _load_cbor(body: bytes, timestamp: Callable[[Any], Any] | None = None) -> Any:
    """Raises Invalid (SerializationException). `timestamp` reads what follows its tag."""
    tags = None if timestamp is None else {1: lambda value, immutable: timestamp(value)}
    try:
        return cbor2.loads(body, semantic_decoders=tags) if body else {}
    except Exception:
        raise Invalid("SerializationException", "The request is not valid CBOR.") from None


def decode_cbor(target: Target, timestamp: Callable[[Any], Any] | None = None) -> Decode:
    """Parameters from a CBOR body; `timestamp` reads what follows its tag."""
    shape = target.model.input_shape
    if shape is None:
        return lambda request, labels: {}
    convert = json_codec.Decoder(wire_names=False, binary_blobs=True).compile(shape)

    def decode(request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
        params: dict[str, Any] = convert(_load_cbor(request.body, timestamp))
        return params

    return checked(target, decode)


def encode_cbor(target: Target) -> Encode:
    """A CBOR body."""
    shape = target.model.output_shape
    encoder = json_codec.Encoder(
        wire_names=False, blob=None, timestamp=lambda value: cbor2.CBORTag(1, to_epoch(value))
    )
    convert = encoder.compile(shape) if shape else None

    def encode(result: dict[str, Any], request_id: str) -> HttpResponse:
        body = cbor2.dumps(convert(result) if convert else result)
        headers = [
            ("smithy-protocol", "rpc-v2-cbor"),
            ("x-amzn-RequestId", request_id),
            ("content-type", "application/cbor"),
        ]
        return HttpResponse(200, headers, body)

    return encode


def decode_old_cbor(target: Target) -> Decode:
    """CBOR 1.1, whose timestamps are milliseconds under the tag that stands for seconds."""
    return decode_cbor(target, lambda millis: millis / 1_000)


def encode_old_cbor(target: Target) -> Encode:
    """A body of CBOR 1.1."""
    shape = target.model.output_shape
    convert = old_cbor_encoder().compile(shape) if shape else None

    def encode(result: dict[str, Any], request_id: str) -> HttpResponse:
        headers = [("x-amzn-RequestId", request_id), ("content-type", CBOR_TYPE)]
        if "__events__" in result:
            return encode_stream(target, result, headers)
        body = cbor2.dumps(convert(result) if convert else result)
        return HttpResponse(200, headers, body)

    return encode
