"""An OpenAPI document with API Gateway's extensions → the parts of an HTTP API, and back.

This is also how SAM describes the HTTP APIs that it makes.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from eventmill.services.apigatewayv2 import parts
from eventmill.services.apigatewayv2.operations import OPERATIONS, change, create, shown
from eventmill.services.apigatewayv2.settings import bad, check
from eventmill.services.contract import Call, Result
from eventmill.services.openapi import read

_ANY = "x-amazon-apigateway-any-method"
_METHODS = {"get", "head", "options", "patch", "post", "put", "delete", _ANY}
_INTEGRATION = "x-amazon-apigateway-integration"
_AUTHORIZER = "x-amazon-apigateway-authorizer"
_CORS = "x-amazon-apigateway-cors"
_SHARED = "x-amazon-apigateway-integrations"

Document = Mapping[str, Any]


def settings(document: Document) -> dict[str, Any]:
    """The API's own settings that a document holds."""
    info = document.get("info") or {}
    given: dict[str, Any] = {"Name": info.get("title") or "api", "ProtocolType": "HTTP"}
    for member, name in (("Description", "description"), ("Version", "version")):
        if info.get(name):
            given[member] = str(info[name])
    if document.get(_CORS) is not None:
        given["CorsConfiguration"] = _members(document[_CORS])
    tags = {
        entry["name"]: entry["x-amazon-apigateway-tag-value"]
        for entry in document.get("tags") or []
        if "x-amazon-apigateway-tag-value" in entry
    }
    if tags:
        given["Tags"] = tags
    return given


def _members(given: Mapping[str, Any]) -> dict[str, Any]:
    """`allowOrigins` → `AllowOrigins`, as the API names the same."""
    return {key[0].upper() + key[1:]: value for key, value in given.items()}


def judge(document: Document) -> None:
    """Raises Invalid for what no route may be, as `replace` does."""
    for path, method, operation in _operations(document):
        if isinstance(operation, Mapping):
            _described(path, method, operation, document)


def _operations(document: Document) -> Iterator[tuple[str, str, Any]]:
    """(path, method in lower case, what is there) of each."""
    paths = document.get("paths")
    for path, item in paths.items() if isinstance(paths, Mapping) else ():
        for method, operation in item.items() if isinstance(item, Mapping) else ():
            if method.lower() in _METHODS:
                yield path, method.lower(), operation


def replace(call: Call, api: str, document: Document) -> None:
    """Make the API's parts those of the document. Raises Invalid."""
    for kind in ("route", "integration", "authorizer"):
        for number in parts.every(call.tx, api, kind):
            parts.drop(call.tx, api, kind, number)
    schemes = (document.get("components") or {}).get("securitySchemes") or {}
    authorizers = {
        name: create(call, "authorizer", {"ApiId": api, **_authorizer(name, scheme)})
        for name, scheme in schemes.items()
        if _AUTHORIZER in scheme
    }
    for path, method, operation in _operations(document):
        _route(call, api, path, method, operation, authorizers, document)


def _authorizer(name: str, scheme: Mapping[str, Any]) -> dict[str, Any]:
    given = scheme[_AUTHORIZER]
    sources = given.get("identitySource") or "$request.header.Authorization"
    made: dict[str, Any] = {
        "Name": name,
        "IdentitySource": [part.strip() for part in sources.split(",")]
        if isinstance(sources, str)
        else list(sources),
    }
    if (given.get("type") or "").lower() == "jwt":
        return made | {
            "AuthorizerType": "JWT",
            "JwtConfiguration": _members(given.get("jwtConfiguration") or {}),
        }
    ttl = given.get("authorizerResultTtlInSeconds")
    return made | {
        "AuthorizerType": str(given.get("type") or "").upper(),
        "AuthorizerUri": given.get("authorizerUri"),
        "AuthorizerCredentialsArn": given.get("authorizerCredentials"),
        "AuthorizerPayloadFormatVersion": str(given.get("authorizerPayloadFormatVersion", "1.0")),
        "EnableSimpleResponses": bool(given.get("enableSimpleResponses")),
        "AuthorizerResultTtlInSeconds": 300 if ttl is None else int(ttl),
    }


def _route(
    call: Call,
    api: str,
    path: str,
    method: str,
    operation: Mapping[str, Any],
    authorizers: Mapping[str, Mapping[str, Any]],
    document: Document,
) -> None:
    key, given = _described(path, method, operation, document)
    integration = create(call, "integration", {"ApiId": api, **_integration(given)})
    route: dict[str, Any] = {
        "ApiId": api,
        "RouteKey": key,
        "Target": f"integrations/{integration['IntegrationId']}",
    }
    if operation.get("operationId"):
        route["OperationName"] = operation["operationId"]
    create(call, "route", route | _security(operation, document, authorizers))


def _described(
    path: str, method: str, operation: Mapping[str, Any], document: Document
) -> tuple[str, Any]:
    """(key of an operation's route, its integration). Raises Invalid."""
    key = f"{'ANY' if method == _ANY else method.upper()} {path}"
    key = "$default" if path.lstrip("/") == "$default" else key
    check("route", {"RouteKey": key}, "HTTP")
    given = operation.get(_INTEGRATION)
    shared = (document.get("components") or {}).get(_SHARED) or {}
    if isinstance(given, Mapping) and "$ref" in given:
        given = shared.get(str(given["$ref"]).rpartition("/")[2])
    if given is None:
        raise bad(f"{method.upper()} {path} has no {_INTEGRATION}")
    return key, given


def _integration(given: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "IntegrationType": str(given.get("type")).upper(),
        "PayloadFormatVersion": str(given.get("payloadFormatVersion", "1.0")),
    }
    for member, name in {
        "IntegrationUri": "uri",
        "IntegrationMethod": "httpMethod",
        "IntegrationSubtype": "integrationSubtype",
        "CredentialsArn": "credentials",
        "ConnectionType": "connectionType",
        "ConnectionId": "connectionId",
        "Description": "description",
        "RequestParameters": "requestParameters",
        "ResponseParameters": "responseParameters",
    }.items():
        if given.get(name) is not None:
            made[member] = given[name]
    if given.get("timeoutInMillis") is not None:
        made["TimeoutInMillis"] = int(given["timeoutInMillis"])
    if given.get("tlsConfig"):
        made["TlsConfig"] = _members(given["tlsConfig"])
    return made


def _security(
    operation: Mapping[str, Any],
    document: Document,
    authorizers: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    if (operation.get("x-amazon-apigateway-auth") or {}).get("type") == "AWS_IAM":
        return {"AuthorizationType": "AWS_IAM"}
    schemes = (document.get("components") or {}).get("securitySchemes") or {}
    for entry in operation.get("security", document.get("security")) or []:
        for name, scopes in entry.items():
            if name in authorizers:
                jwt = authorizers[name]["AuthorizerType"] == "JWT"
                return {
                    "AuthorizationType": "JWT" if jwt else "CUSTOM",
                    "AuthorizerId": authorizers[name]["AuthorizerId"],
                    "AuthorizationScopes": list(scopes),
                }
            if (schemes.get(name) or {}).get("x-amazon-apigateway-authtype") == "awsSigv4":
                return {"AuthorizationType": "AWS_IAM"}
    return {}


def parse(body: str | bytes) -> dict[str, Any]:
    """The text of an OpenAPI document, JSON or YAML. Raises Invalid."""
    try:
        document = read(body)
    except ValueError as error:
        raise bad(f"Failed to parse the OpenAPI document: {error}") from None
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3."):
        raise bad("Unable to import the body: it is no OpenAPI 3.0 document")
    return document


@OPERATIONS.write("ImportApi")
def import_api(call: Call, request: dict[str, Any]) -> Result:
    """A new API from a document."""
    document = parse(request["Body"])
    api = create(call, "api", settings(document))
    replace(call, api["ApiId"], document)
    return shown(call, "api", api)


@OPERATIONS.write("ReimportApi")
def reimport_api(call: Call, request: dict[str, Any]) -> Result:
    """The API becomes what the document says."""
    document, api = parse(request["Body"]), request["ApiId"]
    given = {"CorsConfiguration": None} | settings(document)
    config = change(call, "api", api, api, given)
    replace(call, api, document)
    return shown(call, "api", config)


@OPERATIONS.read("ExportApi")
def export_api(call: Call, request: dict[str, Any]) -> Result:
    """The API as an OpenAPI document: as it is now, or as the stage serves it."""
    api = request["ApiId"]
    config = parts.get(call.tx, api, "api", api)
    held: parts.Snapshot | None = parts.snapshot(call.tx, api)
    if request.get("StageName"):
        stage = parts.get(call.tx, api, "stage", request["StageName"])
        held = parts.deployed(call.tx, api, stage)
    extended = request.get("IncludeExtensions", True)
    paths: dict[str, dict[str, Any]] = {}
    for route in (held or {}).get("route", {}).values():
        method, _, path = route["RouteKey"].partition(" ")
        name = {"ANY": _ANY, "$default": _ANY}.get(method, method.lower())
        operation: dict[str, Any] = {"responses": {"default": {"description": "Default response"}}}
        number = str(route.get("Target") or "").rpartition("/")[2]
        integration = (held or {})["integration"].get(number)
        if extended and integration is not None:
            operation[_INTEGRATION] = _exported(integration)
        paths.setdefault(path or "/$default", {})[name] = operation
    info = {"title": config["Name"], "version": config.get("Version") or "1.0"}
    document = {"openapi": "3.0.1", "info": info, "paths": paths}
    if request.get("OutputType") == "JSON":
        return {"body": json.dumps(document).encode()}
    import yaml

    return {"body": yaml.safe_dump(document, sort_keys=False).encode()}


def _exported(integration: Mapping[str, Any]) -> dict[str, Any]:
    names = {
        "PayloadFormatVersion": "payloadFormatVersion",
        "IntegrationType": "type",
        "IntegrationMethod": "httpMethod",
        "IntegrationUri": "uri",
        "IntegrationSubtype": "integrationSubtype",
        "ConnectionType": "connectionType",
        "TimeoutInMillis": "timeoutInMillis",
        "RequestParameters": "requestParameters",
    }
    return {name: integration[member] for member, name in names.items() if integration.get(member)}
