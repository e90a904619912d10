"""The CloudFormation types of Secrets Manager.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SecretsManager.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import (
    Call,
    Created,
    Resource,
    ResourceType,
    Support,
    attribute_text,
    generated_name,
)
from eventmill.services.secretsmanager import faults, records, store
from eventmill.services.secretsmanager.operations import SETTINGS
from eventmill.services.secretsmanager.passwords import random_password
from eventmill.services.tags import tag_map

H, R = Support.HONOURED, Support.RECORDED


def _generated(settings: Mapping[str, Any]) -> str:
    """GenerateSecretString's password, alone or as a member of the template's JSON object."""
    password, key = random_password(settings), settings.get("GenerateStringKey")
    template = settings.get("SecretStringTemplate")
    if bool(template) != bool(key):
        raise faults.parameter("SecretStringTemplate and GenerateStringKey need each other.")
    if not template:
        return password
    try:
        held = json.loads(template)
    except ValueError:
        held = None
    if not isinstance(held, dict):
        raise faults.parameter("SecretStringTemplate must be the text of a JSON object.")
    return json.dumps({**held, key: password})


def _settings(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {name: properties[name] for name in SETTINGS if properties.get(name) is not None}


def _put(call: Call, secret: store.Secret, properties: Mapping[str, Any]) -> None:
    text, generate = properties.get("SecretString"), properties.get("GenerateSecretString")
    if text is not None and generate is not None:
        raise faults.parameter("Give either SecretString or GenerateSecretString.")
    if text is not None or generate is not None:
        store.put(call, secret, None, str(text) if generate is None else _generated(generate), None)


def _create(call: Call, resource: Resource) -> Created:
    properties = resource.properties
    name = properties.get("Name") or generated_name(resource, call.ids, limit=256)
    secret = store.create(call, name, _settings(properties), tag_map(properties.get("Tags")))
    _put(call, secret, properties)
    return Created(secret.arn, {"Id": secret.arn})


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    properties = resource.properties
    secret = store.existing(call.tx, resource.physical_id or "")
    kept = {name: value for name, value in secret.settings.items() if name not in SETTINGS}
    store.change(
        call.tx, secret, settings=kept | _settings(properties), tags=tag_map(properties.get("Tags"))
    )
    given = ("SecretString", "GenerateSecretString")
    if any(properties.get(name) != old.get(name) for name in given):
        _put(call, secret, properties)
    return Created(secret.arn, {"Id": secret.arn})


def _delete(call: Call, resource: Resource) -> None:
    store.erase(call.tx, resource.physical_id or "")


def _rotate(call: Call, resource: Resource) -> Created:
    properties = resource.properties
    secret = store.existing(call.tx, properties["SecretId"])
    rules = properties.get("RotationRules")
    records.record_rotation(call, secret, properties.get("RotationLambdaARN"), rules)
    return Created(secret.arn, {"Id": secret.arn})


def _rotate_otherwise(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _rotate(call, resource)


def _rotate_no_more(call: Call, resource: Resource) -> None:
    secret = store.find(call.tx, resource.properties["SecretId"])
    if secret is not None:
        records.stop_rotation(call, secret)


def _set_policy(call: Call, resource: Resource) -> Created:
    secret = store.existing(call.tx, resource.properties["SecretId"])
    store.change(call.tx, secret, policy=attribute_text(resource.properties["ResourcePolicy"]))
    return Created(secret.arn, {"Id": secret.arn})


def _change_policy(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _set_policy(call, resource)


def _drop_policy(call: Call, resource: Resource) -> None:
    secret = store.find(call.tx, resource.properties["SecretId"])
    if secret is not None:
        store.change(call.tx, secret, policy="")


RESOURCES = (
    ResourceType(
        "AWS::SecretsManager::Secret",
        dict.fromkeys(("Name", "Description", "SecretString", "GenerateSecretString", "Tags"), H)
        | dict.fromkeys(
            ("KmsKeyId", "ReplicaRegions", "Type", "ExternalSecretRotationMetadata"), R
        ),
        _create,
        _update,
        _delete,
        frozenset({"Name"}),
        attributes=("Id",),
    ),
    ResourceType(
        "AWS::SecretsManager::RotationSchedule",
        {"SecretId": H}
        | dict.fromkeys(
            (
                "RotationLambdaARN",
                "RotationRules",
                "HostedRotationLambda",
                "RotateImmediatelyOnUpdate",
            ),
            R,
        ),
        _rotate,
        _rotate_otherwise,
        _rotate_no_more,
        frozenset({"SecretId"}),
        adopts=(),
    ),
    ResourceType(
        "AWS::SecretsManager::ResourcePolicy",
        {"SecretId": H, "ResourcePolicy": R, "BlockPublicPolicy": R},
        _set_policy,
        _change_policy,
        _drop_policy,
        frozenset({"SecretId"}),
        adopts=(),
    ),
)
