"""Gateway responses: what API Gateway itself answers when it does not reach the integration.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.apigateway import parts
from eventmill.services.apigateway.faults import bad
from eventmill.services.apigateway.patch import patched
from eventmill.services.apigateway.registry import OPERATIONS, shown
from eventmill.services.contract import Call, Result
from eventmill.store.transaction import Transaction

STATUS: dict[str, int | None] = {
    "ACCESS_DENIED": 403,
    "API_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_FAILURE": 500,
    "BAD_REQUEST_PARAMETERS": 400,
    "BAD_REQUEST_BODY": 400,
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
    "EXPIRED_TOKEN": 403,
    "INTEGRATION_FAILURE": 504,
    "INTEGRATION_TIMEOUT": 504,
    "INVALID_API_KEY": 403,
    "INVALID_SIGNATURE": 403,
    "MISSING_AUTHENTICATION_TOKEN": 403,
    "QUOTA_EXCEEDED": 429,
    "REQUEST_TOO_LARGE": 413,
    "RESOURCE_NOT_FOUND": 404,
    "THROTTLED": 429,
    "UNAUTHORIZED": 401,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "WAF_FILTERED": 403,
}
"""Every type with its status when no gateway response sets another."""

TEMPLATES = {"application/json": '{"message":$context.error.messageString}'}
"""The body of a response that is not customised."""


def _default(kind: str) -> dict[str, Any]:
    status = STATUS[kind]
    return shown(
        {
            "responseType": kind,
            "statusCode": None if status is None else str(status),
            "responseParameters": {},
            "responseTemplates": dict(TEMPLATES),
            "defaultResponse": True,
        }
    )


def put(tx: Transaction, api: str, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Customise one. Raises Invalid, NotFound."""
    parts.get(tx, api, "api", api)
    if kind not in STATUS:
        raise bad(f"Invalid gateway response type specified: {kind}")
    config = {
        "responseParameters": {},
        "responseTemplates": dict(TEMPLATES),
        **given,
        "responseType": kind,
        "defaultResponse": False,
    }
    if config.get("statusCode") is None and STATUS[kind] is not None:
        config["statusCode"] = str(STATUS[kind])
    parts.put(tx, api, "response", kind, config)
    return config


def _one(tx: Transaction, api: str, kind: str) -> dict[str, Any]:
    parts.get(tx, api, "api", api)
    if kind not in STATUS:
        raise bad(f"Invalid gateway response type specified: {kind}")
    return parts.find(tx, api, "response", kind) or _default(kind)


@OPERATIONS.write("PutGatewayResponse")
def put_gateway_response(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound."""
    given = {k: v for k, v in request.items() if k not in ("restApiId", "responseType")}
    return shown(put(call.tx, request["restApiId"], request["responseType"], given))


@OPERATIONS.read("GetGatewayResponse")
def get_gateway_response(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound."""
    return shown(_one(call.tx, request["restApiId"], request["responseType"]))


@OPERATIONS.scan("GetGatewayResponses")
def get_gateway_responses(call: Call, request: dict[str, Any]) -> Result:
    """All types, those that are not customised with their defaults. Raises NotFound."""
    api = request["restApiId"]
    parts.get(call.tx, api, "api", api)
    held = parts.every(call.tx, api, "response")
    return {"items": [shown(held.get(kind) or _default(kind)) for kind in STATUS]}


@OPERATIONS.write("UpdateGatewayResponse")
def update_gateway_response(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound."""
    api, kind = request["restApiId"], request["responseType"]
    config = patched(
        _one(call.tx, api, kind), request.get("patchOperations") or (), ("responseType",)
    )
    return shown(put(call.tx, api, kind, config))


@OPERATIONS.write("DeleteGatewayResponse")
def delete_gateway_response(call: Call, request: dict[str, Any]) -> Result:
    """The type has its default again. Raises NotFound."""
    parts.remove(call.tx, request["restApiId"], "response", request["responseType"])
    return {}
