"""The settings of event source mappings: which source takes which, ranges and defaults.

https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.kernel.arns import service_of
from eventmill.kernel.errors import Fault, Invalid
from eventmill.patterns import LAMBDA, PatternError, compile_pattern

_RANGES: dict[str, tuple[int, int]] = {
    "BatchSize": (1, 10_000),
    "MaximumBatchingWindowInSeconds": (0, 300),
    "ParallelizationFactor": (1, 10),
    "TumblingWindowInSeconds": (0, 900),
    "MaximumRetryAttempts": (-1, 10_000),
    "MaximumRecordAgeInSeconds": (-1, 604_800),
}
_STREAM_ONLY = (
    "ParallelizationFactor",
    "TumblingWindowInSeconds",
    "MaximumRetryAttempts",
    "MaximumRecordAgeInSeconds",
    "BisectBatchOnFunctionError",
    "StartingPosition",
    "StartingPositionTimestamp",
    "DestinationConfig",
)
_STREAM_DEFAULTS: dict[str, Any] = {
    "BatchSize": 100,
    "MaximumBatchingWindowInSeconds": 0,
    "ParallelizationFactor": 1,
    "TumblingWindowInSeconds": 0,
    "MaximumRetryAttempts": -1,
    "MaximumRecordAgeInSeconds": -1,
    "BisectBatchOnFunctionError": False,
    "DestinationConfig": {"OnFailure": {}},
}
_COPIED = (
    *_RANGES,
    *_STREAM_ONLY,
    "FilterCriteria",
    "FunctionResponseTypes",
    "ScalingConfig",
    "MetricsConfig",
    "KMSKeyArn",
)


def bad(message: str) -> Fault:
    """A setting that the source does not take."""
    return Invalid("InvalidParameterValueException", message)


def settings(given: Mapping[str, Any], base: Mapping[str, Any], source: str) -> dict[str, Any]:
    """The settings after `given` is applied to `base`. Raises Invalid."""
    stream = service_of(source) in ("dynamodb", "kinesis")
    if not stream and service_of(source) != "sqs":
        raise bad(f"Unrecognized event source, must be kinesis, dynamodb stream or sqs. {source}")
    config = dict(base) or (
        dict(_STREAM_DEFAULTS) if stream else {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 0}
    )
    config.update({name: given[name] for name in _COPIED if given.get(name) is not None})
    if given.get("ProvisionedPollerConfig"):
        raise bad("ProvisionedPollerConfig is not offered: pollers here start without delay.")
    _check_ranges(config)
    if stream:
        _check_stream(config, source)
    else:
        _check_queue(config, given, source)
    window = config["MaximumBatchingWindowInSeconds"]
    limit = 100 if stream else 10
    if config["BatchSize"] > limit and not stream and window < 1:
        raise bad(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
            "greater than 10"
        )
    _check_filters(config)
    return config


def _check_ranges(config: Mapping[str, Any]) -> None:
    for name, (low, high) in _RANGES.items():
        value = config.get(name)
        if value is not None and not low <= value <= high:
            wire = name[0].lower() + name[1:]
            bound = f"less than or equal to {high}" if value > high else f"at least {low}"
            raise Invalid(
                "ValidationException",
                f"1 validation error detected: Value '{value}' at '{wire}' failed to satisfy "
                f"constraint: Member must have value {bound}",
            )
    types = config.get("FunctionResponseTypes") or []
    if any(kind != "ReportBatchItemFailures" for kind in types):
        raise bad("FunctionResponseTypes takes ReportBatchItemFailures only.")


def _check_stream(config: Mapping[str, Any], source: str) -> None:
    start = config.get("StartingPosition")
    if start is None:
        raise bad(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy"
            " constraint: Member must not be null."
        )
    if service_of(source) == "dynamodb" and start == "AT_TIMESTAMP":
        raise bad("Unsupported starting position for DynamoDB stream: AT_TIMESTAMP")
    age = config["MaximumRecordAgeInSeconds"]
    if age != -1 and age < 60:
        raise bad("MaximumRecordAgeInSeconds must be -1 or between 60 and 604800.")
    if config.get("ScalingConfig"):
        raise bad("ScalingConfig is only for SQS event sources.")


def _check_queue(config: Mapping[str, Any], given: Mapping[str, Any], source: str) -> None:
    for name in _STREAM_ONLY:
        if given.get(name) not in (None, {}, False):
            raise bad(f"Unsupported parameter for SQS event sources: {name}")
    if source.endswith(".fifo"):
        if config["BatchSize"] > 10:
            raise bad("Maximum batch size for a FIFO queue is 10.")
        if config["MaximumBatchingWindowInSeconds"]:
            raise bad("Batching window is not supported for FIFO queues.")
    maximum = (config.get("ScalingConfig") or {}).get("MaximumConcurrency")
    if maximum is not None and not 2 <= maximum <= 1_000:
        raise bad("ScalingConfig.MaximumConcurrency must be between 2 and 1000.")


def _check_filters(config: Mapping[str, Any]) -> None:
    filters = (config.get("FilterCriteria") or {}).get("Filters") or []
    if len(filters) > 10:
        raise bad("FilterCriteria takes at most 10 filters.")
    for entry in filters:
        pattern = entry.get("Pattern", "")
        if len(pattern) > 4_096:
            raise bad("Invalid filter pattern definition.")
        try:
            compile_pattern(pattern, LAMBDA)
        except PatternError:
            raise bad("Invalid filter pattern definition.") from None
