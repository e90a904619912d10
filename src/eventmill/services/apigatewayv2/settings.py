"""What the parts of an API may hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Fault, Invalid

_METHODS = "GET|HEAD|OPTIONS|PATCH|POST|PUT|DELETE|ANY"
_VERSIONS = {
    "integration": "PayloadFormatVersion",
    "authorizer": "AuthorizerPayloadFormatVersion",
}
_ROUTE = re.compile(rf"(?:{_METHODS}) /\S*\Z")


def bad(message: str) -> Fault:
    """A setting that is not taken."""
    return Invalid("BadRequestException", message)


def endpoint_of(endpoint: str, api: Mapping[str, Any]) -> str:
    """Where an API answers, without its stage."""
    base = endpoint
    if api["ProtocolType"] == "WEBSOCKET":
        base = endpoint.replace("http", "ws", 1)
    return f"{base}/_aws/execute-api/{api['ApiId']}"


def check(kind: str, config: Mapping[str, Any], protocol: str) -> None:
    """Raises Invalid (BadRequestException) naming what is not offered.

    `protocol` is that of the API which the part belongs to.
    """
    versions = {
        "integration": "PayloadFormatVersion",
        "authorizer": "AuthorizerPayloadFormatVersion",
    }
    version = config.get(versions.get(kind, ""))
    if protocol == "HTTP" and kind in versions and version != "2.0":
        raise bad(
            f"{versions[kind]} {version or '1.0 (the default)'} is not offered for HTTP APIs; set "
            "it to 2.0"
        )
    checks = {"api": _api, "integration": _integration, "authorizer": _authorizer, "route": _route}
    if kind in checks:
        checks[kind](config)


def _api(config: Mapping[str, Any]) -> None:
    if config.get("ProtocolType") not in ("HTTP", "WEBSOCKET"):
        raise bad("ProtocolType must be HTTP or WEBSOCKET")
    if config["ProtocolType"] == "WEBSOCKET":
        expression = config.get("RouteSelectionExpression") or ""
        if not re.fullmatch(r"\$\{?request\.body\.[\w.]+\}?", expression):
            raise bad("RouteSelectionExpression must be of the form $request.body.<field>")


def _integration(config: Mapping[str, Any]) -> None:
    if config.get("IntegrationType") != "AWS_PROXY" or config.get("IntegrationSubtype"):
        raise bad(
            "Only the integration type AWS_PROXY with a Lambda function is offered; "
            f"{config.get('IntegrationSubtype') or config.get('IntegrationType')} is not"
        )
    if function_of(config.get("IntegrationUri") or "") is None:
        raise bad(f"IntegrationUri {config.get('IntegrationUri')} names no Lambda function")


def _authorizer(config: Mapping[str, Any]) -> None:
    if config.get("AuthorizerType") != "REQUEST":
        raise bad(
            f"Authorizers of type {config.get('AuthorizerType')} are not offered yet; use a Lambda"
            " authorizer (REQUEST)"
        )
    if function_of(config.get("AuthorizerUri") or "") is None:
        raise bad(f"AuthorizerUri {config.get('AuthorizerUri')} names no Lambda function")


def _route(config: Mapping[str, Any]) -> None:
    key = config.get("RouteKey") or ""
    if "/" in key and not _ROUTE.match(key):
        raise bad(f"The route key {key} is not of the form METHOD /path")
    kind = config.get("AuthorizationType") or "NONE"
    if kind not in ("NONE", "CUSTOM"):
        raise bad(f"AuthorizationType {kind} is not offered yet; NONE and CUSTOM are")


def function_of(uri: str) -> str | None:
    """The function's ARN in an integration's address, or None."""
    found = re.search(r"arn:aws:lambda:[^/]*:function:[^/]+", uri)
    return found.group(0) if found else None
