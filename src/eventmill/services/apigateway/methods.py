"""Methods with their integrations and responses.

https://docs.aws.amazon.com/apigateway/latest/api/API_PutMethod.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.apigateway import parts
from eventmill.services.apigateway.faults import bad, missing, taken
from eventmill.services.apigateway.integrations import check_integration
from eventmill.services.apigateway.patch import patched
from eventmill.services.apigateway.registry import OPERATIONS, shown
from eventmill.services.contract import Call, Later, Result
from eventmill.store.transaction import Transaction

VERBS = frozenset({"GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "DELETE", "ANY"})
_AUTHORIZATION = frozenset({"NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS"})
_PLACE = ("restApiId", "resourceId", "httpMethod", "statusCode")


def _place(request: Mapping[str, Any]) -> tuple[str, str]:
    """(API, the method's id)."""
    return request["restApiId"], f"{request['resourceId']}/{request['httpMethod'].upper()}"


def _given(request: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in request.items() if key not in _PLACE}


def check_method(tx: Transaction, api: str, config: Mapping[str, Any]) -> None:
    """Raises Invalid, NotFound for settings that do not fit or name what is not there."""
    kind = config.get("authorizationType")
    if kind not in _AUTHORIZATION:
        raise bad(f"Invalid authorization type specified: {kind}")
    if kind in ("CUSTOM", "COGNITO_USER_POOLS") and not parts.find(
        tx, api, "authorizer", config.get("authorizerId") or ""
    ):
        raise bad(
            "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or "
            "COGNITO_USER_POOLS requires a valid authorizer."
        )
    if config.get("requestValidatorId"):
        parts.get(tx, api, "validator", config["requestValidatorId"])
    for name in (config.get("requestModels") or {}).values():
        if parts.find(tx, api, "model", name) is None:
            raise bad(f"Invalid model identifier specified: {name}")


def put_method(
    call: Call,
    api: str,
    key: str,
    given: Mapping[str, Any],
    integration: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A method, with the integration that it is given. Raises Invalid, NotFound."""
    resource, _, verb = key.partition("/")
    parts.get(call.tx, api, "resource", resource)
    if verb not in VERBS:
        raise bad(
            "Invalid HttpMethod specified. Valid options are GET,HEAD,OPTIONS,PATCH,POST,"
            "PUT,DELETE,ANY"
        )
    config = {"apiKeyRequired": False, **given, "httpMethod": verb}
    check_method(call.tx, api, config)
    if integration is not None:
        config["methodIntegration"] = _integration_config(key, integration)
    parts.put(call.tx, api, "method", key, config)
    return config


def _put_integration(call: Call, api: str, key: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give a method its integration. Raises Invalid, NotFound."""
    method = parts.get(call.tx, api, "method", key)
    integration = _integration_config(key, given)
    method["methodIntegration"] = integration
    parts.put(call.tx, api, "method", key, method)
    return integration


def _integration_config(key: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """An integration with its defaults. Raises Invalid."""
    config = {
        "passthroughBehavior": "WHEN_NO_MATCH",
        "timeoutInMillis": 29_000,
        "cacheNamespace": key.partition("/")[0],
        "cacheKeyParameters": [],
        **{k: v for k, v in given.items() if k != "integrationHttpMethod" and v is not None},
    }
    if given.get("integrationHttpMethod"):
        config["httpMethod"] = given["integrationHttpMethod"].upper()
    check_integration(config)
    return config


def _integration(tx: Transaction, api: str, key: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """(method, its integration). Raises NotFound."""
    method = parts.get(tx, api, "method", key)
    integration = method.get("methodIntegration")
    if integration is None:
        raise missing("Invalid Integration identifier specified")
    return method, integration


def _response(held: Mapping[str, Any], member: str, status: str) -> dict[str, Any]:
    found: dict[str, Any] | None = (held.get(member) or {}).get(status)
    if found is None:
        raise missing("Invalid Response status code specified")
    return found


@OPERATIONS.write("PutMethod")
def put(call: Call, request: dict[str, Any]) -> Result:
    """Raises Conflict when the method exists."""
    api, key = _place(request)
    if parts.find(call.tx, api, "method", key) is not None:
        raise taken("Method already exists for this resource")
    return shown(put_method(call, api, key, _given(request)))


@OPERATIONS.read("GetMethod")
def get(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    api, key = _place(request)
    return shown(parts.get(call.tx, api, "method", key))


@OPERATIONS.write("UpdateMethod")
def update(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound."""
    api, key = _place(request)
    config = patched(
        parts.get(call.tx, api, "method", key),
        request.get("patchOperations") or (),
        ("httpMethod", "methodIntegration", "methodResponses"),
    )
    check_method(call.tx, api, config)
    parts.put(call.tx, api, "method", key, config)
    return shown(config)


@OPERATIONS.write("DeleteMethod")
def delete(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    api, key = _place(request)
    parts.remove(call.tx, api, "method", key)
    return {}


@OPERATIONS.read("TestInvokeMethod")
def test(call: Call, request: dict[str, Any]) -> Result:
    """Run it as it is now, without authorization and keys. Raises NotFound."""
    api, key = _place(request)
    parts.get(call.tx, api, "method", key)
    return Later(lambda: call.ports.methods.test(request))


@OPERATIONS.write("PutMethodResponse")
def put_response(call: Call, request: dict[str, Any]) -> Result:
    """Raises Conflict when there is one for the status."""
    api, key = _place(request)
    method = parts.get(call.tx, api, "method", key)
    responses = method.setdefault("methodResponses", {})
    status = str(request["statusCode"])
    if status in responses:
        raise taken("Response already exists for this resource")
    made = responses[status] = _given(request) | {"statusCode": status}
    parts.put(call.tx, api, "method", key, method)
    return shown(made)


@OPERATIONS.read("GetMethodResponse")
def get_response(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    api, key = _place(request)
    method = parts.get(call.tx, api, "method", key)
    return shown(_response(method, "methodResponses", str(request["statusCode"])))


@OPERATIONS.write("UpdateMethodResponse")
def update_response(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound."""
    api, key = _place(request)
    method, status = parts.get(call.tx, api, "method", key), str(request["statusCode"])
    held = _response(method, "methodResponses", status)
    made = patched(held, request.get("patchOperations") or (), ("statusCode",))
    method["methodResponses"][status] = made
    parts.put(call.tx, api, "method", key, method)
    return shown(made)


@OPERATIONS.write("DeleteMethodResponse")
def delete_response(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    api, key = _place(request)
    method, status = parts.get(call.tx, api, "method", key), str(request["statusCode"])
    _response(method, "methodResponses", status)
    del method["methodResponses"][status]
    parts.put(call.tx, api, "method", key, method)
    return {}


@OPERATIONS.write("PutIntegration")
def put_method_integration(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound."""
    return shown(_put_integration(call, *_place(request), _given(request)))


@OPERATIONS.read("GetIntegration")
def get_integration(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    return shown(_integration(call.tx, *_place(request))[1])


@OPERATIONS.write("UpdateIntegration")
def update_integration(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound."""
    api, key = _place(request)
    method, integration = _integration(call.tx, api, key)
    made = patched(integration, request.get("patchOperations") or (), ("integrationResponses",))
    check_integration(made)
    method["methodIntegration"] = made
    parts.put(call.tx, api, "method", key, method)
    return shown(made)


@OPERATIONS.write("DeleteIntegration")
def delete_integration(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    api, key = _place(request)
    method, _ = _integration(call.tx, api, key)
    del method["methodIntegration"]
    parts.put(call.tx, api, "method", key, method)
    return {}


@OPERATIONS.write("PutIntegrationResponse")
def put_integration_response(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound when the method has no response for the status."""
    api, key = _place(request)
    method, integration = _integration(call.tx, api, key)
    status = str(request["statusCode"])
    _response(method, "methodResponses", status)
    made = _given(request) | {"statusCode": status}
    integration.setdefault("integrationResponses", {})[status] = made
    check_integration(integration)
    parts.put(call.tx, api, "method", key, method)
    return shown(made)


@OPERATIONS.read("GetIntegrationResponse")
def get_integration_response(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    _, integration = _integration(call.tx, *_place(request))
    return shown(_response(integration, "integrationResponses", str(request["statusCode"])))


@OPERATIONS.write("UpdateIntegrationResponse")
def update_integration_response(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound."""
    api, key = _place(request)
    method, integration = _integration(call.tx, api, key)
    status = str(request["statusCode"])
    held = _response(integration, "integrationResponses", status)
    made = patched(held, request.get("patchOperations") or (), ("statusCode",))
    integration["integrationResponses"][status] = made
    check_integration(integration)
    parts.put(call.tx, api, "method", key, method)
    return shown(made)


@OPERATIONS.write("DeleteIntegrationResponse")
def delete_integration_response(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    api, key = _place(request)
    method, integration = _integration(call.tx, api, key)
    status = str(request["statusCode"])
    _response(integration, "integrationResponses", status)
    del integration["integrationResponses"][status]
    parts.put(call.tx, api, "method", key, method)
    return {}
