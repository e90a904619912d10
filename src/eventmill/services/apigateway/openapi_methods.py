"""The operations of an OpenAPI document → methods and integrations."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from eventmill.services.apigateway.faults import bad
from eventmill.services.apigateway.openapi_models import referred
from eventmill.services.apigateway.values import typed

_INTEGRATION = "x-amazon-apigateway-integration"
_AUTHTYPE = "x-amazon-apigateway-authtype"
_AUTHORIZER = "x-amazon-apigateway-authorizer"
_PLACES = {"query": "querystring", "header": "header", "path": "path"}


class Document:
    """A document of either version behind one face."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.content = content
        components = content.get("components") or {}
        self.schemas: Mapping[str, Any] = (
            components.get("schemas") or content.get("definitions") or {}
        )
        self.schemes: Mapping[str, Any] = (
            components.get("securitySchemes") or content.get("securityDefinitions") or {}
        )

    def resolved(self, value: Any) -> Any:
        """What a `$ref` within the document stands for. Raises Invalid when it names nothing."""
        seen = 0
        while isinstance(value, dict) and str(value.get("$ref") or "").startswith("#/"):
            reference: str = value["$ref"]
            found: Any = self.content
            for step in reference[2:].split("/"):
                step = step.replace("~1", "/").replace("~0", "~")
                found = found.get(step) if isinstance(found, Mapping) else None
            seen += 1
            if found is None or seen > 32:
                raise bad(f"Unable to resolve the reference {reference}")
            value = found
        return value

    def prefix(self, mode: str) -> str:
        """What stands before every path; empty unless the importer asks for it."""
        if mode not in ("prepend", "split"):
            return ""
        base = self.content.get("basePath")
        if base is None:
            servers = self.content.get("servers") or [{}]
            base = urlsplit(servers[0].get("url") or "").path
        base = base.rstrip("/")
        if mode == "split":
            base = base[base.find("/", 1) :] if "/" in base[1:] else ""
        return base

    def authorizers(self) -> dict[str, dict[str, Any]]:
        """The API's authorizers by the names of their schemes."""
        return {
            name: _authorizer(name, scheme)
            for name, scheme in self.schemes.items()
            if scheme.get(_AUTHORIZER)
        }

    def integration(self, operation: Mapping[str, Any]) -> dict[str, Any] | None:
        """The operation's integration by the API's names, or None."""
        given = self.resolved(operation.get(_INTEGRATION))
        if not given:
            return None
        config = {
            key: typed(key, value)
            for key, value in given.items()
            if key not in ("responses", "httpMethod", "type") and value is not None
        }
        config["type"] = str(given.get("type") or "").upper()
        config["integrationHttpMethod"] = given.get("httpMethod")
        if config.get("passthroughBehavior"):
            config["passthroughBehavior"] = config["passthroughBehavior"].upper()
        responses: dict[str, dict[str, Any]] = {}
        for pattern, held in (given.get("responses") or {}).items():
            response = {key: typed(key, value) for key, value in held.items() if value is not None}
            response["statusCode"] = str(held.get("statusCode") or "200")
            if pattern != "default":
                response["selectionPattern"] = pattern
            responses[response["statusCode"]] = response
        if responses:
            config["integrationResponses"] = responses
        return config


def _authorizer(name: str, scheme: Mapping[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in scheme[_AUTHORIZER].items() if value is not None}
    kind = str(given.get("type") or "").upper()
    config = {key: typed(key, value) for key, value in given.items()}
    config |= {"name": name, "type": kind, "authType": scheme.get(_AUTHTYPE, "custom")}
    if kind != "REQUEST":
        config.setdefault(
            "identitySource", f"method.request.header.{scheme.get('name') or 'Authorization'}"
        )
    return config


def described(
    document: Document, item: Mapping[str, Any], operation: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(a method's own members, the schemas in place that need a model, by their model's name)."""
    method: dict[str, Any] = {}
    inline: dict[str, Any] = {}
    if operation.get("operationId"):
        method["operationName"] = operation["operationId"]
    flags, models = {}, {}
    for given in (*(item.get("parameters") or ()), *(operation.get("parameters") or ())):
        parameter = document.resolved(given)
        if parameter.get("in") == "body":
            models.update(_body_models(document, operation, parameter.get("schema"), inline))
        elif parameter.get("in") in _PLACES:
            place = f"method.request.{_PLACES[parameter['in']]}.{parameter['name']}"
            flags[place] = typed("enabled", parameter.get("required", False))
    body = document.resolved(operation.get("requestBody") or {})
    for media, held in (body.get("content") or {}).items():
        if held.get("schema") is not None:
            models[media] = _named(held["schema"], inline)
    if flags:
        method["requestParameters"] = flags
    if models:
        method["requestModels"] = models
    responses = {
        str(status): _response(document, str(status), response, operation, inline)
        for status, response in (operation.get("responses") or {}).items()
        if str(status).isdigit()
    }
    if responses:
        method["methodResponses"] = responses
    return method, inline


def _body_models(
    document: Document, operation: Mapping[str, Any], schema: Any, inline: dict[str, Any]
) -> dict[str, str]:
    if schema is None:
        return {}
    media = operation.get("consumes") or document.content.get("consumes") or ["application/json"]
    return dict.fromkeys(media, _named(schema, inline))


def _named(schema: Any, inline: dict[str, Any]) -> str:
    """The model of a schema: the one it refers to, or one made for it."""
    name = referred(schema)
    if name is None:
        digest = hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()
        name = f"MODEL{digest[:8]}"
        inline[name] = schema
    return name


def _response(
    document: Document,
    status: str,
    given: Any,
    operation: Mapping[str, Any],
    inline: dict[str, Any],
) -> dict[str, Any]:
    held = document.resolved(given) or {}
    response: dict[str, Any] = {"statusCode": status}
    headers = held.get("headers") or {}
    if headers:
        response["responseParameters"] = {
            f"method.response.header.{name}": False for name in headers
        }
    models = {
        media: _named(entry["schema"], inline)
        for media, entry in (held.get("content") or {}).items()
        if entry.get("schema") is not None
    }
    if held.get("schema") is not None:
        produced = operation.get("produces") or document.content.get("produces")
        models = dict.fromkeys(produced or ["application/json"], _named(held["schema"], inline))
    if models:
        response["responseModels"] = models
    return response


def authorization(
    document: Document, operation: Mapping[str, Any], authorizers: Mapping[str, str]
) -> dict[str, Any]:
    """Who may call the method: its authorization type, authorizer, scopes and need of a key."""
    result: dict[str, Any] = {"authorizationType": "NONE", "apiKeyRequired": False}
    auth = operation.get("x-amazon-apigateway-auth") or {}
    if str(auth.get("type") or "").upper() == "AWS_IAM":
        result["authorizationType"] = "AWS_IAM"
    security = operation.get("security", document.content.get("security")) or []
    for entry in security:
        for name, scopes in entry.items():
            scheme = document.schemes.get(name) or {}
            if name in authorizers:
                kind = str(scheme[_AUTHORIZER].get("type") or "").upper()
                result["authorizationType"] = (
                    "COGNITO_USER_POOLS" if kind == "COGNITO_USER_POOLS" else "CUSTOM"
                )
                result["authorizerId"] = authorizers[name]
                if scopes:
                    result["authorizationScopes"] = list(scopes)
            elif str(scheme.get(_AUTHTYPE) or "").lower() == "awssigv4":
                result["authorizationType"] = "AWS_IAM"
            elif scheme.get("type") == "apiKey" and (
                str(scheme.get("name") or "").lower() == "x-api-key"
            ):
                result["apiKeyRequired"] = True
    return result
