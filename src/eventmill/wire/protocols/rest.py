"""REST with JSON or XML bodies: members lie in the path, the query, headers and the body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eventmill.wire import rest, xml_codec
from eventmill.wire.eventstream import encode_stream
from eventmill.wire.http import HttpRequest, HttpResponse
from eventmill.wire.protocols.rest_bodies import body_encoder
from eventmill.wire.protocols.shared import Decode, Encode, checked, json_decoder, load_json
from eventmill.wire.target import Target


def decode_rest(target: Target) -> Decode:
    """Parameters from path, query, headers and body."""
    shape = target.model.input_shape
    if shape is None:
        return lambda request, labels: {}
    bindings = rest.Bindings(shape)
    body = _body_decoder(target, bindings)

    def decode(request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
        params = rest.decode_locations(bindings, request, labels)
        body(request.body, params)
        return params

    return checked(target, decode)


def _body_decoder(
    target: Target, bindings: rest.Bindings
) -> Callable[[bytes, dict[str, Any]], None]:
    """Adds the members of the body to the parameters."""
    shape = target.model.input_shape
    payload = bindings.payload
    if payload is None:
        held, name = shape, None
        if not bindings.body:
            return lambda body, params: None
    else:
        held, name = shape.members[payload], payload
    if name is not None and name == target.streaming_input:
        return lambda body, params: None
    if held.type_name in ("blob", "string"):
        text = held.type_name == "string"

        def add_raw(body: bytes, params: dict[str, Any]) -> None:
            if body:
                params[str(name)] = body.decode() if text else body

        return add_raw
    read = _structured(target, held)

    def add(body: bytes, params: dict[str, Any]) -> None:
        if not body:
            return
        value = read(body)
        if name is None:
            for key, entry in value.items():
                params.setdefault(key, entry)
        else:
            params[name] = value

    return add


def _structured(target: Target, shape: Any) -> Callable[[bytes], Any]:
    if target.protocol == "rest-xml":
        return lambda body: xml_codec.decode(xml_codec.parse(body), shape)
    convert = json_decoder(target.service, True).compile(shape)
    return lambda body: convert(load_json(body))


def encode_rest(target: Target) -> Encode:
    """Status, headers and body of an answer."""
    shape = target.model.output_shape
    status = target.model.http.get("responseCode", 200)
    bindings = rest.Bindings(shape)
    write, kind = body_encoder(target, bindings)
    prefix = "x-amz-request-id" if target.service == "s3" else "x-amzn-RequestId"

    def encode(result: dict[str, Any], request_id: str) -> HttpResponse:
        headers = [(prefix, request_id), *rest.encode_headers(bindings, result)]
        code = result.get(bindings.status, status) if bindings.status else status
        # S3's partial and unmodified answers have a status that the model does not know.
        code = result.get("__status__", code)
        if "__events__" in result:
            return encode_stream(target, result, headers)
        body = write(result)
        if body and kind and not any(name == "content-type" for name, _ in headers):
            headers.append(("content-type", kind))
        return HttpResponse(code, headers, body)

    return encode
