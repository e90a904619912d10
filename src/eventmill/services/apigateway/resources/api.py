"""AWS::ApiGateway::RestApi."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.apigateway import apis, openapi, parts
from eventmill.services.apigateway.values import from_template
from eventmill.services.contract import Call, Created, Resource, ResourceType, Support

_H, _R = Support.HONOURED, Support.RECORDED
_OWN = ("Body", "BodyS3Location", "Parameters", "Mode", "FailOnWarnings", "CloneFrom")


def _settings(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The API's own settings; the template's come before those of its document."""
    given = openapi.settings(properties["Body"]) if "Body" in properties else {}
    given |= from_template({k: v for k, v in properties.items() if k not in _OWN})
    if "binaryMediaTypes" in given:
        # Templates may escape the slash as patches do.
        given["binaryMediaTypes"] = [kind.replace("~1", "/") for kind in given["binaryMediaTypes"]]
    if "apiKeySourceType" in given:
        given["apiKeySource"] = given.pop("apiKeySourceType")
    return {"tags": {}} | given


def _made(config: Mapping[str, Any]) -> Created:
    number = config["id"]
    return Created(number, {"RestApiId": number, "RootResourceId": config["rootResourceId"]})


def _load(call: Call, api: str, properties: Mapping[str, Any], *, overwrite: bool) -> None:
    if "Body" in properties:
        base = (properties.get("Parameters") or {}).get("basepath", "ignore")
        openapi.load(call, api, properties["Body"], overwrite=overwrite, base_path=base.lower())


def _with_body(call: Call, properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """The properties with the document that lies in a bucket. Raises NotFound, Invalid."""
    place = properties.get("BodyS3Location")
    if not place:
        return properties
    document = call.objects(call, place["Bucket"], place["Key"], place.get("Version"))
    return {**properties, "Body": openapi.parse(document)}


def _create(call: Call, resource: Resource) -> Created:
    properties = _with_body(call, resource.properties)
    given = _settings(properties)
    given.setdefault("name", resource.logical_id)
    if "CloneFrom" in properties:
        given["cloneFrom"] = properties["CloneFrom"]
    config = apis.create(call, given)
    _load(call, config["id"], properties, overwrite=False)
    return _made(config)


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    number = resource.physical_id or ""
    properties = _with_body(call, resource.properties)
    gone = dict.fromkeys(_settings(old).keys() - {"name"})
    config = apis.change(call, number, gone | _settings(properties))
    overwrite = properties.get("Mode", "overwrite") != "merge"
    _load(call, number, properties, overwrite=overwrite)
    return _made(config)


def _delete(call: Call, resource: Resource) -> None:
    number = resource.physical_id or ""
    parts.drop(call.tx, number, "api", number)


def _validate(properties: Mapping[str, Any]) -> None:
    """Raises Invalid."""
    if isinstance(properties.get("Body"), dict):
        openapi.judge(properties["Body"])


REST_API = ResourceType(
    "AWS::ApiGateway::RestApi",
    dict.fromkeys(
        (
            "ApiKeySourceType",
            "BinaryMediaTypes",
            "Body",
            "BodyS3Location",
            "CloneFrom",
            "MinimumCompressionSize",
            "Mode",
            "Name",
            "Parameters",
            "Policy",
        ),
        _H,
    )
    | dict.fromkeys(
        (
            "Description",
            "DisableExecuteApiEndpoint",
            "EndpointConfiguration",
            "EndpointAccessMode",
            "FailOnWarnings",
            "SecurityPolicy",
            "Tags",
        ),
        _R,
    ),
    _create,
    _update,
    _delete,
    validate=_validate,
)
