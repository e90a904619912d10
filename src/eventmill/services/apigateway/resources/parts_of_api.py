"""The types of an API's smaller parts: models, validators, authorizers, gateway responses …"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.apigateway import gateway_responses, parts, simple
from eventmill.services.apigateway.simple import AUTHORIZER, DOCUMENTATION, MODEL, VALIDATOR, Simple
from eventmill.services.apigateway.values import from_template
from eventmill.services.contract import Call, Created, Resource, ResourceType, Support

_H, _R = Support.HONOURED, Support.RECORDED


def _given(properties: Mapping[str, Any]) -> dict[str, Any]:
    given = from_template(properties)
    given.pop("restApiId")
    return given


def _type(
    part: Simple, honoured: tuple[str, ...], recorded: tuple[str, ...], replaces: tuple[str, ...]
) -> ResourceType:
    attribute = {"model": "", "documentation": "DocumentationPartId"}.get(
        part.kind, f"{part.name}Id"
    )

    def made(config: Mapping[str, Any]) -> Created:
        number = config[part.key]
        return Created(number, {attribute: number} if attribute else {})

    def create(call: Call, resource: Resource) -> Created:
        given = _given(resource.properties)
        if part.kind == "model":
            given.setdefault("name", f"{resource.logical_id}{call.ids.token(12)}")
        return made(simple.create(call, part, resource.properties["RestApiId"], given))

    def update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
        api, number = resource.properties["RestApiId"], resource.physical_id or ""
        config = parts.get(call.tx, api, part.kind, number)
        gone = _given(old).keys()
        kept = {key: value for key, value in config.items() if key not in gone}
        config = kept | _given(resource.properties) | {part.key: number}
        part.check(config)
        parts.put(call.tx, api, part.kind, number, config)
        return made(config)

    def delete(call: Call, resource: Resource) -> None:
        api, number = resource.properties["RestApiId"], resource.physical_id or ""
        parts.drop(call.tx, api, part.kind, number)

    return ResourceType(
        f"AWS::ApiGateway::{part.name}",
        dict.fromkeys(("RestApiId", *honoured), _H) | dict.fromkeys(recorded, _R),
        create,
        update,
        delete,
        frozenset({"RestApiId", *replaces}),
    )


def _respond(call: Call, resource: Resource) -> Created:
    given = from_template(resource.properties)
    api, kind = given.pop("restApiId"), given.pop("responseType")
    if "statusCode" in given:
        given["statusCode"] = str(given["statusCode"])
    gateway_responses.put(call.tx, api, kind, given)
    number = f"{api}/{kind}"
    return Created(number, {"Id": number})


def _respond_anew(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _respond(call, resource)


def _default_again(call: Call, resource: Resource) -> None:
    api, kind = resource.properties["RestApiId"], resource.properties["ResponseType"]
    parts.drop(call.tx, api, "response", kind)


GATEWAY_RESPONSE = ResourceType(
    "AWS::ApiGateway::GatewayResponse",
    dict.fromkeys(
        ("RestApiId", "ResponseType", "StatusCode", "ResponseParameters", "ResponseTemplates"), _H
    ),
    _respond,
    _respond_anew,
    _default_again,
    frozenset({"RestApiId", "ResponseType"}),
)

PARTS = (
    _type(MODEL, ("Name", "Schema"), ("ContentType", "Description"), ("Name", "ContentType")),
    _type(VALIDATOR, ("ValidateRequestBody", "ValidateRequestParameters"), ("Name",), ("Name",)),
    _type(
        AUTHORIZER,
        (
            "AuthorizerCredentials",
            "AuthorizerResultTtlInSeconds",
            "AuthorizerUri",
            "IdentitySource",
            "IdentityValidationExpression",
            "Name",
            "ProviderARNs",
            "Type",
        ),
        ("AuthType",),
        (),
    ),
    _type(DOCUMENTATION, (), ("Location", "Properties"), ("Location",)),
    GATEWAY_RESPONSE,
)
