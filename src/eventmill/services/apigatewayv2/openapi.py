"""An OpenAPI document with API Gateway's extensions → routes, integrations, authorizers.

This is how SAM describes the HTTP APIs that it makes.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.apigatewayv2 import parts
from eventmill.services.apigatewayv2.operations import create
from eventmill.services.apigatewayv2.settings import bad
from eventmill.services.contract import Call

_ANY = "x-amazon-apigateway-any-method"
_METHODS = {"get", "head", "options", "patch", "post", "put", "delete", _ANY}
_INTEGRATION = "x-amazon-apigateway-integration"


def replace(call: Call, api: str, document: Mapping[str, Any]) -> None:
    """Make the API's parts those of the document. Raises Invalid."""
    for kind in ("route", "integration", "authorizer"):
        for number in parts.every(call.tx, api, kind):
            parts.remove(call.tx, api, kind, number)
    schemes = (document.get("components") or {}).get("securitySchemes") or {}
    authorizers = {
        name: create(call, "authorizer", {"ApiId": api, **_authorizer(name, scheme)})
        for name, scheme in schemes.items()
    }
    for path, item in (document.get("paths") or {}).items():
        for method, operation in item.items():
            if method.lower() in _METHODS:
                _route(call, api, path, method.lower(), operation, authorizers, document)


def _authorizer(name: str, scheme: Mapping[str, Any]) -> dict[str, Any]:
    given = scheme.get("x-amazon-apigateway-authorizer") or {}
    if (given.get("type") or "").lower() != "request":
        raise bad(
            f"the authorizer {name} is of type {given.get('type')}; only Lambda authorizers "
            "(request) are offered yet"
        )
    sources = given.get("identitySource") or "$request.header.Authorization"
    ttl = given.get("authorizerResultTtlInSeconds")
    return {
        "Name": name,
        "AuthorizerType": "REQUEST",
        "AuthorizerUri": given.get("authorizerUri"),
        "AuthorizerPayloadFormatVersion": given.get("authorizerPayloadFormatVersion", "2.0"),
        "EnableSimpleResponses": bool(given.get("enableSimpleResponses")),
        "IdentitySource": [part.strip() for part in sources.split(",")]
        if isinstance(sources, str)
        else list(sources),
        "AuthorizerResultTtlInSeconds": 300 if ttl is None else int(ttl),
    }


def _route(
    call: Call,
    api: str,
    path: str,
    method: str,
    operation: Mapping[str, Any],
    authorizers: Mapping[str, Mapping[str, Any]],
    document: Mapping[str, Any],
) -> None:
    given = operation.get(_INTEGRATION)
    if given is None:
        raise bad(f"{method.upper()} {path} has no {_INTEGRATION}")
    integration = create(
        call,
        "integration",
        {
            "ApiId": api,
            "IntegrationType": str(given.get("type")).upper(),
            "IntegrationUri": given.get("uri"),
            "PayloadFormatVersion": given.get("payloadFormatVersion", "2.0"),
            "TimeoutInMillis": int(given.get("timeoutInMillis", 30_000)),
        },
    )
    key = f"{'ANY' if method == _ANY else method.upper()} {path}"
    route: dict[str, Any] = {
        "ApiId": api,
        "RouteKey": "$default" if path == "/$default" else key,
        "Target": f"integrations/{integration['IntegrationId']}",
    }
    security = operation.get("security", document.get("security")) or []
    names = [name for entry in security for name in entry if name in authorizers]
    if names:
        route |= {
            "AuthorizationType": "CUSTOM",
            "AuthorizerId": authorizers[names[0]]["AuthorizerId"],
        }
    create(call, "route", route)
