"""AWS::ApiGateway::Deployment and AWS::ApiGateway::Stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.apigateway import deployments, parts
from eventmill.services.apigateway.resources.values import FOR_ALL_METHODS, method_settings
from eventmill.services.apigateway.values import from_template
from eventmill.services.contract import Call, Created, Refused, Resource, ResourceType, Support

_H, _R = Support.HONOURED, Support.RECORDED


def _deploy(call: Call, resource: Resource) -> Created:
    given = from_template(resource.properties)
    api, name = given["restApiId"], given.get("stageName")
    number = deployments.deploy(call, api, given.get("description"))["id"]
    if name:
        settings = _stage_settings(given.get("stageDescription") or {})
        deployments.serve(call, api, name, number, settings)
    return Created(number, {"DeploymentId": number})


def _redescribe(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    """A deployment is a snapshot: only its description and its stage's settings change."""
    given, number = from_template(resource.properties), resource.physical_id or ""
    api = given["restApiId"]
    config = parts.get(call.tx, api, "deployment", number)
    parts.put(
        call.tx, api, "deployment", number, config | {"description": given.get("description")}
    )
    before = from_template(old).get("stageDescription") or {}
    changes = _changes(before, given.get("stageDescription") or {})
    if given.get("stageName") and changes:
        deployments.change_stage(call, api, given["stageName"], changes)
    return Created(number, {"DeploymentId": number})


def _undeploy(call: Call, resource: Resource) -> None:
    """The stage that the deployment itself made goes with it, unless another has taken it over."""
    api, number = resource.properties["RestApiId"], resource.physical_id or ""
    if parts.find(call.tx, api, "deployment", number) is None:
        return
    name = resource.properties.get("StageName") or ""
    stage = parts.find(call.tx, api, "stage", name)
    if stage is not None and stage["deploymentId"] == number:
        parts.drop(call.tx, api, "stage", name)
    deployments.drop_deployment(call.tx, api, number)


def _stage_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """A stage's members by the API's names, from those of a template."""
    left_out = ("restApiId", "stageName", *FOR_ALL_METHODS)
    settings = {k: v for k, v in given.items() if k not in left_out}
    methods = method_settings(settings.get("methodSettings") or ())
    common = {k: given[k] for k in FOR_ALL_METHODS if k in given}
    if common:
        methods["*/*"] = common | methods.get("*/*", {})
    if methods or "methodSettings" in settings:
        settings["methodSettings"] = methods
    for singular, plural in (
        ("accessLogSetting", "accessLogSettings"),
        ("canarySetting", "canarySettings"),
    ):
        if singular in settings:
            settings[plural] = settings.pop(singular)
    return settings


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """What makes a stage that the old settings made as the new ones have it."""
    gone: dict[str, Any] = dict.fromkeys(_stage_settings(old))
    for member in ("methodSettings", "variables"):
        if member in gone:
            gone[member] = {}
    return gone | _stage_settings(new)


def _stage(call: Call, resource: Resource) -> Created:
    given = from_template(resource.properties)
    name = given.get("stageName") or call.ids.lower(10)
    deployments.create_stage(call, given["restApiId"], name, _stage_settings(given))
    return Created(name)


def _restage(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    given, name = from_template(resource.properties), resource.physical_id or ""
    changes = _changes(from_template(old), given)
    deployments.change_stage(call, given["restApiId"], name, changes)
    return Created(name)


def _unstage(call: Call, resource: Resource) -> None:
    parts.drop(call.tx, resource.properties["RestApiId"], "stage", resource.physical_id or "")


DEPLOYMENT = ResourceType(
    "AWS::ApiGateway::Deployment",
    dict.fromkeys(("RestApiId", "StageName", "StageDescription"), _H)
    | {
        "Description": _R,
        "DeploymentCanarySettings": Refused("give the canary to the stage"),
    },
    _deploy,
    _redescribe,
    _undeploy,
    frozenset({"RestApiId", "StageName"}),
)

STAGE = ResourceType(
    "AWS::ApiGateway::Stage",
    dict.fromkeys(
        (
            "AccessLogSetting",
            "CanarySetting",
            "DeploymentId",
            "MethodSettings",
            "RestApiId",
            "StageName",
            "Variables",
        ),
        _H,
    )
    | dict.fromkeys(
        (
            "CacheClusterEnabled",
            "CacheClusterSize",
            "ClientCertificateId",
            "Description",
            "DocumentationVersion",
            "Tags",
            "TracingEnabled",
        ),
        _R,
    )
    | {"CanarySetting.UseStageCache": _R},
    _stage,
    _restage,
    _unstage,
    frozenset({"RestApiId", "StageName"}),
)
