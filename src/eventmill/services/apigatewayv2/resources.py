"""The CloudFormation types of HTTP and WebSocket APIs.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGatewayV2.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from eventmill.services.apigatewayv2 import openapi, parts
from eventmill.services.apigatewayv2.operations import change, create, managed
from eventmill.services.apigatewayv2.settings import ELSEWHERE, endpoint_of
from eventmill.services.contract import (
    Call,
    Created,
    Resource,
    ResourceType,
    Support,
    attribute_text,
    truth,
)

H, R = Support.HONOURED, Support.RECORDED

_BODY = ("Body", "FailOnWarnings", "BasePath")
_NUMBERS = ("TimeoutInMillis", "AuthorizerResultTtlInSeconds", "MaxAge", "Priority")
_SWITCHES = (
    *("AutoDeploy", "EnableSimpleResponses", "ApiKeyRequired", "DisableExecuteApiEndpoint"),
    *("DisableSchemaValidation", "AllowCredentials"),
)
_TEXTS = ("StageVariables", "RequestParameters")


def _members(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties as the API's operations take them: templates write numbers as text, and texts
    such as `PayloadFormatVersion: 2.0` as numbers."""
    given = {name: _value(name, value) for name, value in properties.items()}
    if isinstance(given.get("Schema"), dict):
        given["Schema"] = json.dumps(given["Schema"])
    if isinstance(given.get("IdentitySource"), str):
        given["IdentitySource"] = [given["IdentitySource"]]
    if "IntegrationType" in given and given.get("ResponseParameters"):
        given["ResponseParameters"] = {
            status: _destinations(entry) for status, entry in given["ResponseParameters"].items()
        }
    return given


def _value(name: str, value: Any) -> Any:
    if name in _SWITCHES:
        return truth(value)
    if name in _NUMBERS:
        return None if value is None else int(value)
    if name in _TEXTS and isinstance(value, dict):
        return {key: _value("", entry) for key, entry in value.items()}
    if name == "CorsConfiguration" and isinstance(value, dict):
        return _members(value)
    return attribute_text(value) if isinstance(value, int | float) else value


def _destinations(entry: Mapping[str, Any]) -> dict[str, Any]:
    """`{"ResponseParameters": [{"Destination", "Source"}]}` → source by destination."""
    listed = entry.get("ResponseParameters")
    if not isinstance(listed, list):
        return dict(entry)
    return {item["Destination"]: item["Source"] for item in listed}


def _api(call: Call, config: Mapping[str, Any]) -> Created:
    number = config["ApiId"]
    return Created(number, {"ApiEndpoint": endpoint_of(call.endpoint, config), "ApiId": number})


def _settings(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The API's own settings, those of an OpenAPI body among them."""
    given = {key: value for key, value in properties.items() if key not in _BODY}
    body = properties.get("Body")
    return _members(given) if body is None else openapi.settings(body) | _members(given)


def _with_body(call: Call, properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """The properties with the document that lies in a bucket. Raises NotFound, Invalid."""
    place = properties.get("BodyS3Location")
    if not place:
        return properties
    document = call.objects(call, place["Bucket"], place["Key"], place.get("Version"))
    rest = {name: value for name, value in properties.items() if name != "BodyS3Location"}
    return {**rest, "Body": openapi.parse(document)}


def _create_api(call: Call, resource: Resource) -> Created:
    properties = _with_body(call, resource.properties)
    config = create(call, "api", _settings(properties))
    if "Body" in properties:
        openapi.replace(call, config["ApiId"], properties["Body"])
    return _api(call, config)


def _update_api(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    number = resource.physical_id or ""
    properties = _with_body(call, resource.properties)
    config = change(
        call, "api", number, number, {"CorsConfiguration": None} | _settings(properties)
    )
    if "Body" in properties:
        openapi.replace(call, number, properties["Body"])
    return _api(call, config)


def _validate_api(properties: Mapping[str, Any]) -> None:
    """Raises Invalid."""
    if isinstance(properties.get("Body"), dict):
        openapi.judge(properties["Body"])


def _delete_api(call: Call, resource: Resource) -> None:
    number = resource.physical_id or ""
    parts.drop(call.tx, number, "api", number)


def _attributes(kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    member = parts.KINDS[kind].id
    if kind != "domainname":
        return {member: config[member]}
    first = config["DomainNameConfigurations"][0]
    return {
        "DomainNameArn": config["DomainNameArn"],
        "RegionalDomainName": first["ApiGatewayDomainName"],
        "RegionalHostedZoneId": first["HostedZoneId"],
    }


def _part_type(
    kind: str,
    honoured: Iterable[str],
    recorded: Iterable[str] = (),
    replaces: Iterable[str] = (),
    remark: Callable[[Mapping[str, Any]], str] = lambda properties: "",
) -> ResourceType:
    described = parts.KINDS[kind]
    member = described.id

    def made(config: Mapping[str, Any]) -> Created:
        return Created(config[member], _attributes(kind, config))

    def owner_of(resource: Resource) -> str:
        number = resource.physical_id or ""
        return str(resource.properties.get(described.owner, number))

    def make(call: Call, resource: Resource) -> Created:
        domain = resource.properties.get("DomainName", "")
        if kind == "apimapping" and not parts.exists(call, f"/domainnames/{domain}"):
            # The template's author made the domain by hand: here it is there once it is mapped.
            create(call, "domainname", {"DomainName": domain})
        return made(create(call, kind, _members(resource.properties)))

    def update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
        gone = {key: None for key in old if key not in resource.properties}
        kept = () if kind == "apimapping" else (described.owner,)
        given = {k: v for k, v in _members(resource.properties).items() if k not in kept}
        number = resource.physical_id or ""
        return made(change(call, kind, owner_of(resource), number, gone | given))

    def delete(call: Call, resource: Resource) -> None:
        owner, number = owner_of(resource), resource.physical_id or ""
        parts.drop(call.tx, owner, kind, number)

    owned = {} if described.owner == member else {described.owner: H}
    return ResourceType(
        f"AWS::ApiGatewayV2::{described.name}",
        owned | dict.fromkeys(honoured, H) | dict.fromkeys(recorded, R),
        make,
        update,
        delete,
        frozenset({described.owner, *replaces}),
        remark=remark,
    )


def _elsewhere(properties: Mapping[str, Any]) -> str:
    subtype = properties.get("IntegrationSubtype")
    if isinstance(subtype, str) and subtype.startswith(ELSEWHERE):
        return f"{subtype} calls a service that is not here: such requests are answered with 501"
    return ""


def _overrides(call: Call, resource: Resource) -> Created:
    """Change what quick create made. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-apigatewaymanagedoverrides.html"""
    api = resource.properties["ApiId"]
    for kind in ("integration", "route", "stage"):
        given = resource.properties.get(kind.capitalize())
        number = managed(call, api, kind) if given else None
        if given and number is not None:
            change(call, kind, api, number, _members(given))
    return Created(f"{api}-overrides")


RESOURCES = (
    ResourceType(
        "AWS::ApiGatewayV2::Api",
        dict.fromkeys(
            (
                *("Name", "ProtocolType", "Body", "BodyS3Location", "CorsConfiguration"),
                *(
                    "RouteSelectionExpression",
                    "Target",
                    "RouteKey",
                    "Description",
                    "Version",
                    "ApiKeySelectionExpression",
                ),
            ),
            H,
        )
        | dict.fromkeys(
            (
                *("Tags", "FailOnWarnings", "BasePath", "DisableSchemaValidation"),
                *("IpAddressType", "DisableExecuteApiEndpoint", "CredentialsArn"),
            ),
            R,
        ),
        _create_api,
        _update_api,
        _delete_api,
        frozenset({"ProtocolType"}),
        validate=_validate_api,
    ),
    _part_type(
        "route",
        (
            *("RouteKey", "Target", "AuthorizationType", "AuthorizerId", "AuthorizationScopes"),
            *("RouteResponseSelectionExpression", "OperationName"),
        ),
        ("ApiKeyRequired", "ModelSelectionExpression", "RequestModels", "RequestParameters"),
    ),
    _part_type(
        "integration",
        (
            *("IntegrationType", "IntegrationUri", "PayloadFormatVersion", "TimeoutInMillis"),
            *("IntegrationMethod", "IntegrationSubtype", "RequestParameters"),
            *("ResponseParameters", "RequestTemplates", "TemplateSelectionExpression"),
            *("PassthroughBehavior", "ContentHandlingStrategy", "Description"),
        ),
        ("CredentialsArn", "ConnectionType", "ConnectionId", "TlsConfig"),
        remark=_elsewhere,
    ),
    _part_type(
        "authorizer",
        (
            *("Name", "AuthorizerType", "AuthorizerUri", "AuthorizerPayloadFormatVersion"),
            *("EnableSimpleResponses", "IdentitySource", "AuthorizerResultTtlInSeconds"),
            "JwtConfiguration",
        ),
        ("AuthorizerCredentialsArn", "IdentityValidationExpression"),
    ),
    _part_type(
        "stage",
        (
            *("StageName", "StageVariables", "AutoDeploy", "DeploymentId", "AccessLogSettings"),
            *("DefaultRouteSettings", "RouteSettings", "Description"),
        ),
        ("Tags", "ClientCertificateId", "AccessPolicyId"),
        ("StageName",),
    ),
    _part_type("deployment", ("StageName", "Description")),
    _part_type("model", ("Name", "Schema", "ContentType", "Description")),
    _part_type(
        "routeresponse",
        ("RouteId", "RouteResponseKey"),
        ("ModelSelectionExpression", "ResponseModels", "ResponseParameters"),
        ("RouteId",),
    ),
    _part_type(
        "integrationresponse",
        (
            *("IntegrationId", "IntegrationResponseKey", "ResponseTemplates"),
            *("TemplateSelectionExpression", "ContentHandlingStrategy"),
        ),
        ("ResponseParameters",),
        ("IntegrationId",),
    ),
    _part_type(
        "domainname",
        ("DomainName", "RoutingMode"),
        ("DomainNameConfigurations", "MutualTlsAuthentication", "Tags"),
    ),
    _part_type("apimapping", ("ApiId", "ApiMappingKey", "Stage")),
    _part_type("vpclink", ("Name",), ("SubnetIds", "SecurityGroupIds", "Tags")),
    ResourceType(
        "AWS::ApiGatewayV2::ApiGatewayManagedOverrides",
        dict.fromkeys(("ApiId", "Integration", "Route", "Stage"), H),
        _overrides,
        lambda call, resource, old: _overrides(call, resource),
        lambda call, resource: None,
        frozenset({"ApiId"}),
    ),
)
