"""The CloudFormation types of HTTP and WebSocket APIs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.apigatewayv2 import openapi, parts
from eventmill.services.apigatewayv2.operations import change, create
from eventmill.services.apigatewayv2.settings import endpoint_of
from eventmill.services.contract import Call, Created, Refused, Resource, ResourceType, Support

H, R = Support.HONOURED, Support.RECORDED


def _plain(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if key not in ("Body", "Tags")}


def _api(call: Call, config: Mapping[str, Any]) -> Created:
    number = config["ApiId"]
    return Created(number, {"ApiEndpoint": endpoint_of(call.endpoint, config), "ApiId": number})


def _settings(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The API's own settings, those of an OpenAPI body among them."""
    given = _plain(properties)
    body = properties.get("Body") or {}
    given.setdefault("Name", (body.get("info") or {}).get("title", "api"))
    given.setdefault("ProtocolType", "HTTP")
    cors = body.get("x-amazon-apigateway-cors")
    if cors is not None and "CorsConfiguration" not in given:
        given["CorsConfiguration"] = {key[0].upper() + key[1:]: v for key, v in cors.items()}
    return given


def _create_api(call: Call, resource: Resource) -> Created:
    config = create(call, "api", _settings(resource.properties))
    if "Body" in resource.properties:
        openapi.replace(call, config["ApiId"], resource.properties["Body"])
    return _api(call, config)


def _update_api(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    number = resource.physical_id or ""
    given = {"CorsConfiguration": None} | _settings(resource.properties)
    config = change(call, "api", number, number, given)
    if "Body" in resource.properties:
        openapi.replace(call, number, resource.properties["Body"])
    return _api(call, config)


def _delete_api(call: Call, resource: Resource) -> None:
    number = resource.physical_id or ""
    parts.remove(call.tx, number, "api", number)


def _part_type(kind: str, honoured: tuple[str, ...], recorded: tuple[str, ...]) -> ResourceType:
    member = parts.ID_MEMBERS[kind]

    def made(config: Mapping[str, Any]) -> Created:
        return Created(config[member], {member: config[member]})

    def make(call: Call, resource: Resource) -> Created:
        return made(create(call, kind, _plain(resource.properties)))

    def update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
        api, number = resource.properties["ApiId"], resource.physical_id or ""
        gone = {key: None for key in old if key not in resource.properties}
        given = gone | {k: v for k, v in _plain(resource.properties).items() if k != "ApiId"}
        return made(change(call, kind, api, number, given))

    def delete(call: Call, resource: Resource) -> None:
        api = resource.properties["ApiId"]
        if api in parts.apis(call.tx):
            parts.remove(call.tx, api, kind, resource.physical_id or "")

    return ResourceType(
        f"AWS::ApiGatewayV2::{kind.capitalize()}",
        dict.fromkeys(("ApiId", *honoured), H) | dict.fromkeys(recorded, R),
        make,
        update,
        delete,
        frozenset({"ApiId", "StageName"}),
    )


_NOT_YET = Refused("is not offered yet")

RESOURCES = (
    ResourceType(
        "AWS::ApiGatewayV2::Api",
        dict.fromkeys(
            ("Name", "ProtocolType", "Body", "CorsConfiguration", "RouteSelectionExpression"), H
        )
        | dict.fromkeys(
            (
                "Description",
                "Tags",
                "Version",
                "FailOnWarnings",
                "DisableSchemaValidation",
                "IpAddressType",
            ),
            R,
        )
        | dict.fromkeys(
            ("BodyS3Location", "Target", "ApiKeySelectionExpression", "DisableExecuteApiEndpoint"),
            _NOT_YET,
        ),
        _create_api,
        _update_api,
        _delete_api,
        frozenset({"ProtocolType"}),
    ),
    _part_type(
        "route",
        (
            "RouteKey",
            "Target",
            "AuthorizationType",
            "AuthorizerId",
            "RouteResponseSelectionExpression",
        ),
        ("OperationName",),
    ),
    _part_type(
        "integration",
        ("IntegrationType", "IntegrationUri", "PayloadFormatVersion", "TimeoutInMillis"),
        ("IntegrationMethod", "Description", "CredentialsArn", "ConnectionType"),
    ),
    _part_type(
        "authorizer",
        (
            "Name",
            "AuthorizerType",
            "AuthorizerUri",
            "AuthorizerPayloadFormatVersion",
            "EnableSimpleResponses",
            "IdentitySource",
            "AuthorizerResultTtlInSeconds",
        ),
        ("AuthorizerCredentialsArn",),
    ),
    _part_type(
        "stage",
        ("StageName", "StageVariables", "AutoDeploy", "DeploymentId"),
        (
            "Description",
            "Tags",
            "DefaultRouteSettings",
            "RouteSettings",
            "AccessLogSettings",
            "AccessLogSetting",
        ),
    ),
    _part_type("deployment", ("StageName", "Description"), ()),
)
