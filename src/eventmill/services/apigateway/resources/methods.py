"""AWS::ApiGateway::Resource and AWS::ApiGateway::Method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.apigateway import methods, parts, tree
from eventmill.services.apigateway.values import from_template
from eventmill.services.contract import (
    Call,
    Created,
    Resource,
    ResourceType,
    Support,
    generated_name,
    known,
)

_H, _R = Support.HONOURED, Support.RECORDED


def _add(call: Call, resource: Resource) -> Created:
    given = resource.properties
    made = tree.add(call, given["RestApiId"], given["ParentId"], given["PathPart"])
    return Created(made["id"], {"ResourceId": made["id"]})


def _validate(properties: Mapping[str, Any]) -> None:
    """Raises Invalid."""
    if "PathPart" in known(properties):
        tree.check_part(str(properties["PathPart"]))


def _same(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    """Every property replaces the resource."""
    number = resource.physical_id or ""
    return Created(number, {"ResourceId": number})


def _drop(call: Call, resource: Resource) -> None:
    api, number = resource.properties["RestApiId"], resource.physical_id or ""
    if parts.find(call.tx, api, "resource", number) is not None:
        tree.drop(call.tx, api, number)


def _key(properties: Mapping[str, Any]) -> str:
    return f"{properties['ResourceId']}/{properties['HttpMethod'].upper()}"


def _put(call: Call, properties: Mapping[str, Any]) -> None:
    given = from_template(properties)
    api, key = given.pop("restApiId"), _key(properties)
    integration = given.pop("integration", None)
    responses = given.pop("methodResponses", None) or ()
    given["methodResponses"] = _by_status(responses)
    given.pop("resourceId")
    given.setdefault("authorizationType", "NONE")
    if integration is not None:
        integration["integrationResponses"] = _by_status(
            integration.get("integrationResponses") or ()
        )
    methods.put_method(call, api, key, given, integration)


def _by_status(responses: Any) -> dict[str, dict[str, Any]]:
    return {
        str(entry["statusCode"]): entry | {"statusCode": str(entry["statusCode"])}
        for entry in responses
    }


def _create(call: Call, resource: Resource) -> Created:
    _put(call, resource.properties)
    return Created(generated_name(resource, call.ids))


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    _put(call, resource.properties)
    return Created(resource.physical_id or "")


def _delete(call: Call, resource: Resource) -> None:
    parts.drop(call.tx, resource.properties["RestApiId"], "method", _key(resource.properties))


RESOURCE = ResourceType(
    "AWS::ApiGateway::Resource",
    dict.fromkeys(("RestApiId", "ParentId", "PathPart"), _H),
    _add,
    _same,
    _drop,
    frozenset({"RestApiId", "ParentId", "PathPart"}),
    validate=_validate,
)

METHOD = ResourceType(
    "AWS::ApiGateway::Method",
    dict.fromkeys(
        (
            "ApiKeyRequired",
            "AuthorizationScopes",
            "AuthorizationType",
            "AuthorizerId",
            "HttpMethod",
            "Integration",
            "MethodResponses",
            "RequestModels",
            "RequestParameters",
            "RequestValidatorId",
            "ResourceId",
            "RestApiId",
        ),
        _H,
    )
    | dict.fromkeys(
        (
            "OperationName",
            "Integration.CacheKeyParameters",
            "Integration.CacheNamespace",
            "Integration.ConnectionId",
            "Integration.ConnectionType",
            "Integration.IntegrationTarget",
            "Integration.TlsConfig",
        ),
        _R,
    ),
    _create,
    _update,
    _delete,
    frozenset({"RestApiId", "ResourceId", "HttpMethod"}),
)
