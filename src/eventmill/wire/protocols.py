"""The protocols: each decodes a request's parameters and encodes a result.

Everything that depends on the operation alone is compiled once and kept on its target.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import cbor2
import orjson

from eventmill.kernel.errors import Invalid
from eventmill.wire import ec2, json_codec, query_codec, required, rest, xml_codec
from eventmill.wire.eventstream import encode_stream, old_cbor_encoder
from eventmill.wire.faults import encode_fault
from eventmill.wire.http import HttpRequest, HttpResponse
from eventmill.wire.models import CBOR_TYPE, metadata
from eventmill.wire.target import Target
from eventmill.wire.timestamps import to_epoch

__all__ = ["decode", "encode", "encode_fault"]

Decode = Callable[[HttpRequest, Mapping[str, str]], dict[str, Any]]
Encode = Callable[[dict[str, Any], str], HttpResponse]


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


def _checked(target: Target, plain: Decode) -> Decode:
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
def _json_decoder(service: str, wire_names: bool) -> json_codec.Decoder:
    return json_codec.Decoder(wire_names=wire_names)


@lru_cache(maxsize=64)
def _json_encoder(service: str, wire_names: bool) -> json_codec.Encoder:
    return json_codec.Encoder(wire_names=wire_names, blob=json_codec.base64_text)


@lru_cache(maxsize=64)
def _xml_encoder(service: str) -> xml_codec.Encoder:
    return xml_codec.Encoder()


def load_json(body: bytes) -> Any:
    """Raises Invalid (SerializationException)."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Invalid("SerializationException", f"The request is not valid JSON: {error}") from None


def _decode_json(target: Target) -> Decode:
    shape = target.model.input_shape
    if shape is None:
        return lambda request, labels: {}
    convert = _json_decoder(target.service, False).compile(shape)

    def decode_json(request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
        params: dict[str, Any] = convert(load_json(request.body) if request.body else {})
        return params

    return _checked(target, decode_json)


def _encode_json(target: Target) -> Encode:
    shape = target.model.output_shape
    convert = _json_encoder(target.service, False).compile(shape) if shape else None
    kind = f"application/x-amz-json-{metadata(target.service).get('jsonVersion', '1.0')}"
    empty = b"{}" if shape is not None else b""

    def encode_json(result: dict[str, Any], request_id: str) -> HttpResponse:
        headers = [("x-amzn-RequestId", request_id), ("content-type", kind)]
        stream = result.get("__events__")
        if stream is not None:
            return encode_stream(target, result, headers)
        body = orjson.dumps(convert(result) if convert else result) if result else empty
        return HttpResponse(200, headers, body)

    return encode_json


def _load_cbor(body: bytes, timestamp: Callable[[Any], Any] | None = None) -> Any:
    """Raises Invalid (SerializationException). `timestamp` reads what follows its tag."""
    tags = None if timestamp is None else {1: lambda value, immutable: timestamp(value)}
    try:
        return cbor2.loads(body, semantic_decoders=tags) if body else {}
    except Exception:
        raise Invalid("SerializationException", "The request is not valid CBOR.") from None


def _decode_cbor(target: Target, timestamp: Callable[[Any], Any] | None = None) -> Decode:
    shape = target.model.input_shape
    if shape is None:
        return lambda request, labels: {}
    convert = json_codec.Decoder(wire_names=False, binary_blobs=True).compile(shape)

    def decode_cbor(request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
        params: dict[str, Any] = convert(_load_cbor(request.body, timestamp))
        return params

    return _checked(target, decode_cbor)


def _encode_cbor(target: Target) -> Encode:
    shape = target.model.output_shape
    encoder = json_codec.Encoder(
        wire_names=False, blob=None, timestamp=lambda value: cbor2.CBORTag(1, to_epoch(value))
    )
    convert = encoder.compile(shape) if shape else None

    def encode_cbor(result: dict[str, Any], request_id: str) -> HttpResponse:
        body = cbor2.dumps(convert(result) if convert else result)
        headers = [
            ("smithy-protocol", "rpc-v2-cbor"),
            ("x-amzn-RequestId", request_id),
            ("content-type", "application/cbor"),
        ]
        return HttpResponse(200, headers, body)

    return encode_cbor


def _decode_old_cbor(target: Target) -> Decode:
    """CBOR 1.1, whose timestamps are milliseconds under the tag that stands for seconds."""
    return _decode_cbor(target, lambda millis: millis / 1_000)


def _encode_old_cbor(target: Target) -> Encode:
    shape = target.model.output_shape
    convert = old_cbor_encoder().compile(shape) if shape else None

    def encode_old_cbor(result: dict[str, Any], request_id: str) -> HttpResponse:
        headers = [("x-amzn-RequestId", request_id), ("content-type", CBOR_TYPE)]
        if "__events__" in result:
            return encode_stream(target, result, headers)
        body = cbor2.dumps(convert(result) if convert else result)
        return HttpResponse(200, headers, body)

    return encode_old_cbor


def _decode_query(target: Target) -> Decode:
    shape = target.model.input_shape
    if shape is None:
        return lambda request, labels: {}

    def decode_query(request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
        text = request.body.decode("utf-8", "replace") if request.body else request.query
        tree = query_codec.tree_of(query_codec.parse_form(text))
        params: dict[str, Any] = query_codec.decode(tree, shape)
        return params

    return _checked(target, decode_query)


def _decode_ec2(target: Target) -> Decode:
    shape = target.model.input_shape

    def decode_ec2(request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
        text = request.body.decode("utf-8", "replace") if request.body else request.query
        tree = query_codec.tree_of(query_codec.parse_form(text))
        params: dict[str, Any] = ec2.decode(tree, shape) if shape else {}
        return params

    return _checked(target, decode_ec2)


def _encode_ec2(target: Target) -> Encode:
    namespace = metadata(target.service)["xmlNamespace"]
    return ec2.encoder(target.operation, target.model.output_shape, namespace)


def _encode_query(target: Target) -> Encode:
    shape = target.model.output_shape
    emit = _xml_encoder(target.service).compile(shape) if shape else None
    name = target.operation
    wrapper = (shape.serialization.get("resultWrapper") if shape else None) or f"{name}Result"
    namespace = metadata(target.service).get("xmlNamespace", "")

    def encode_query(result: dict[str, Any], request_id: str) -> HttpResponse:
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

    return encode_query


def _decode_rest(target: Target) -> Decode:
    shape = target.model.input_shape
    if shape is None:
        return lambda request, labels: {}
    bindings = rest.Bindings(shape)
    body = _body_decoder(target, bindings)

    def decode_rest(request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
        params = rest.decode_locations(bindings, request, labels)
        body(request.body, params)
        return params

    return _checked(target, decode_rest)


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
    convert = _json_decoder(target.service, True).compile(shape)
    return lambda body: convert(load_json(body))


def _encode_rest(target: Target) -> Encode:
    shape = target.model.output_shape
    status = target.model.http.get("responseCode", 200)
    bindings = rest.Bindings(shape)
    write, kind = _body_encoder(target, bindings)
    prefix = "x-amz-request-id" if target.service == "s3" else "x-amzn-RequestId"

    def encode_rest(result: dict[str, Any], request_id: str) -> HttpResponse:
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

    return encode_rest


_S3_ROOTS = {
    "ListObjectsV2": "ListBucketResult",
    "ListObjects": "ListBucketResult",
    "ListObjectVersions": "ListVersionsResult",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListParts": "ListPartsResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketAcl": "AccessControlPolicy",
    "GetObjectAcl": "AccessControlPolicy",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketTagging": "Tagging",
    "GetObjectTagging": "Tagging",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
}


def _body_encoder(
    target: Target, bindings: rest.Bindings
) -> tuple[Callable[[dict[str, Any]], Any], str]:
    """(function making the body, its content type)."""
    shape = target.model.output_shape
    if shape is None:
        return (lambda result: b""), ""
    payload = bindings.payload
    if payload is not None and shape.members[payload].type_name in ("blob", "string"):
        return _raw_body(payload), ""
    if payload is None and not bindings.body:
        return (lambda result: b""), ""
    if target.protocol == "rest-json":
        return _json_body(target, shape, payload), "application/json"
    return _xml_body(target, shape, payload), "application/xml"


def _raw_body(payload: str) -> Callable[[dict[str, Any]], Any]:
    def raw(result: dict[str, Any]) -> Any:
        body = result.get(payload)
        if body is None:
            return b""
        return body.encode() if isinstance(body, str) else body

    return raw


def _json_body(target: Target, shape: Any, payload: str | None) -> Callable[[dict[str, Any]], Any]:
    held = shape if payload is None else shape.members[payload]
    convert = _json_encoder(target.service, True).compile(held)
    outside = [name for name, member in shape.members.items() if "location" in member.serialization]

    def write(result: dict[str, Any]) -> bytes:
        value: Any = result if payload is None else result.get(payload)
        if payload is None and outside:
            value = {name: entry for name, entry in result.items() if name not in outside}
        if value is None:
            return b""
        return orjson.dumps(convert(value) if convert else value)

    return write


def _xml_body(target: Target, shape: Any, payload: str | None) -> Callable[[dict[str, Any]], Any]:
    held = shape if payload is None else shape.members[payload]
    emit = _xml_encoder(target.service).compile(held)
    root = held.serialization.get("name") or _S3_ROOTS.get(target.operation) or held.name
    if payload is not None:
        root = held.serialization.get("name", payload)
    if root.endswith("Output"):
        root = root.removesuffix("Output") + "Result"
    space = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"' if target.service == "s3" else ""
    opening = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}{space}>'

    def write(result: dict[str, Any]) -> bytes:
        value = result if payload is None else result.get(payload)
        if target.operation == "GetBucketLocation":
            return (
                f"{opening.replace(root, 'LocationConstraint')}"
                f"{result.get('LocationConstraint') or ''}</LocationConstraint>".encode()
            )
        if value is None:
            return b""
        if isinstance(value, str):
            return value.encode()
        out = [opening]
        emit(value, out)
        out.append(f"</{root}>")
        return "".join(out).encode()

    return write


_DECODERS: dict[str, Callable[[Target], Decode]] = {
    "json": _decode_json,
    "cbor": _decode_old_cbor,
    "query": _decode_query,
    "ec2": _decode_ec2,
    "rest-json": _decode_rest,
    "rest-xml": _decode_rest,
    "smithy-rpc-v2-cbor": _decode_cbor,
}
_ENCODERS: dict[str, Callable[[Target], Encode]] = {
    "json": _encode_json,
    "cbor": _encode_old_cbor,
    "query": _encode_query,
    "ec2": _encode_ec2,
    "rest-json": _encode_rest,
    "rest-xml": _encode_rest,
    "smithy-rpc-v2-cbor": _encode_cbor,
}
