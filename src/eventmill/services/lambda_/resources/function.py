"""AWS::Lambda::Function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import (
    UNKNOWN,
    Call,
    Created,
    Refused,
    Resource,
    ResourceType,
    Support,
    generated_name,
    known,
)
from eventmill.services.lambda_ import (
    code,
    code_signing,
    concurrency,
    operations,
    recorded,
    recursion,
    settings,
)
from eventmill.services.lambda_.faults import one_of
from eventmill.services.lambda_.functions import LATEST, config_of
from eventmill.services.lambda_.names import function_arn
from eventmill.services.lambda_.resources.values import typed
from eventmill.services.lambda_.settings import REFUSED
from eventmill.services.lambda_.tags import TAGS
from eventmill.services.tags import tag_map

_HONOURED = (
    "Code",
    "Description",
    "FunctionName",
    "Handler",
    "Runtime",
    "MemorySize",
    "Timeout",
    "Environment",
    "Layers",
    "DeadLetterConfig",
    "EphemeralStorage",
    "LoggingConfig",
    "RecursiveLoop",
    "ReservedConcurrentExecutions",
    "Role",
    "TenancyConfig",
    "TracingConfig",
    "Tags",
)
_RECORDED = (
    "Architectures",
    "CapacityProviderConfig",
    "CodeSigningConfigArn",
    "FileSystemConfigs",
    "FunctionScalingConfig",
    "KmsKeyArn",
    "RuntimeManagementConfig",
    "SnapStart",
    "VpcConfig",
)
_DEFAULTS: dict[str, Any] = {
    "Description": "",
    "Handler": "",
    "MemorySize": 128,
    "Timeout": 3,
    "Environment": {},
    "Layers": [],
    "DeadLetterConfig": {},
    "EphemeralStorage": {"Size": 512},
    "TracingConfig": {"Mode": "PassThrough"},
    "VpcConfig": {},
    "FileSystemConfigs": [],
    "SnapStart": {"ApplyOn": "None"},
}
"""What a property falls back to when the template no longer names it."""


_APART = frozenset(
    {
        "Code",
        "Environment",
        "FunctionName",
        "RecursiveLoop",
        "ReservedConcurrentExecutions",
        "Tags",
    }
)


_STAND_INS = {"Handler": "module.name", "Runtime": "provided"}
"""Taken for what must be set and is set to a value that is not known yet."""


def _validate(properties: Mapping[str, Any]) -> None:
    if "Code" not in properties:
        raise code.no_source()
    unknown = {name: text for name, text in _STAND_INS.items() if properties.get(name) is UNKNOWN}
    plain = {**known(properties), **unknown}
    # The variables' names are known where their values are not.
    if isinstance(properties.get("Environment"), dict):
        plain["Environment"] = properties["Environment"]
    name = plain.get("FunctionName") or "name"
    base = {"FunctionName": name, "Version": LATEST}
    settings.configuration(_given(plain, name), base, "", 0.0)
    one_of("recursiveLoop", plain.get("RecursiveLoop") or "Terminate", recursion.CHOICES)
    _reserved(plain)


def _reserved(properties: Mapping[str, Any]) -> int | None:
    name = "ReservedConcurrentExecutions"
    reserved: int | None = typed({name: properties.get(name)})[name]
    return reserved


def _given(properties: Mapping[str, Any], name: str) -> dict[str, Any]:
    plain = {key: value for key, value in properties.items() if key not in _APART}
    given: dict[str, Any] = _DEFAULTS | typed(plain)
    # Variables have names of the application's choice, those of settings among them.
    if properties.get("Environment"):
        given["Environment"] = properties["Environment"]
    logging = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"}
    given["LoggingConfig"] = logging | (properties.get("LoggingConfig") or {})
    if "KmsKeyArn" in given:
        given["KMSKeyArn"] = given.pop("KmsKeyArn")
    return given | {"FunctionName": name}


def _package(call: Call, resource: Resource) -> code.Code:
    properties = resource.properties
    return code.unpack(call, properties.get("Code") or {}, properties)


def _created(call: Call, name: str) -> Created:
    return Created(name, {"Arn": function_arn(call, name)})


def _reserve(call: Call, resource: Resource, name: str) -> None:
    concurrency.reserve(call, name, _reserved(resource.properties))
    recursion.configure(call, name, resource.properties.get("RecursiveLoop") or "Terminate")


def _sign(call: Call, resource: Resource, name: str) -> None:
    arn = resource.properties.get("CodeSigningConfigArn")
    if arn:
        recorded.put(call.tx, name, code_signing.KIND, {"Arn": arn})
    else:
        recorded.remove(call.tx, name, code_signing.KIND)


def _create(call: Call, resource: Resource) -> Created:
    name = resource.properties.get("FunctionName") or generated_name(resource, call.ids)
    given = _given(resource.properties, name) | {"Tags": tag_map(resource.properties.get("Tags"))}
    operations.create(call, given, _package(call, resource))
    _reserve(call, resource, name)
    _sign(call, resource, name)
    return _created(call, name)


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    name = resource.physical_id or ""
    given = _given(resource.properties, name)
    operations.configure(call, name, given, _package(call, resource))
    arn = function_arn(call, name)
    TAGS.replace(call.tx, arn, tag_map(resource.properties.get("Tags")))
    _reserve(call, resource, name)
    _sign(call, resource, name)
    return _created(call, name)


def _delete(call: Call, resource: Resource) -> None:
    if config_of(call.tx, resource.physical_id or "") is not None:
        operations.delete(call, resource.physical_id or "")


FUNCTION = ResourceType(
    "AWS::Lambda::Function",
    {
        **dict.fromkeys(_HONOURED, Support.HONOURED),
        **dict.fromkeys(_RECORDED, Support.RECORDED),
        "PackageType": Support.HONOURED,
        "Code.ImageUri": Refused(REFUSED["ImageConfig"]),
        **{
            name: Refused(REFUSED[name])
            for name in (
                "ImageConfig",
                "DurableConfig",
            )
        },
    },
    _create,
    _update,
    _delete,
    frozenset({"FunctionName", "PackageType", "TenancyConfig"}),
    validate=_validate,
    attributes=("Arn",),
)
