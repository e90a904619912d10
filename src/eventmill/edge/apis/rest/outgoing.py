"""The integration request: what a mapping template and the parameter mappings make of a request.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.edge.apis.mapping import Input, render
from eventmill.edge.apis.rest.binary import as_text, is_binary
from eventmill.edge.apis.rest.expressions import of_request
from eventmill.edge.apis.rest.failures import Failed, internal
from eventmill.edge.apis.rest.model import Integration
from eventmill.edge.apis.rest.request import Request
from eventmill.edge.apis.service_calls import ServiceRequest
from eventmill.velocity import VelocityError

TENANT = "X-Amz-Tenant-Id"
"""The header that names a tenant to Lambda."""


@dataclass(slots=True)
class Outgoing(ServiceRequest):
    """`context` is what templates saw and may have written overrides into."""

    context: dict[str, Any]


def outgoing(request: Request, integration: Integration) -> Outgoing:
    """Raises Failed: 415 for a content type that no template takes, 500 for a broken template."""
    context = request.context() | {
        "requestOverride": {"header": {}, "querystring": {}, "path": {}},
        "responseOverride": {"header": {}},
    }
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    kind = kind or "application/json"
    text = _converted(request, integration)
    template = integration.templates.get(kind)
    if template is None:
        _check_passthrough(integration)
        body = text
    else:
        body = rendered(request, template, text, context).encode()
    mapped = _mapped(request, integration.parameters)
    headers = {"Content-Type": kind} | mapped["header"]
    if "content-type" in (name.lower() for name in mapped["header"]):
        headers = mapped["header"]
    overrides = context.get("requestOverride")
    return Outgoing(
        headers | overridden(overrides, "header"),
        mapped["querystring"] | overridden(overrides, "querystring"),
        mapped["path"] | overridden(overrides, "path"),
        body,
        context,
    )


def overridden(overrides: Any, place: str) -> dict[str, str]:
    """What a template has set there; a template may also have put nonsense in its place."""
    values = overrides.get(place) if isinstance(overrides, dict) else None
    return {str(k): str(v) for k, v in values.items()} if isinstance(values, dict) else {}


def _check_passthrough(integration: Integration) -> None:
    behaviour = integration.passthrough
    if behaviour == "NEVER" or (behaviour == "WHEN_NO_TEMPLATES" and integration.templates):
        raise Failed("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type")


def _converted(request: Request, integration: Integration) -> bytes:
    """The body as contentHandling has it: binary as base64 text, or such text as bytes."""
    binary = is_binary(request.stage.binary, request.headers.get("content-type", ""))
    if integration.content_handling == "CONVERT_TO_TEXT" and binary:
        return base64.b64encode(request.body)
    if integration.content_handling == "CONVERT_TO_BINARY" and not binary:
        try:
            return base64.b64decode(request.body)
        except binascii.Error as error:
            raise internal(f"The body cannot be converted to binary: {error}") from None
    return request.body if binary else as_text(request.body)


def parameters(request: Request) -> dict[str, dict[str, str]]:
    """The request's parameters as `$input.params()` has them."""
    return {
        "path": dict(request.labels),
        "querystring": dict(request.pairs),
        "header": dict(request.sent),
    }


def rendered(request: Request, template: str, body: bytes, context: Mapping[str, Any]) -> str:
    """A template over a body. Raises Failed when it cannot be rendered."""
    given = Input(body.decode("utf-8", "replace"), parameters(request))
    try:
        return render(template, given, context, request.stage.variables)
    except VelocityError as error:
        raise internal(f"Unable to transform: {error}") from None


def mapped_header(request: Request, integration: Integration, name: str) -> str | None:
    """A header of the integration request, which a proxy integration has for Lambda alone."""
    headers = _mapped(request, integration.parameters)["header"]
    return next((held for key, held in headers.items() if key.lower() == name.lower()), None)


def _mapped(request: Request, mappings: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """What `integration.request.<place>.<name>` is given."""
    result: dict[str, dict[str, str]] = {"header": {}, "querystring": {}, "path": {}}
    for target, expression in mappings.items():
        place, _, name = target.removeprefix("integration.request.").partition(".")
        value = of_request(expression, request) if place in result else None
        if value is not None:
            result[place][name] = value
    return result
