"""Deployments, which are snapshots of an API, and the stages that serve them.

https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDeployment.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from eventmill.services.apigateway import parts
from eventmill.services.apigateway.faults import bad, taken
from eventmill.services.apigateway.patch import patched
from eventmill.services.apigateway.registry import OPERATIONS, page, shown
from eventmill.services.apigateway.values import typed
from eventmill.services.contract import Call, Result
from eventmill.store.transaction import Transaction

_STAGE = re.compile(r"[A-Za-z0-9_-]{1,128}\Z")
_VARIABLE = re.compile(r"[A-Za-z0-9_]+\Z")
_VALUE = re.compile(r"[A-Za-z0-9\-._~:/?#&=,]*\Z")
_WITH_STAGE = (
    "variables",
    "cacheClusterEnabled",
    "cacheClusterSize",
    "tracingEnabled",
    "canarySettings",
)
"""Members of CreateDeployment that are those of its stage."""


def deploy(call: Call, api: str, description: str | None) -> dict[str, Any]:
    """Take a snapshot.

    Raises NotFound, Invalid for an API without methods or with one that has no integration.
    """
    tx = call.tx
    parts.get(tx, api, "api", api)
    methods = parts.every(tx, api, "method").values()
    if not methods:
        raise bad("The REST API doesn't contain any methods")
    if any("methodIntegration" not in method for method in methods):
        raise bad("No integration defined for method")
    number = call.ids.lower(6)
    config = {"id": number, "description": description, "createdDate": call.now}
    parts.put(tx, api, "deployment", number, config)
    parts.take_snapshot(tx, api, number)
    return config


def serve(call: Call, api: str, name: str, deployment: str, settings: Mapping[str, Any]) -> None:
    """Let a stage serve a deployment; one that is missing is made. Raises Invalid, NotFound."""
    given = dict(settings) | {"deploymentId": deployment}
    if parts.find(call.tx, api, "stage", name) is None:
        create_stage(call, api, name, given)
    else:
        change_stage(call, api, name, given)


def _check_stage(tx: Transaction, api: str, config: Mapping[str, Any]) -> None:
    parts.get(tx, api, "deployment", config.get("deploymentId") or "")
    for name, value in (config.get("variables") or {}).items():
        if not _VARIABLE.match(name) or not _VALUE.match(str(value)):
            raise bad(
                f"Stage variable name or value is not valid: {name}. Names may hold letters, "
                "digits and underscores, values also -._~:/?#&=,"
            )


def create_stage(call: Call, api: str, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A stage of a deployment. Raises Invalid, NotFound, Conflict."""
    parts.get(call.tx, api, "api", api)
    if not _STAGE.match(name):
        raise bad("Stage name only allows a-zA-Z0-9_-")
    if parts.find(call.tx, api, "stage", name) is not None:
        raise taken("Stage already exists")
    config = {
        "cacheClusterEnabled": False,
        "cacheClusterStatus": "NOT_AVAILABLE",
        "methodSettings": {},
        "tracingEnabled": False,
        "tags": {},
        **given,
        "stageName": name,
        "createdDate": call.now,
        "lastUpdatedDate": call.now,
    }
    _check_stage(call.tx, api, config)
    parts.put(call.tx, api, "stage", name, config)
    return config


def change_stage(call: Call, api: str, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Set members. Raises Invalid, NotFound."""
    return _put_stage(call, api, name, parts.get(call.tx, api, "stage", name) | dict(given))


def _put_stage(call: Call, api: str, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    config = dict(given) | {"lastUpdatedDate": call.now}
    _check_stage(call.tx, api, config)
    parts.put(call.tx, api, "stage", name, config)
    return config


def drop_deployment(tx: Transaction, api: str, number: str) -> None:
    """Raises NotFound, Invalid while a stage serves it."""
    parts.get(tx, api, "deployment", number)
    for stage in parts.every(tx, api, "stage").values():
        if stage["deploymentId"] == number:
            raise bad("Active stages pointing to this deployment must be moved or deleted")
    parts.drop(tx, api, "deployment", number)
    parts.drop_snapshot(tx, api, number)


@OPERATIONS.write("CreateDeployment")
def create_deployment(call: Call, request: dict[str, Any]) -> Result:
    """With a `stageName` that stage serves it at once. Raises Invalid, NotFound."""
    api, name = request["restApiId"], request.get("stageName")
    made = deploy(call, api, request.get("description"))
    if name:
        settings = {key: request[key] for key in _WITH_STAGE if key in request}
        if request.get("stageDescription") is not None:
            settings["description"] = request["stageDescription"]
        serve(call, api, name, made["id"], settings)
    return shown(made)


@OPERATIONS.scan("GetDeployment")
def get_deployment(call: Call, request: dict[str, Any]) -> Result:
    """With `embed=apisummary` also its methods by path. Raises NotFound."""
    api, number = request["restApiId"], request["deploymentId"]
    config = parts.get(call.tx, api, "deployment", number)
    if "apisummary" in (request.get("embed") or ()):
        config["apiSummary"] = _summary(parts.snapshot(call.tx, api, number) or {})
    return shown(config)


def _summary(kept: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, method in kept["method"].items():
        path = kept["resource"][key.partition("/")[0]]["path"]
        result.setdefault(path, {})[method["httpMethod"]] = {
            "authorizationType": method["authorizationType"],
            "apiKeyRequired": method["apiKeyRequired"],
        }
    return result


@OPERATIONS.scan("GetDeployments")
def get_deployments(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    api = request["restApiId"]
    parts.get(call.tx, api, "api", api)
    found = parts.every(call.tx, api, "deployment").values()
    return page([shown(config) for config in found], request)


@OPERATIONS.write("UpdateDeployment")
def update_deployment(call: Call, request: dict[str, Any]) -> Result:
    """Its description. Raises Invalid, NotFound."""
    api, number = request["restApiId"], request["deploymentId"]
    config = patched(
        parts.get(call.tx, api, "deployment", number),
        request.get("patchOperations") or (),
        ("id", "createdDate"),
    )
    parts.put(call.tx, api, "deployment", number, config)
    return shown(config)


@OPERATIONS.write("DeleteDeployment")
def delete_deployment(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound, Invalid."""
    drop_deployment(call.tx, request["restApiId"], request["deploymentId"])
    return {}


@OPERATIONS.write("CreateStage")
def create(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound, Conflict."""
    given = {k: v for k, v in request.items() if k not in ("restApiId", "stageName")}
    return shown(create_stage(call, request["restApiId"], request["stageName"], given))


@OPERATIONS.read("GetStage")
def get_stage(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    return shown(parts.get(call.tx, request["restApiId"], "stage", request["stageName"]))


@OPERATIONS.scan("GetStages")
def get_stages(call: Call, request: dict[str, Any]) -> Result:
    """Those of one deployment, where one is named. Raises NotFound."""
    api, wanted = request["restApiId"], request.get("deploymentId")
    parts.get(call.tx, api, "api", api)
    found = parts.every(call.tx, api, "stage").values()
    return {"item": [shown(s) for s in found if wanted in (None, s["deploymentId"])]}


_SETTINGS = {
    "metrics/enabled": "metricsEnabled",
    "logging/loglevel": "loggingLevel",
    "logging/dataTrace": "dataTraceEnabled",
    "throttling/burstLimit": "throttlingBurstLimit",
    "throttling/rateLimit": "throttlingRateLimit",
    "caching/enabled": "cachingEnabled",
    "caching/ttlInSeconds": "cacheTtlInSeconds",
    "caching/dataEncrypted": "cacheDataEncrypted",
    "caching/requireAuthorizationForCacheControl": "requireAuthorizationForCacheControl",
    "caching/unauthorizedCacheControlHeaderStrategy": "unauthorizedCacheControlHeaderStrategy",
}
"""The end of a patch's path → the member of a method's settings."""


def _method_setting(config: dict[str, Any], operation: Mapping[str, Any]) -> bool:
    """Apply `/<path>/<METHOD>/<group>/<setting>`; False for a path of another form."""
    steps = str(operation["path"])[1:].split("/")
    head, member = "/".join(steps[:-2]), _SETTINGS.get("/".join(steps[-2:]))
    if member is None:
        return False
    settings = config.setdefault("methodSettings", {}).setdefault(head, {})
    if operation.get("op") == "remove":
        settings.pop(member, None)
    else:
        settings[member] = typed(member, operation.get("value"))
    return True


@OPERATIONS.write("UpdateStage")
def update_stage(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound."""
    api, name = request["restApiId"], request["stageName"]
    config = parts.get(call.tx, api, "stage", name)
    rest = [op for op in request.get("patchOperations") or () if not _method_setting(config, op)]
    config = patched(config, rest, ("stageName", "createdDate"))
    return shown(_put_stage(call, api, name, config))


@OPERATIONS.write("DeleteStage")
def delete_stage(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    parts.remove(call.tx, request["restApiId"], "stage", request["stageName"])
    return {}


@OPERATIONS.read("FlushStageCache")
def flush_cache(call: Call, request: dict[str, Any]) -> Result:
    """Answers of integrations are not cached here. Raises NotFound."""
    parts.get(call.tx, request["restApiId"], "stage", request["stageName"])
    return {}


@OPERATIONS.write("FlushStageAuthorizersCache")
def flush_authorizers(call: Call, request: dict[str, Any]) -> Result:
    """Edge forgets what authorizers said. Raises NotFound."""
    parts.get(call.tx, request["restApiId"], "stage", request["stageName"])
    call.tx.announce(parts.AUTHORIZERS_KEY)
    return {}
