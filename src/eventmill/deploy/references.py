"""Values that a template takes from Parameter Store and Secrets Manager when it is deployed.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Fault, UsageError
from eventmill.kernel.ports import ApiCaller
from eventmill.template import Template
from eventmill.template.parameters import STORED, is_stored, split_list, stand_in

_REFERENCE = re.compile(r"\{\{resolve:(ssm-secure|ssm|secretsmanager):([^{}]+)\}\}")
_SECRET = re.compile(r"(arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:[^:]+|[^:]+)(?::(.*))?\Z")
_PARAMETER = re.compile(r"(arn:[^:]*:ssm:[^:]*:[^:]*:parameter/[^:]+|[^:]+)(?::(\d+))?\Z")
_MACHINE_IMAGE = "AWS::EC2::Image::Id"
_PUBLIC = "/aws/service/"
"""Begins the names of parameters that AWS keeps."""
_PUBLIC_IMAGE = re.compile(rf"{_PUBLIC}.*(\bami\b|image_id)")
"""Those of them that hold the machine images of today."""
_BOOTSTRAP = re.compile(r"/cdk-bootstrap/\w+/version\Z")
_BOOTSTRAP_VERSION = "30"
EVERYWHERE = ("ssm", "ssm-secure", "secretsmanager")
IN_OUTPUTS = ("ssm",)
"""Outputs are shown, so AWS resolves no secrets in them."""


async def dynamic(value: Any, api: ApiCaller, kinds: tuple[str, ...] = EVERYWHERE) -> Any:
    """`value` with the references in its texts, at any depth, replaced by what they name.

    Raises UsageError naming the reference that leads nowhere.
    """
    if isinstance(value, str):
        return await _text(value, api, kinds) if "{{resolve:" in value else value
    if isinstance(value, dict):
        return {key: await dynamic(held, api, kinds) for key, held in value.items()}
    if isinstance(value, list):
        return [await dynamic(held, api, kinds) for held in value]
    return value


async def _text(text: str, api: ApiCaller, kinds: tuple[str, ...]) -> str:
    parts, end = [], 0
    for found in _REFERENCE.finditer(text):
        parts.append(text[end : found.start()])
        end = found.end()
        kind, operand = found.group(1), found.group(2).strip()
        if kind not in kinds:
            parts.append(found.group())
            continue
        try:
            resolve = _secret if kind == "secretsmanager" else _parameter
            parts.append(await resolve(operand, api))
        except (Fault, ValueError) as error:
            why = error.message or error.code if isinstance(error, Fault) else error
            raise UsageError(f"{found.group()} cannot be resolved: {why}") from error
    return "".join([*parts, text[end:]])


async def _parameter(operand: str, api: ApiCaller) -> str:
    found = _PARAMETER.match(operand)
    if found is None:
        raise ValueError("it is no name of a parameter, with a version's number behind it")
    name = operand if found.group(2) else found.group(1)
    try:
        answer = await api.call("ssm", "GetParameter", {"Name": name, "WithDecryption": True})
    except Fault:
        if _PUBLIC_IMAGE.match(name):
            return str(stand_in(_MACHINE_IMAGE))
        raise
    return str(answer["Parameter"]["Value"])


async def _secret(operand: str, api: ApiCaller) -> str:
    """`secret-id:SecretString:json-key:version-stage:version-id`; all but the id may be missing."""
    found = _SECRET.match(operand)
    if found is None:
        raise ValueError("it is no name of a secret")
    kind, key, stage, version = [*(found.group(2) or "").split(":"), "", "", "", ""][:4]
    if kind not in ("", "SecretString"):
        raise ValueError("only SecretString can be taken from a secret")
    request = {"SecretId": found.group(1), "VersionStage": stage, "VersionId": version}
    given = {name: value for name, value in request.items() if value}
    text = (await api.call("secretsmanager", "GetSecretValue", given)).get("SecretString")
    if text is None:
        raise ValueError("the secret holds no text")
    if not key:
        return str(text)
    held = json.loads(text)
    if not isinstance(held, dict) or key not in held:
        raise ValueError(f"the secret's JSON has no key {key}")
    return held[key] if isinstance(held[key], str) else json.dumps(held[key])


async def stored_values(
    template: Template, values: Mapping[str, Any], api: ApiCaller
) -> dict[str, Any]:
    """`values` where those of a type `AWS::SSM::Parameter::Value<…>` are what is stored there.

    AWS's own parameters for machine images need not be there, as no instance runs here, nor what
    the CDK keeps of the account that it deploys to.
    Raises UsageError naming the parameters that name nothing.
    """
    found, problems = dict(values), []
    for name, value in values.items():
        declared = template.parameters[name]
        if not is_stored(declared):
            continue
        try:
            answer = await api.call("ssm", "GetParameter", {"Name": value, "WithDecryption": True})
        except Fault:
            image = declared.type == f"{STORED}{_MACHINE_IMAGE}>" and value.startswith(_PUBLIC)
            if image or _PUBLIC_IMAGE.match(value):
                found[name] = stand_in(_MACHINE_IMAGE)
                continue
            if _BOOTSTRAP.match(value):
                found[name] = _BOOTSTRAP_VERSION
                continue
            problems.append(
                f"the parameter {name} takes its value from {value} in Parameter Store, which does "
                f"not exist; put it there, or give --parameter {name}=<another name>"
            )
            continue
        found[name] = split_list(declared.type, answer["Parameter"]["Value"])
    if problems:
        raise UsageError(f"{template.file}:\n" + "\n".join(problems))
    return found
