"""The query protocol and EC2's form of it: forms in, XML out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eventmill.wire import ec2, query_codec
from eventmill.wire.http import HttpRequest, HttpResponse
from eventmill.wire.models import metadata, query_model
from eventmill.wire.protocols.shared import Decode, Encode, checked, xml_encoder
from eventmill.wire.target import Target


def decode_query(target: Target) -> Decode:
    """Parameters from a form and from the query string."""
    return _decoder(target, query_codec.decode)


def decode_ec2(target: Target) -> Decode:
    """The same with lists as EC2 numbers them."""
    return _decoder(target, ec2.decode)


def _decoder(target: Target, value_of: Callable[[query_codec.Tree, Any], Any]) -> Decode:
    shape = target.model.input_shape
    if shape is None:
        return lambda request, labels: {}

    def decode(request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
        form = query_codec.form_of(request)
        params: dict[str, Any] = value_of(query_codec.tree_of(form), shape)
        return params

    return checked(target, decode)


def encode_ec2(target: Target) -> Encode:
    """XML as EC2 writes it."""
    namespace = metadata(target.service)["xmlNamespace"]
    return ec2.encoder(target.operation, target.model.output_shape, namespace)


def encode_query(target: Target) -> Encode:
    """XML in the wrapper that the operation names."""
    shape = target.model.output_shape
    emit = xml_encoder(target.service).compile(shape) if shape else None
    name = target.operation
    wrapper = (shape.serialization.get("resultWrapper") if shape else None) or f"{name}Result"
    namespace = query_model(target.service).metadata.get("xmlNamespace", "")

    def encode(result: dict[str, Any], request_id: str) -> HttpResponse:
        out = [f'<?xml version="1.0"?>\n<{name}Response xmlns="{namespace}">']
        if emit is not None:
            out.append(f"<{wrapper}>")
            emit(result, out)
            out.append(f"</{wrapper}>")
        out.append(
            f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
            f"</{name}Response>"
        )
        headers = [("x-amzn-RequestId", request_id), ("content-type", "text/xml")]
        return HttpResponse(200, headers, "".join(out).encode())

    return encode
