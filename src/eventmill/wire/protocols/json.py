"""AWS JSON 1.0 and 1.1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from eventmill.wire.eventstream import encode_stream
from eventmill.wire.http import HttpRequest, HttpResponse
from eventmill.wire.models import metadata
from eventmill.wire.protocols.shared import (
    Decode,
    Encode,
    checked,
    json_decoder,
    json_encoder,
    load_json,
)
from eventmill.wire.sums import summed
from eventmill.wire.target import Target


def decode_json(target: Target) -> Decode:
    """Parameters from a JSON body."""
    shape = target.model.input_shape
    if shape is None:
        return lambda request, labels: {}
    convert = json_decoder(target.service, False).compile(shape)

    def decode(request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
        params: dict[str, Any] = convert(load_json(request.body) if request.body else {})
        return params

    return checked(target, decode)


def encode_json(target: Target) -> Encode:
    """A JSON body; an event stream where the result is one."""
    shape = target.model.output_shape
    convert = json_encoder(target.service, False).compile(shape) if shape else None
    kind = f"application/x-amz-json-{metadata(target.service).get('jsonVersion', '1.0')}"
    empty = b"{}" if shape is not None else b""

    def encode(result: dict[str, Any], request_id: str) -> HttpResponse:
        headers = [("x-amzn-RequestId", request_id), ("content-type", kind)]
        stream = result.get("__events__")
        if stream is not None:
            return encode_stream(target, result, headers)
        body = orjson.dumps(convert(result) if convert else result) if result else empty
        return summed(target, HttpResponse(200, headers, body))

    return encode
