"""A function's settings: defaults, ranges, and the configuration that the API returns.

https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from eventmill.kernel.errors import Fault, Invalid

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
_RUNTIME = re.compile(r"(python3\.(9|1[0-9])|provided(\.al2|\.al2023)?)\Z")

COPIED = (
    "Description",
    "Handler",
    "Role",
    "VpcConfig",
    "DeadLetterConfig",
    "KMSKeyArn",
    "FileSystemConfigs",
    "ImageConfig",
    "Runtime",
)
"""Members taken over as given."""


def parameter(message: str) -> Fault:
    """A setting that Lambda does not take."""
    return Invalid("InvalidParameterValueException", message)


def configuration(
    given: Mapping[str, Any], base: Mapping[str, Any], arn: str, now: float
) -> dict[str, Any]:
    """The FunctionConfiguration after `given` is applied to `base`. Raises Invalid."""
    config = dict(base)
    for name in COPIED:
        if name in given:
            config[name] = given[name]
    config["Timeout"] = _ranged(given, base, "Timeout", 3, 1, 900)
    config["MemorySize"] = _ranged(given, base, "MemorySize", 128, 128, 10_240)
    storage = (given.get("EphemeralStorage") or base.get("EphemeralStorage") or {}).get("Size", 512)
    if not 512 <= storage <= 10_240:
        raise parameter("EphemeralStorage.Size must be between 512 and 10240.")
    config["EphemeralStorage"] = {"Size": storage}
    if "Environment" in given:
        config["Environment"] = {"Variables": _variables(given["Environment"] or {})}
    mode = (given.get("TracingConfig") or base.get("TracingConfig") or {}).get("Mode")
    config["TracingConfig"] = {"Mode": mode or "PassThrough"}
    logging = dict(base.get("LoggingConfig") or {}) | dict(given.get("LoggingConfig") or {})
    logging.setdefault("LogFormat", "Text")
    logging.setdefault("LogGroup", f"/aws/lambda/{given.get('FunctionName', '')}")
    config["LoggingConfig"] = logging
    config["Architectures"] = given.get("Architectures") or base.get("Architectures") or ["x86_64"]
    config["PackageType"] = given.get("PackageType") or base.get("PackageType") or "Zip"
    _check_runtime(config)
    config["FunctionArn"] = arn
    config["LastModified"] = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%S.000+0000}"
    config["State"] = "Active"
    config["LastUpdateStatus"] = "Successful"
    return config


def _ranged(
    given: Mapping[str, Any], base: Mapping[str, Any], name: str, default: int, low: int, high: int
) -> int:
    value = given.get(name, base.get(name, default))
    if not low <= int(value) <= high:
        wire = name[0].lower() + name[1:]
        raise Invalid(
            "ValidationException",
            f"1 validation error detected: Value '{value}' at '{wire}' failed to satisfy "
            f"constraint: Member must have value between {low} and {high}",
        )
    return int(value)


def _variables(environment: Mapping[str, Any]) -> dict[str, str]:
    variables = {name: str(value) for name, value in (environment.get("Variables") or {}).items()}
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
    if not _RUNTIME.match(runtime):
        raise parameter(
            f"Eventmill does not run functions of runtime {runtime or '(none)'}: it runs "
            "python3.9 and later, and provided, provided.al2 and provided.al2023 with a bootstrap."
        )
    if runtime.startswith("python") and not config.get("Handler"):
        raise parameter("Handler is required for runtimes other than provided.")
