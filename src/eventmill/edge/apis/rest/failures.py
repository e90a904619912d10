"""What API Gateway answers itself: the types, and the gateway responses that customise them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from eventmill.edge.apis.context import value_at
from eventmill.edge.apis.rest.request import Request
from eventmill.services.apigateway import RESPONSE_STATUS, RESPONSE_TEMPLATES

_ERROR_TYPES = {
    "ACCESS_DENIED": "AccessDeniedException",
    "AUTHORIZER_CONFIGURATION_ERROR": "AuthorizerConfigurationException",
    "AUTHORIZER_FAILURE": "AuthorizerFailureException",
    "BAD_REQUEST_BODY": "BadRequestException",
    "BAD_REQUEST_PARAMETERS": "BadRequestException",
    "EXPIRED_TOKEN": "ExpiredTokenException",
    "INVALID_API_KEY": "ForbiddenException",
    "INVALID_SIGNATURE": "InvalidSignatureException",
    "MISSING_AUTHENTICATION_TOKEN": "MissingAuthenticationTokenException",
    "QUOTA_EXCEEDED": "LimitExceededException",
    "REQUEST_TOO_LARGE": "RequestTooLongException",
    "THROTTLED": "TooManyRequestsException",
    "UNAUTHORIZED": "UnauthorizedException",
    "UNSUPPORTED_MEDIA_TYPE": "UnsupportedMediaTypeException",
}
_INTERNAL = "InternalServerErrorException"
_PLACEHOLDER = re.compile(
    r"\$(?:context|stageVariables|method\.request)[\w.\-]*|\$\{(?:[\w.\-]+)\}"
)


class Failed(Exception):
    """The request ends with a gateway response.

    `status` is given where it differs from the type's own; `detail` is the error of validation,
    or, for what only the API's owner should know, the reason that goes to the execution log.
    """

    def __init__(
        self, kind: str, message: str | None, status: int | None = None, detail: str = ""
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = status
        self.detail = detail


def internal(reason: str, status: int = 500) -> Failed:
    """The integration failed (502), or is wrongly set up (500)."""
    kind = "API_CONFIGURATION_ERROR" if status == 500 else "DEFAULT_5XX"
    return Failed(kind, "Internal server error", status, reason)


def rendered(request: Request, failed: Failed) -> tuple[int, list[tuple[str, str]], bytes]:
    """(status, headers, body) of the gateway response of a failure.

    A type that is not customised falls back to DEFAULT_4XX or DEFAULT_5XX where that is.
    """
    own = failed.status or RESPONSE_STATUS[failed.kind] or 500
    customised = request.stage.responses
    given = customised.get(failed.kind) or customised.get(
        "DEFAULT_4XX" if own < 500 else "DEFAULT_5XX"
    )
    headers = [("x-amzn-ErrorType", _ERROR_TYPES.get(failed.kind, _INTERNAL))]
    if given is None:
        return own, [*headers, ("Content-Type", "application/json")], _plain(failed)
    status = int(given.get("statusCode") or own)
    values = variables(request, failed)
    for place, expression in (given.get("responseParameters") or {}).items():
        kind, _, name = place.partition(".header.")
        value = _mapped(expression, request, values)
        if kind == "gatewayresponse" and value is not None:
            headers.append((name, value))
    media, template = request.accepted(given.get("responseTemplates") or RESPONSE_TEMPLATES)
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", media))
    return status, headers, _filled(template, request, values).encode()


def _plain(failed: Failed) -> bytes:
    """The body without a customised response. AWS writes one of them with a capital letter."""
    name = "Message" if failed.kind == "ACCESS_DENIED" else "message"
    return orjson.dumps({name: failed.message})


def variables(request: Request, failed: Failed) -> dict[str, Any]:
    """`$context` with the error in it."""
    return request.context() | {
        "error": {
            "message": failed.message,
            "messageString": orjson.dumps(failed.message).decode(),
            "responseType": failed.kind,
            "validationErrorString": _quotable(failed.detail)
            if failed.kind == "BAD_REQUEST_BODY"
            else None,
        }
    }


def _filled(template: str, request: Request, context: Mapping[str, Any]) -> str:
    """The template with its variables replaced; nothing else of VTL works in gateway responses."""

    def value(found: re.Match[str]) -> str:
        expression = found.group(0).strip("${}")
        held = _mapped(expression, request, context)
        return "null" if held is None and expression.startswith("context.error") else held or ""

    return _PLACEHOLDER.sub(value, template)


def _mapped(expression: str, request: Request, context: Mapping[str, Any]) -> str | None:
    """The value of `'text'`, `context.x`, `stageVariables.x` or `method.request.header.x`."""
    if expression.startswith("'") and expression.endswith("'"):
        return expression[1:-1]
    scope, _, path = expression.partition(".")
    if scope == "stageVariables":
        return request.stage.variables.get(path)
    if scope == "context":
        found = value_at(context, path)
        return None if found is None else str(found)
    place, _, name = path.removeprefix("request.").partition(".")
    if place == "header":
        return request.headers.get(name.lower())
    if place == "querystring":
        return dict(request.pairs).get(name)
    return request.labels.get(name) if place == "path" else None


def _quotable(text: str) -> str:
    """As it stands between the quotation marks that templates put around it."""
    return orjson.dumps(text).decode()[1:-1]
