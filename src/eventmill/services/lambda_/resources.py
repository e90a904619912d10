"""The CloudFormation types of Lambda."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import (
    Call,
    Created,
    Refused,
    Resource,
    ResourceType,
    Support,
    generated_name,
)
from eventmill.services.lambda_ import events, functions, layers, mappings, operations, policies
from eventmill.services.lambda_.names import Named, function_arn, parse

H, R = Support.HONOURED, Support.RECORDED
_CONTAINER = Refused("needs a container engine; package the function as Zip")


def _request(properties: Mapping[str, Any], name: str) -> dict[str, Any]:
    request = {key: value for key, value in properties.items() if key != "Tags"}
    request["FunctionName"] = name
    request["KMSKeyArn"] = request.pop("KmsKeyArn", None) or ""
    for key in ("Timeout", "MemorySize", "ReservedConcurrentExecutions"):
        if key in request:
            request[key] = int(request[key])
    return request


def _create_function(call: Call, resource: Resource) -> Created:
    name = resource.properties.get("FunctionName") or generated_name(resource, call.ids)
    operations.create_function(call, _request(resource.properties, name))
    return _reserve(call, resource, name)


def _reserve(call: Call, resource: Resource, name: str) -> Created:
    reserved = resource.properties.get("ReservedConcurrentExecutions")
    if reserved is None:
        operations.delete_function_concurrency(call, {"FunctionName": name})
    else:
        operations.put_function_concurrency(
            call, {"FunctionName": name, "ReservedConcurrentExecutions": int(reserved)}
        )
    return Created(name, {"Arn": function_arn(call, name)})


def _update_function(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    name = resource.physical_id or ""
    request = _request(resource.properties, name)
    # What the template no longer sets goes back to its default.
    defaults: dict[str, Any] = {
        "Timeout": 3,
        "MemorySize": 128,
        "Environment": {},
        "Layers": [],
        "DeadLetterConfig": {},
        "TracingConfig": {"Mode": "PassThrough"},
    }
    operations.update_function_configuration(call, defaults | request)
    if old.get("Code") != resource.properties.get("Code"):
        code = resource.properties["Code"]
        operations.update_function_code(call, {"FunctionName": name, **code})
    return _reserve(call, resource, name)


def _delete_function(call: Call, resource: Resource) -> None:
    operations.delete_function(call, {"FunctionName": resource.physical_id or ""})


def _create_permission(call: Call, resource: Resource) -> Created:
    properties = resource.properties
    who = parse(properties["FunctionName"])
    operations.existing(call, who)
    sid = generated_name(resource, call.ids, limit=100)
    policies.add(call, who.name, who.qualifier, sid, properties)
    return Created(sid, {"Id": sid})


def _delete_permission(call: Call, resource: Resource) -> None:
    who = parse(resource.properties["FunctionName"])
    call.tx.execute(
        "DELETE FROM lambda_policies WHERE function=? AND qualifier=? AND sid=?",
        (who.name, who.qualifier, resource.physical_id),
    )


def _update_permission(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return Created(resource.physical_id or "", {"Id": resource.physical_id})


def _numbers(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Templates may write numbers and booleans as text."""
    return {name: _number(value) for name, value in properties.items()}


def _number(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if isinstance(value, dict):
        return _numbers(value)
    return value


def _create_mapping(call: Call, resource: Resource) -> Created:
    mapping = mappings.create(call, _numbers(resource.properties))
    return _mapping_created(call, mapping.uuid)


def _mapping_created(call: Call, uuid: str) -> Created:
    arn = f"arn:aws:lambda:{call.region}:{call.account}:event-source-mapping:{uuid}"
    return Created(uuid, {"Id": uuid, "EventSourceMappingArn": arn})


def _update_mapping(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    gone: dict[str, Any] = {name: {"Filters": []} for name in ("FilterCriteria",) if name in old}
    if "FunctionResponseTypes" in old:
        gone["FunctionResponseTypes"] = []
    request = gone | _numbers(resource.properties)
    mappings.change(call, resource.physical_id or "", request)
    return _mapping_created(call, resource.physical_id or "")


def _delete_mapping(call: Call, resource: Resource) -> None:
    mappings.remove(call.tx, resource.physical_id or "")


def _put_invoke_config(call: Call, resource: Resource) -> Created:
    properties = _numbers(resource.properties)
    who = Named(parse(properties["FunctionName"]).name, properties["Qualifier"])
    events.put(call, who, properties, merge=False)
    return Created(f"{who.name}:{who.qualifier}")


def _change_invoke_config(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _put_invoke_config(call, resource)


def _delete_invoke_config(call: Call, resource: Resource) -> None:
    name = parse(resource.properties["FunctionName"]).name
    events.delete_function_event_invoke_config(
        call, {"FunctionName": name, "Qualifier": resource.properties["Qualifier"]}
    )


def _create_version(call: Call, resource: Resource) -> Created:
    properties = resource.properties
    name = parse(properties["FunctionName"]).name
    config = operations.publish(call, name, properties.get("Description"))
    return Created(
        config["FunctionArn"], {"Version": config["Version"], "FunctionArn": config["FunctionArn"]}
    )


def _update_version(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    arn = resource.physical_id or ""
    return Created(arn, {"Version": functions.qualifier_of(arn), "FunctionArn": arn})


def _delete_version(call: Call, resource: Resource) -> None:
    arn = resource.physical_id or ""
    call.tx.execute(
        "DELETE FROM lambda_functions WHERE name=? AND version=?",
        (parse(arn).name, functions.qualifier_of(arn)),
    )


def _put_alias(call: Call, resource: Resource) -> Created:
    properties = resource.properties
    weights = (properties.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or []
    request = {
        "FunctionVersion": properties["FunctionVersion"],
        "Description": properties.get("Description"),
        "RoutingConfig": {
            "AdditionalVersionWeights": {
                entry["FunctionVersion"]: float(entry["FunctionWeight"]) for entry in weights
            }
        },
    }
    name = parse(properties["FunctionName"]).name
    shape = operations.put_alias(call, name, properties["Name"], request)
    return Created(shape["AliasArn"], {"AliasArn": shape["AliasArn"]})


def _change_alias(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _put_alias(call, resource)


def _delete_alias(call: Call, resource: Resource) -> None:
    name = parse(resource.properties["FunctionName"]).name
    operations.delete_alias(call, {"FunctionName": name, "Name": resource.properties["Name"]})


def _create_layer(call: Call, resource: Resource) -> Created:
    name = resource.properties.get("LayerName") or resource.logical_id
    config = layers.publish(call, name, resource.properties)
    return Created(config["LayerVersionArn"], {"LayerVersionArn": config["LayerVersionArn"]})


def _update_layer(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    arn = resource.physical_id or ""
    return Created(arn, {"LayerVersionArn": arn})


def _delete_layer(call: Call, resource: Resource) -> None:
    parts = (resource.physical_id or "").split(":")
    layers.remove(call, parts[6], int(parts[7]))


_FUNCTION = (
    dict.fromkeys(
        (
            "FunctionName",
            "Code",
            "Handler",
            "Runtime",
            "Timeout",
            "MemorySize",
            "Environment",
            "Layers",
            "DeadLetterConfig",
            "EphemeralStorage",
            "TracingConfig",
            "LoggingConfig",
            "ReservedConcurrentExecutions",
            "Description",
            "PackageType",
            "RecursiveLoop",
        ),
        H,
    )
    | dict.fromkeys(
        (
            "Tags",
            "Role",
            "VpcConfig",
            "KmsKeyArn",
            "Architectures",
            "CodeSigningConfigArn",
            "RuntimeManagementConfig",
            "SnapStart",
        ),
        R,
    )
    | {
        "Code.ImageUri": _CONTAINER,
        "ImageConfig": _CONTAINER,
        "FileSystemConfigs": Refused("EFS is not offered; use /tmp or S3"),
    }
)
_MAPPING = (
    "EventSourceArn",
    "FunctionName",
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "Enabled",
    "FilterCriteria",
    "FunctionResponseTypes",
    "ScalingConfig",
    "StartingPosition",
    "ParallelizationFactor",
    "BisectBatchOnFunctionError",
    "MaximumRetryAttempts",
    "MaximumRecordAgeInSeconds",
    "TumblingWindowInSeconds",
    "DestinationConfig",
)
_PERMISSION = (
    "FunctionName",
    "Action",
    "Principal",
    "SourceArn",
    "SourceAccount",
    "FunctionUrlAuthType",
    "InvokedViaFunctionUrl",
)
_LAYER = ("LayerName", "Content", "Description", "CompatibleRuntimes", "LicenseInfo")

RESOURCES = (
    ResourceType(
        "AWS::Lambda::Function",
        _FUNCTION,
        _create_function,
        _update_function,
        _delete_function,
        frozenset({"FunctionName"}),
    ),
    ResourceType(
        "AWS::Lambda::Permission",
        dict.fromkeys(_PERMISSION, H) | {"EventSourceToken": R},
        _create_permission,
        _update_permission,
        _delete_permission,
        frozenset(_PERMISSION),
    ),
    ResourceType(
        "AWS::Lambda::EventSourceMapping",
        dict.fromkeys(_MAPPING, H) | dict.fromkeys(("Tags", "KmsKeyArn", "MetricsConfig"), R),
        _create_mapping,
        _update_mapping,
        _delete_mapping,
        frozenset({"EventSourceArn", "StartingPosition"}),
    ),
    ResourceType(
        "AWS::Lambda::EventInvokeConfig",
        dict.fromkeys(
            (
                "FunctionName",
                "Qualifier",
                "MaximumRetryAttempts",
                "MaximumEventAgeInSeconds",
                "DestinationConfig",
            ),
            H,
        ),
        _put_invoke_config,
        _change_invoke_config,
        _delete_invoke_config,
        frozenset({"FunctionName", "Qualifier"}),
    ),
    ResourceType(
        "AWS::Lambda::Version",
        dict.fromkeys(("FunctionName", "Description"), H)
        | dict.fromkeys(("CodeSha256", "ProvisionedConcurrencyConfig", "RuntimePolicy"), R),
        _create_version,
        _update_version,
        _delete_version,
        frozenset({"FunctionName", "Description", "CodeSha256"}),
    ),
    ResourceType(
        "AWS::Lambda::Alias",
        dict.fromkeys(
            ("FunctionName", "Name", "FunctionVersion", "Description", "RoutingConfig"), H
        )
        | {"ProvisionedConcurrencyConfig": R},
        _put_alias,
        _change_alias,
        _delete_alias,
        frozenset({"FunctionName", "Name"}),
    ),
    ResourceType(
        "AWS::Lambda::LayerVersion",
        dict.fromkeys(_LAYER, H) | {"CompatibleArchitectures": R},
        _create_layer,
        _update_layer,
        _delete_layer,
        frozenset(_LAYER),
    ),
)
