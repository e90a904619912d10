"""Faults → HTTP answers, in the shape that each protocol's clients understand."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

import cbor2
import orjson
from botocore.exceptions import UnknownServiceError

from eventmill.kernel.errors import Fault
from eventmill.wire.http import HttpResponse
from eventmill.wire.models import CBOR_TYPE, metadata, service_model
from eventmill.wire.sums import summed
from eventmill.wire.target import Target

_SQS_PREFIX = "AWS.SimpleQueueService."
_SQS_SHAPES = {"NonExistentQueue": "QueueDoesNotExist"}


@lru_cache(maxsize=64)
def _shapes(service: str) -> dict[str, Any]:
    """The modelled errors of a service by code and by shape name."""
    shapes: dict[str, Any] = {}
    for shape in service_model(service).error_shapes:
        shapes.setdefault(shape.error_code, shape)
        shapes.setdefault(shape.name, shape)
    return shapes


def _status(service: str, fault: Fault, shape: Any) -> int:
    if fault.status is not None:
        return fault.status
    if shape is not None:
        declared = shape.metadata.get("httpStatusCode") or shape.metadata.get("error", {}).get(
            "httpStatusCode"
        )
        if declared:
            return int(declared)
    return fault.default_status


def encode_fault(target: Target | None, fault: Fault, request_id: str) -> HttpResponse:
    """The answer; without a target (nothing could be told of the request) in S3's form."""
    if target is None:
        return _s3(fault, fault.status or fault.default_status, request_id)
    shape = _shape(target.service, fault.code)
    status = _status(target.service, fault, shape)
    if target.service == "s3":
        response = _s3(fault, status, request_id)
    elif target.protocol == "ec2":
        response = _ec2(fault, status, request_id)
    elif target.protocol in ("query", "rest-xml"):
        response = _query(target, fault, status, request_id)
    elif target.protocol == "smithy-rpc-v2-cbor":
        response = _cbor(target, fault, shape, status, request_id)
    elif target.protocol == "cbor":
        response = _old_cbor(fault, shape, status, request_id)
    else:
        response = _json(target, fault, shape, status, request_id)
    response.headers.extend(fault.headers.items())
    return response


def encode_absent(service: str, fault: Fault, request_id: str) -> HttpResponse:
    """The answer for a service that is not here, whose operation may be unknown, to its clients."""
    try:
        protocol = metadata(service)["protocol"]
    except UnknownServiceError:
        protocol = "json"
    if protocol == "rest-xml":
        return _xml("", fault, fault.status or fault.default_status, request_id)
    headers = [
        ("x-amzn-RequestId", request_id),
        ("content-type", "application/json"),
        ("x-amzn-ErrorType", fault.code),
    ]
    body = orjson.dumps({"__type": fault.code, "message": fault.message})
    return HttpResponse(fault.status or fault.default_status, headers, body)


def _shape(service: str, code: str) -> Any:
    shapes = _shapes(service)
    short = code.removeprefix(_SQS_PREFIX)
    return shapes.get(code) or shapes.get(_SQS_SHAPES.get(short, short))


def _members(fault: Fault, shape: Any) -> dict[str, Any]:
    """The error's members: the text under the name that its shape gives it."""
    name = "message"
    if shape is not None and "Message" in shape.members and "message" not in shape.members:
        name = "Message"
    return {name: fault.message, **fault.fields}


def _json(target: Target, fault: Fault, shape: Any, status: int, request_id: str) -> HttpResponse:
    name = shape.name if shape is not None else fault.code.removeprefix(_SQS_PREFIX)
    headers = [("x-amzn-RequestId", request_id)]
    members = _members(fault, shape)
    if target.protocol == "rest-json":
        headers += [("content-type", "application/json"), ("x-amzn-ErrorType", name)]
        if target.service == "lambda":
            members = {"Type": "User" if status < 500 else "Service", **members}
    else:
        version = metadata(target.service).get("jsonVersion", "1.0")
        headers.append(("content-type", f"application/x-amz-json-{version}"))
        members = {"__type": _type_name(target, name), **members}
        if metadata(target.service).get("awsQueryCompatible") is not None:
            sender = "Sender" if status < 500 else "Receiver"
            headers.append(("x-amzn-query-error", f"{fault.code};{sender}"))
    return summed(target, HttpResponse(status, headers, orjson.dumps(members)))


def _type_name(target: Target, name: str) -> str:
    space = {
        "sqs": "com.amazonaws.sqs",
        "dynamodb": "com.amazonaws.dynamodb.v20120810",
        "dynamodbstreams": "com.amazonaws.dynamodb.v20120810",
    }.get(target.service)
    if name in ("ValidationException", "SerializationException") and space:
        space = "com.amazon.coral.validate" if name[0] == "V" else "com.amazon.coral.service"
    return f"{space}#{name}" if space else name


def _cbor(target: Target, fault: Fault, shape: Any, status: int, request_id: str) -> HttpResponse:
    name = shape.name if shape is not None else fault.code
    headers = [
        ("smithy-protocol", "rpc-v2-cbor"),
        ("x-amzn-RequestId", request_id),
        ("content-type", "application/cbor"),
    ]
    return HttpResponse(status, headers, cbor2.dumps({"__type": name, **_members(fault, shape)}))


def _old_cbor(fault: Fault, shape: Any, status: int, request_id: str) -> HttpResponse:
    name = shape.name if shape is not None else fault.code
    headers = [("x-amzn-RequestId", request_id), ("content-type", CBOR_TYPE)]
    return HttpResponse(status, headers, cbor2.dumps({"__type": name, **_members(fault, shape)}))


def _query(target: Target, fault: Fault, status: int, request_id: str) -> HttpResponse:
    return _xml(metadata(target.service).get("xmlNamespace", ""), fault, status, request_id)


def _xml(namespace: str, fault: Fault, status: int, request_id: str) -> HttpResponse:
    kind = "Sender" if status < 500 else "Receiver"
    body = (
        f'<ErrorResponse xmlns="{namespace}"><Error><Type>{kind}</Type>'
        f"<Code>{escape(fault.code)}</Code><Message>{escape(fault.message)}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    headers = [("x-amzn-RequestId", request_id), ("content-type", "text/xml")]
    return HttpResponse(status, headers, body.encode())


def _ec2(fault: Fault, status: int, request_id: str) -> HttpResponse:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>'
        f"<Code>{escape(fault.code)}</Code><Message>{escape(fault.message)}</Message>"
        f"</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    )
    headers = [("x-amzn-RequestId", request_id), ("content-type", "text/xml;charset=UTF-8")]
    return HttpResponse(status, headers, body.encode())


def _s3(fault: Fault, status: int, request_id: str) -> HttpResponse:
    headers = [("x-amz-request-id", request_id), ("x-amz-id-2", request_id)]
    if status == 304:
        return HttpResponse(status, headers, b"")
    extra = "".join(
        f"<{name}>{escape(str(value))}</{name}>" for name, value in fault.fields.items()
    )
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{escape(fault.code)}</Code>'
        f"<Message>{escape(fault.message)}</Message>{extra}"
        f"<RequestId>{request_id}</RequestId><HostId>{request_id}</HostId></Error>"
    )
    headers.append(("content-type", "application/xml"))
    return HttpResponse(status, headers, body.encode())
