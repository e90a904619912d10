"""A function's settings: defaults, ranges, and the configuration that the API returns.

https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from eventmill.kernel.arns import service_of
from eventmill.kernel.runtimes import unsupported
from eventmill.services.contract import attribute_text
from eventmill.services.lambda_.faults import parameter, ranged

RESERVED_VARIABLES = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    }
)
_VARIABLE = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+\Z")

COPIED = (
    "Description",
    "Handler",
    "Role",
    "VpcConfig",
    "DeadLetterConfig",
    "KMSKeyArn",
    "Runtime",
    "FileSystemConfigs",
    "CapacityProviderConfig",
)
"""Members taken over as given.

VpcConfig, FileSystemConfigs, KMSKeyArn and CapacityProviderConfig have no meaning here.
"""

REFUSED = {
    "ImageConfig": "container images need a container engine; package the function as Zip",
    "DurableConfig": "durable functions are not offered; leave it out",
    "AcceleratorConfig": "accelerators are not offered; leave it out",
    "RuntimeConfig": "runtime configuration is not offered; leave it out",
    "PublishTo": "publishing to managed instances is not offered; use Publish",
}
"""Members that must not be set, with the reason and the mend."""


def configuration(
    given: Mapping[str, Any], base: Mapping[str, Any], arn: str, now: float
) -> dict[str, Any]:
    """The FunctionConfiguration after `given` is applied to `base`. Raises Invalid."""
    for name, reason in REFUSED.items():
        if given.get(name):
            raise parameter(f"{name} is not supported by Eventmill: {reason}.")
    config = dict(base)
    config.update({name: given[name] for name in COPIED if name in given})
    config["Description"] = config.get("Description") or ""
    config["Timeout"] = _number(given, base, "Timeout", 3, 1, 900)
    config["MemorySize"] = _number(given, base, "MemorySize", 128, 128, 10_240)
    storage = given.get("EphemeralStorage") or base.get("EphemeralStorage") or {"Size": 512}
    ranged("ephemeralStorage.size", storage["Size"], 512, 10_240)
    config["EphemeralStorage"] = {"Size": int(storage["Size"])}
    if "Environment" in given:
        config["Environment"] = {"Variables": _variables(given["Environment"] or {})}
    mode = (given.get("TracingConfig") or base.get("TracingConfig") or {}).get("Mode")
    config["TracingConfig"] = {"Mode": mode or "PassThrough"}
    config["LoggingConfig"] = _logging(given, base, config["FunctionName"])
    config["SnapStart"] = _snap_start(given, base)
    config["Architectures"] = given.get("Architectures") or base.get("Architectures") or ["x86_64"]
    config["PackageType"] = given.get("PackageType") or base.get("PackageType") or "Zip"
    _take_tenancy(given, config)
    _check_dead_letter((config.get("DeadLetterConfig") or {}).get("TargetArn"))
    _check_runtime(config)
    config["FunctionArn"] = arn
    config["LastModified"] = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + (
        "+0000"
    )
    config["State"] = "Active"
    config["LastUpdateStatus"] = "Successful"
    return config


def _take_tenancy(given: Mapping[str, Any], config: dict[str, Any]) -> None:
    """Whether each tenant has environments of its own: said once, when a function is created."""
    wanted = given.get("TenancyConfig")
    if not wanted:
        return
    mode = wanted.get("TenantIsolationMode")
    if mode != "PER_TENANT":
        raise parameter(f"TenantIsolationMode {mode} is not valid; it is PER_TENANT.")
    config["TenancyConfig"] = {"TenantIsolationMode": mode}


def _check_dead_letter(target: str | None) -> None:
    if target and (service_of(target) not in ("sqs", "sns") or target.endswith(".fifo")):
        raise parameter(
            f"The dead-letter target {target} must be the ARN of a standard queue or topic."
        )


def _number(
    given: Mapping[str, Any], base: Mapping[str, Any], name: str, default: int, low: int, high: int
) -> int:
    value = given.get(name)
    value = base.get(name, default) if value is None else value
    ranged(name[0].lower() + name[1:], value, low, high)
    return int(value)


def _logging(given: Mapping[str, Any], base: Mapping[str, Any], name: str) -> dict[str, Any]:
    logging = dict(base.get("LoggingConfig") or {}) | dict(given.get("LoggingConfig") or {})
    logging.setdefault("LogFormat", "Text")
    logging.setdefault("LogGroup", f"/aws/lambda/{name}")
    levels = ("ApplicationLogLevel", "SystemLogLevel")
    if logging["LogFormat"] == "JSON":
        for level in levels:
            logging.setdefault(level, "INFO")
    elif any(level in (given.get("LoggingConfig") or {}) for level in levels):
        raise parameter(
            "Log level is not supported for Text log format. Please either remove log level from "
            "your request or change log format to JSON"
        )
    else:
        for level in levels:
            logging.pop(level, None)
    return logging


def _snap_start(given: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, str]:
    wanted = (given.get("SnapStart") or base.get("SnapStart") or {}).get("ApplyOn") or "None"
    # Environments start by a fork within milliseconds anyway, so there is nothing to snapshot.
    return {"ApplyOn": wanted, "OptimizationStatus": "Off"}


def _variables(environment: Mapping[str, Any]) -> dict[str, str]:
    given = environment.get("Variables") or {}
    variables = {name: attribute_text(value) for name, value in given.items()}
    taken = sorted(set(variables) & RESERVED_VARIABLES)
    if taken:
        raise parameter(
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided contains reserved keys that are currently not supported "
            f"for modification. Reserved keys used in this request: {', '.join(taken)}"
        )
    for name in variables:
        if not _VARIABLE.match(name):
            raise parameter(
                f"Environment variable name {name} must satisfy [a-zA-Z]([a-zA-Z0-9_])+"
            )
    size = sum(len(name.encode()) + len(value.encode()) for name, value in variables.items())
    if size > 4_096:
        raise parameter(
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided exceeded the 4KB limit."
        )
    return variables


def _check_runtime(config: Mapping[str, Any]) -> None:
    if config["PackageType"] == "Image":
        raise parameter(
            "PackageType Image needs a container engine; Eventmill runs functions without one. "
            "Package the function as Zip."
        )
    runtime = config.get("Runtime") or ""
    reason = unsupported(runtime)
    if reason is not None:
        raise parameter(f"Eventmill does not run functions of runtime {runtime}: {reason}.")
    if not runtime.startswith("provided") and not config.get("Handler"):
        raise parameter(
            "Runtime and Handler are mandatory parameters for functions created with "
            "deployment packages."
        )
