"""Which service, operation and protocol a request is for."""

from __future__ import annotations

import re
from urllib.parse import unquote

from eventmill.kernel.errors import Fault, Invalid
from eventmill.wire.http import HttpRequest
from eventmill.wire.models import (
    CBOR_NAMES,
    CBOR_TYPE,
    JSON_TARGETS,
    QUERY_VERSIONS,
    SIGNING_NAMES,
    metadata,
)
from eventmill.wire.query_codec import form_of
from eventmill.wire.router import router
from eventmill.wire.target import Target, target, unknown_operation

_SCOPE = re.compile(r"Credential=[^/,\s]+/\d{8}/[^/]+/([^/]+)/aws4_request")
_BUCKET_HOST = re.compile(
    r"(?P<bucket>[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9])\."
    r"(?:s3[.\-][a-z0-9.\-]+|s3\.localhost|localhost)(?::\d+)?\Z"
)
_REST = {"rest-json", "rest-xml"}


def signing_name(request: HttpRequest) -> str:
    """The service in the request's credential scope; empty when it is not signed."""
    authorization = request.headers.get("authorization", "")
    found = _SCOPE.search(authorization)
    if found is None and "X-Amz-Credential=" in request.query:
        found = _SCOPE.search(unquote(request.query).replace("X-Amz-Credential", "Credential"))
    return found.group(1) if found else ""


def identify(request: HttpRequest) -> tuple[Target, dict[str, str]]:
    """The target and the labels of its path. Raises Fault when the request names nothing known.

    What carries no sign of another service is taken for S3: presigned and anonymous requests.
    """
    headers = request.headers
    wanted = headers.get("x-amz-target")
    if wanted:
        kind = headers.get("content-type", "")
        return _named(wanted, "cbor" if kind.startswith(CBOR_TYPE) else "json"), {}
    if headers.get("smithy-protocol") == "rpc-v2-cbor":
        return _cbor(request.path), {}
    name = signing_name(request)
    if name not in ("s3", "s3express"):
        found = _query(request, name)
        if found is not None:
            return found, {}
        if name and name != "execute-api":
            return _rest(request, _service(name, request.path))
    return _s3(request)


def claimed_service(request: HttpRequest) -> str:
    """The service that a request says it is for, whether known or not; empty when it says none."""
    return _service(signing_name(request), request.path)


def _service(name: str, path: str) -> str:
    if name == "apigateway":
        return "apigatewayv2" if path.startswith("/v2/") else "apigateway"
    if name in ("email", "ses") and path.startswith("/v2/"):
        return "sesv2"
    return SIGNING_NAMES.get(name, name)


def _named(wanted: str, protocol: str) -> Target:
    prefix, _, operation = wanted.rpartition(".")
    service = JSON_TARGETS.get(prefix)
    if service is None:
        raise Invalid(
            "UnknownOperationException", f"No service takes requests for the target {wanted}."
        )
    return target(service, operation, protocol)


def _cbor(path: str) -> Target:
    parts = path.strip("/").split("/")
    if len(parts) < 4 or parts[-4] != "service" or parts[-2] != "operation":
        raise Invalid("UnknownOperationException", f"{path} names no service and operation.")
    service = CBOR_NAMES.get(parts[-3]) or JSON_TARGETS.get(parts[-3])
    if service is None:
        raise unknown_operation(parts[-3], parts[-1])
    return target(service, parts[-1], "smithy-rpc-v2-cbor")


def _query(request: HttpRequest, name: str) -> Target | None:
    form: dict[str, str] = {}
    kind = request.headers.get("content-type", "")
    if "Action=" in request.query or (
        request.method == "POST" and kind.startswith("application/x-www-form-urlencoded")
    ):
        form = form_of(request)
    action = form.get("Action")
    if action is None:
        return None
    service = _service(name, request.path) if name else QUERY_VERSIONS.get(form.get("Version", ""))
    if service is None:
        raise Invalid("InvalidAction", f"No service known here has the action {action}.")
    return target(service, action, "ec2" if service == "ec2" else "query")


def _rest(request: HttpRequest, service: str) -> tuple[Target, dict[str, str]]:
    try:
        protocol = metadata(service)["protocol"]
    except Exception:
        raise unknown_operation(service, request.path) from None
    if protocol not in _REST:
        raise Invalid("MissingAction", f"The request to {service} names no operation.")
    found = router(service).match(request.method, request.path, request.query, request.headers)
    if found is None:
        raise unknown_operation(service, f"{request.method} {request.path}")
    return target(service, found[0], protocol), found[1]


def bucket_of_host(host: str) -> str | None:
    """The bucket of a virtual-host style request, or None."""
    found = _BUCKET_HOST.match(host)
    return found.group("bucket") if found else None


def s3_path(request: HttpRequest) -> str:
    """The path in path style."""
    bucket = bucket_of_host(request.headers.get("host", ""))
    return f"/{bucket}{request.path}" if bucket else request.path


def _s3(request: HttpRequest) -> tuple[Target, dict[str, str]]:
    found = router("s3").match(request.method, s3_path(request), request.query, request.headers)
    if found is None:
        raise Fault(
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
            status=405,
        )
    return target("s3", found[0], "rest-xml"), found[1]
