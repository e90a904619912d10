"""Models, request validators, authorizers and documentation parts: each has the same five
operations.

https://docs.aws.amazon.com/apigateway/latest/api/API_CreateModel.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.services.apigateway import parts
from eventmill.services.apigateway.faults import bad, taken
from eventmill.services.apigateway.integrations import check_pattern, function_of
from eventmill.services.apigateway.patch import patched
from eventmill.services.apigateway.registry import OPERATIONS, page, shown
from eventmill.services.contract import Call, Result

_NAME = re.compile(r"[A-Za-z0-9]+\Z")


@dataclass(frozen=True, slots=True)
class Simple:
    """A kind of part. `member` names it in requests, `key` in its own config."""

    kind: str
    name: str
    member: str
    key: str
    check: Callable[[Mapping[str, Any]], None]


def _model(config: Mapping[str, Any]) -> None:
    if not _NAME.match(config.get("name") or ""):
        raise bad("Model name must be alphanumeric: " + str(config.get("name")))
    text = config.get("schema")
    if text:
        try:
            json.loads(text)
        except ValueError as error:
            raise bad(f"Model schema must have be valid JSON: {error}") from None


def _authorizer(config: Mapping[str, Any]) -> None:
    kind = config.get("type")
    if kind not in ("TOKEN", "REQUEST", "COGNITO_USER_POOLS"):
        raise bad("Invalid authorizer type specified")
    if kind == "COGNITO_USER_POOLS":
        if not config.get("providerARNs"):
            raise bad("Invalid Provider ARNs. At least one is required for COGNITO_USER_POOLS")
    elif "${" not in (config.get("authorizerUri") or "") and (
        function_of(config.get("authorizerUri") or "") is None
    ):
        raise bad("Invalid Authorizer URI: " + str(config.get("authorizerUri")))
    check_pattern("validation expression", config.get("identityValidationExpression"))
    ttl = config.get("authorizerResultTtlInSeconds", 300)
    if ttl is not None and not 0 <= ttl <= 3600:
        raise bad("Authorizer result TTL must be between 0 and 3600 seconds")
    if kind == "TOKEN" and not config.get("identitySource"):
        raise bad("identitySource is required for TOKEN authorizers")
    if kind == "REQUEST" and ttl and not config.get("identitySource"):
        raise bad("identitySource is required for REQUEST authorizers when caching is enabled")


def _anything(config: Mapping[str, Any]) -> None:
    """Every content is taken."""


MODEL = Simple("model", "Model", "modelName", "name", _model)
VALIDATOR = Simple("validator", "RequestValidator", "requestValidatorId", "id", _anything)
AUTHORIZER = Simple("authorizer", "Authorizer", "authorizerId", "id", _authorizer)
DOCUMENTATION = Simple("documentation", "DocumentationPart", "documentationPartId", "id", _anything)
_DEFAULTS: dict[str, dict[str, Any]] = {
    "model": {"contentType": "application/json"},
    "validator": {"validateRequestBody": False, "validateRequestParameters": False},
    "authorizer": {"authorizerResultTtlInSeconds": 300},
}


def create(call: Call, simple: Simple, api: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A new part. Raises Invalid, NotFound, Conflict for a model's name that is taken."""
    parts.get(call.tx, api, "api", api)
    defaults = _DEFAULTS.get(simple.kind, {})
    if simple.kind == "authorizer" and given.get("type") == "COGNITO_USER_POOLS":
        defaults = {"authType": "cognito_user_pools"}
    config = {**defaults, **given, "id": call.ids.lower(6)}
    simple.check(config)
    number = config[simple.key]
    if simple.kind == "model" and parts.find(call.tx, api, "model", number) is not None:
        raise taken(f"Model name already exists for this REST API: {number}")
    parts.put(call.tx, api, simple.kind, number, config)
    return config


def _register(simple: Simple) -> None:
    kind = simple.kind

    @OPERATIONS.write(f"Create{simple.name}")
    def make(call: Call, request: dict[str, Any]) -> Result:
        given = {key: value for key, value in request.items() if key != "restApiId"}
        return shown(create(call, simple, request["restApiId"], given))

    @OPERATIONS.read(f"Get{simple.name}")
    def get(call: Call, request: dict[str, Any]) -> Result:
        return shown(parts.get(call.tx, request["restApiId"], kind, request[simple.member]))

    @OPERATIONS.scan(f"Get{simple.name}s")
    def listed(call: Call, request: dict[str, Any]) -> Result:
        api = request["restApiId"]
        parts.get(call.tx, api, "api", api)
        return page([shown(c) for c in parts.every(call.tx, api, kind).values()], request)

    @OPERATIONS.write(f"Update{simple.name}")
    def update(call: Call, request: dict[str, Any]) -> Result:
        api, number = request["restApiId"], request[simple.member]
        config = patched(
            parts.get(call.tx, api, kind, number), request.get("patchOperations") or (), ("id",)
        )
        simple.check(config)
        parts.put(call.tx, api, kind, number, config)
        return shown(config)

    @OPERATIONS.write(f"Delete{simple.name}")
    def drop(call: Call, request: dict[str, Any]) -> Result:
        parts.remove(call.tx, request["restApiId"], kind, request[simple.member])
        return {}


for _simple in (MODEL, VALIDATOR, AUTHORIZER, DOCUMENTATION):
    _register(_simple)
