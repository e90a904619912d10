"""The bodies of REST answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from eventmill.wire import rest
from eventmill.wire.protocols.shared import json_encoder, xml_encoder
from eventmill.wire.target import Target

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


def body_encoder(
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
    convert = json_encoder(target.service, True).compile(held)
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
    emit = xml_encoder(target.service).compile(held)
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
