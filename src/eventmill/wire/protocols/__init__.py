"""The protocols: each decodes a request's parameters and encodes a result.

Everything that depends on the operation alone is compiled once and kept on its target.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eventmill.wire.faults import encode_absent, encode_fault
from eventmill.wire.http import HttpRequest, HttpResponse
from eventmill.wire.protocols.cbor import (
    decode_cbor,
    decode_old_cbor,
    encode_cbor,
    encode_old_cbor,
)
from eventmill.wire.protocols.json import decode_json, encode_json
from eventmill.wire.protocols.query import decode_ec2, decode_query, encode_ec2, encode_query
from eventmill.wire.protocols.rest import decode_rest, encode_rest
from eventmill.wire.protocols.shared import Decode, Encode
from eventmill.wire.target import Target

__all__ = ["decode", "encode", "encode_absent", "encode_fault"]

_DECODERS: dict[str, Callable[[Target], Decode]] = {
    "json": decode_json,
    "cbor": decode_old_cbor,
    "query": decode_query,
    "ec2": decode_ec2,
    "rest-json": decode_rest,
    "rest-xml": decode_rest,
    "smithy-rpc-v2-cbor": decode_cbor,
}
_ENCODERS: dict[str, Callable[[Target], Encode]] = {
    "json": encode_json,
    "cbor": encode_old_cbor,
    "query": encode_query,
    "ec2": encode_ec2,
    "rest-json": encode_rest,
    "rest-xml": encode_rest,
    "smithy-rpc-v2-cbor": encode_cbor,
}


def decode(target: Target, request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
    """The parameters; a streaming body's member is left out. Raises Fault."""
    compiled = target.compiled.get("decode")
    if compiled is None:
        compiled = target.compiled["decode"] = _DECODERS[target.protocol](target)
    params: dict[str, Any] = compiled(request, labels)
    return params


def encode(target: Target, result: dict[str, Any], request_id: str) -> HttpResponse:
    """The answer to a request that succeeded."""
    compiled = target.compiled.get("encode")
    if compiled is None:
        compiled = target.compiled["encode"] = _ENCODERS[target.protocol](target)
    response: HttpResponse = compiled(result, request_id)
    return response
