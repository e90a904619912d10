"""Code signing configurations, recorded: nothing is signed on one machine.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.kernel.clock import iso_millis
from eventmill.kernel.errors import Conflict
from eventmill.services.contract import Call, Result
from eventmill.services.lambda_ import functions, recorded
from eventmill.services.lambda_.faults import missing
from eventmill.services.lambda_.names import Named, function_arn
from eventmill.services.lambda_.operations import OPERATIONS, named
from eventmill.services.lambda_.paging import page
from eventmill.services.lambda_.tags import TAGS
from eventmill.services.tags import tag_map

KIND = "code signing"
_MEMBERS = ("Description", "AllowedPublishers", "CodeSigningPolicies")


def put(call: Call, arn: str | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """A new configuration, or other settings of one. Raises NotFound."""
    number = call.ids.hex(17)
    config: dict[str, Any] = (
        get(call, arn)
        if arn is not None
        else {
            "CodeSigningConfigId": f"csc-{number}",
            "CodeSigningConfigArn": f"arn:aws:lambda:{call.region}:{call.account}"
            f":code-signing-config:csc-{number}",
            "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Warn"},
        }
    )
    if arn is None:
        TAGS.put(call.tx, config["CodeSigningConfigArn"], tag_map(given.get("Tags")))
    config |= {name: given[name] for name in _MEMBERS if given.get(name) is not None}
    config["LastModified"] = iso_millis(call.now).replace("Z", "+0000")
    call.tx.execute(
        "INSERT OR REPLACE INTO lambda_signing VALUES(?,?)",
        (config["CodeSigningConfigArn"], json.dumps(config)),
    )
    return config


def get(call: Call, arn: str) -> dict[str, Any]:
    """Raises NotFound."""
    row = call.tx.one("SELECT config FROM lambda_signing WHERE arn=?", (arn,))
    if row is None:
        raise missing(f"The code signing configuration cannot be found: {arn}")
    config: dict[str, Any] = json.loads(row[0])
    return config


def delete(call: Call, arn: str) -> None:
    """Raises Conflict while functions use it; one that is gone is no error."""
    used = users(call, arn)
    if used:
        raise Conflict(
            "ResourceConflictException",
            f"The code signing configuration is used by {', '.join(used)}",
            fields={"Type": "User"},
        )
    call.tx.execute("DELETE FROM lambda_signing WHERE arn=?", (arn,))
    TAGS.drop(call.tx, arn)


def users(call: Call, arn: str) -> list[str]:
    """The ARNs of the functions that name it."""
    held = recorded.every(call.tx, KIND)
    return [function_arn(call, name) for name, config in held.items() if config["Arn"] == arn]


@OPERATIONS.write("CreateCodeSigningConfig")
def create_code_signing_config(call: Call, request: dict[str, Any]) -> Result:
    """A new one."""
    return {"CodeSigningConfig": put(call, None, request)}


@OPERATIONS.write("UpdateCodeSigningConfig")
def update_code_signing_config(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    return {"CodeSigningConfig": put(call, request["CodeSigningConfigArn"], request)}


@OPERATIONS.read("GetCodeSigningConfig")
def get_code_signing_config(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    return {"CodeSigningConfig": get(call, request["CodeSigningConfigArn"])}


@OPERATIONS.scan("ListCodeSigningConfigs")
def list_code_signing_configs(call: Call, request: dict[str, Any]) -> Result:
    """By ARN."""
    rows = call.tx.all("SELECT arn, config FROM lambda_signing ORDER BY arn")
    entries = [(arn, json.loads(config)) for arn, config in rows]
    return page(entries, "CodeSigningConfigs", request)


@OPERATIONS.write("DeleteCodeSigningConfig")
def delete_code_signing_config(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound, and Conflict while functions use it."""
    get(call, request["CodeSigningConfigArn"])
    delete(call, request["CodeSigningConfigArn"])
    return {}


@OPERATIONS.scan("ListFunctionsByCodeSigningConfig")
def list_functions_by_code_signing_config(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    get(call, request["CodeSigningConfigArn"])
    arns = users(call, request["CodeSigningConfigArn"])
    return page([(arn, arn) for arn in sorted(arns)], "FunctionArns", request)


@OPERATIONS.write("PutFunctionCodeSigningConfig")
def put_function_code_signing_config(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound for a function or a configuration that is not there."""
    name, arn = named(request).name, request["CodeSigningConfigArn"]
    functions.existing(call, Named(name, ""))
    get(call, arn)
    recorded.put(call.tx, name, KIND, {"Arn": arn})
    return {"CodeSigningConfigArn": arn, "FunctionName": name}


@OPERATIONS.read("GetFunctionCodeSigningConfig")
def get_function_code_signing_config(call: Call, request: dict[str, Any]) -> Result:
    """Without members of the configuration when the function has none, as on AWS."""
    name = named(request).name
    functions.existing(call, Named(name, ""))
    held = recorded.get(call.tx, name, KIND)
    return {} if held is None else {"CodeSigningConfigArn": held["Arn"], "FunctionName": name}


@OPERATIONS.write("DeleteFunctionCodeSigningConfig")
def delete_function_code_signing_config(call: Call, request: dict[str, Any]) -> Result:
    """One that is gone is no error."""
    name = named(request).name
    functions.existing(call, Named(name, ""))
    recorded.remove(call.tx, name, KIND)
    return {}
