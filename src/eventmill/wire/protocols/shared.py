"""What the protocols have in common: their two halves, required members, one codec a service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import orjson

from eventmill.kernel.errors import Invalid
from eventmill.wire import json_codec, required, xml_codec
from eventmill.wire.http import HttpRequest, HttpResponse
from eventmill.wire.target import Target

Decode = Callable[[HttpRequest, Mapping[str, str]], dict[str, Any]]
Encode = Callable[[dict[str, Any], str], HttpResponse]


def checked(target: Target, plain: Decode) -> Decode:
    """`plain`, then AWS's words for the required members that are missing."""
    shape = target.model.input_shape
    needed = [name for name in shape.required_members if name != target.streaming_input]

    def decode_checked(request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
        params = plain(request, labels)
        for name in needed:
            if name not in params:
                required.check(target.service, shape, {**params, target.streaming_input or "": 1})
        return params

    return decode_checked


@lru_cache(maxsize=64)
def json_decoder(service: str, wire_names: bool) -> json_codec.Decoder:
    """One for each service, since its shapes are compiled once."""
    return json_codec.Decoder(wire_names=wire_names)


@lru_cache(maxsize=64)
def json_encoder(service: str, wire_names: bool) -> json_codec.Encoder:
    """As json_decoder."""
    return json_codec.Encoder(wire_names=wire_names, blob=json_codec.base64_text)


@lru_cache(maxsize=64)
def xml_encoder(service: str) -> xml_codec.Encoder:
    """As json_decoder."""
    return xml_codec.Encoder()


def load_json(body: bytes) -> Any:
    """Raises Invalid (SerializationException)."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Invalid("SerializationException", f"The request is not valid JSON: {error}") from None
