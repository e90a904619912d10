"""What is recorded of a secret and changes no value here: tags, resource policy, rotation.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
"""

from __future__ import annotations

from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.secretsmanager import faults, store
from eventmill.services.secretsmanager.operations import OPERATIONS
from eventmill.services.secretsmanager.store import Secret
from eventmill.services.tags import tag_map


def record_rotation(call: Call, secret: Secret, function: str | None, rules: Any) -> None:
    """Keep the settings; nothing is rotated by them."""
    settings = {**secret.settings, "RotationEnabled": True}
    if function:
        settings["RotationLambdaARN"] = function
    if rules:
        settings["RotationRules"] = rules
    store.change(call.tx, secret, settings=settings)


def stop_rotation(call: Call, secret: Secret) -> None:
    """Rotation is off; its rules and function stay, as on AWS."""
    store.change(call.tx, secret, settings={**secret.settings, "RotationEnabled": False})


@OPERATIONS.write("RotateSecret")
def rotate_secret(call: Call, request: dict[str, Any]) -> Result:
    """Records the settings and answers with the current version."""
    secret = store.existing(call.tx, request["SecretId"])
    function = request.get("RotationLambdaARN")
    if not function and not secret.settings.get("RotationLambdaARN"):
        raise faults.request("No Lambda rotation function ARN is associated with this secret.")
    record_rotation(call, secret, function, request.get("RotationRules"))
    current = store.version(call.tx, secret, None, None)
    return {"ARN": secret.arn, "Name": secret.name, "VersionId": current.id}


@OPERATIONS.write("CancelRotateSecret")
def cancel_rotate_secret(call: Call, request: dict[str, Any]) -> Result:
    """Records that rotation is off."""
    secret = store.existing(call.tx, request["SecretId"])
    stop_rotation(call, secret)
    return {"ARN": secret.arn, "Name": secret.name}


@OPERATIONS.write("TagResource")
def tag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Adds tags and replaces those of the same key."""
    secret = store.existing(call.tx, request["SecretId"])
    store.change(call.tx, secret, tags={**secret.tags, **tag_map(request["Tags"])})
    return {}


@OPERATIONS.write("UntagResource")
def untag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Keys that are not there are no error."""
    secret = store.existing(call.tx, request["SecretId"])
    tags = {key: value for key, value in secret.tags.items() if key not in request["TagKeys"]}
    store.change(call.tx, secret, tags=tags)
    return {}


@OPERATIONS.write("PutResourcePolicy")
def put_resource_policy(call: Call, request: dict[str, Any]) -> Result:
    """Recorded: every caller with the engine's key may read every secret."""
    secret = store.existing(call.tx, request["SecretId"])
    store.change(call.tx, secret, policy=request["ResourcePolicy"])
    return {"ARN": secret.arn, "Name": secret.name}


@OPERATIONS.read("GetResourcePolicy")
def get_resource_policy(call: Call, request: dict[str, Any]) -> Result:
    """Without a policy the member is missing."""
    secret = store.existing(call.tx, request["SecretId"])
    policy = {"ResourcePolicy": secret.policy} if secret.policy else {}
    return {"ARN": secret.arn, "Name": secret.name, **policy}


@OPERATIONS.write("DeleteResourcePolicy")
def delete_resource_policy(call: Call, request: dict[str, Any]) -> Result:
    """A secret without a policy is no error."""
    secret = store.existing(call.tx, request["SecretId"])
    store.change(call.tx, secret, policy="")
    return {"ARN": secret.arn, "Name": secret.name}
