"""The settings of event source mappings: which source takes which, their ranges and defaults.

https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from eventmill.kernel.arns import service_of
from eventmill.services.lambda_ import filters
from eventmill.services.lambda_.faults import one_of, parameter, ranged

STREAMS = frozenset({"dynamodb", "kinesis"})
FIFO_BATCH = 10
METRICS = ("EventCount", "ErrorCount", "KafkaMetrics")
LEAST_POLLERS, MOST_POLLERS = 2, 200
"""Pollers of a queue in provisioned mode, where the mapping does not say."""
LEAST_KAFKA_POLLERS = 1

_RANGES = {
    "BatchSize": (1, 10_000),
    "MaximumBatchingWindowInSeconds": (0, 300),
    "ParallelizationFactor": (1, 10),
    "MaximumRecordAgeInSeconds": (-1, 604_800),
    "MaximumRetryAttempts": (-1, 10_000),
    "TumblingWindowInSeconds": (0, 900),
}
_BOTH = (
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "FilterCriteria",
    "FunctionResponseTypes",
    "KMSKeyArn",
    "MetricsConfig",
)
_MEMBERS = {
    "sqs": (*_BOTH, "ScalingConfig", "ProvisionedPollerConfig"),
    "stream": (
        *_BOTH,
        "ParallelizationFactor",
        "StartingPosition",
        "StartingPositionTimestamp",
        "MaximumRecordAgeInSeconds",
        "MaximumRetryAttempts",
        "BisectBatchOnFunctionError",
        "TumblingWindowInSeconds",
        "DestinationConfig",
    ),
}
_MEMBERS["kafka"] = (
    *_BOTH,
    "Topics",
    "StartingPosition",
    "StartingPositionTimestamp",
    "SourceAccessConfigurations",
    "SelfManagedEventSource",
    "AmazonManagedKafkaEventSourceConfig",
    "SelfManagedKafkaEventSourceConfig",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "ProvisionedPollerConfig",
    "LoggingConfig",
)
_ACCESS = (
    "BASIC_AUTH",
    "VPC_SUBNET",
    "VPC_SECURITY_GROUP",
    "SASL_SCRAM_512_AUTH",
    "SASL_SCRAM_256_AUTH",
    "CLIENT_CERTIFICATE_TLS_AUTH",
    "SERVER_ROOT_CA_CERTIFICATE",
)
KAFKA_WINDOW = 0.5
"""Seconds, where the mapping does not say."""

MSK_SERVERS = "EVENTMILL_MSK_BOOTSTRAP_SERVERS"
"""The environment variable with the broker (`host:port,…`) that stands for MSK clusters."""

_DEFAULTS: dict[str, dict[str, Any]] = {
    "sqs": {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 0, "FunctionResponseTypes": []},
    "stream": {
        "BatchSize": 100,
        "MaximumBatchingWindowInSeconds": 0,
        "FunctionResponseTypes": [],
        "ParallelizationFactor": 1,
        "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": -1,
        "BisectBatchOnFunctionError": False,
        "TumblingWindowInSeconds": 0,
        "DestinationConfig": {"OnFailure": {}},
    },
    "kafka": {
        "BatchSize": 100,
        "FunctionResponseTypes": [],
        "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": -1,
        "BisectBatchOnFunctionError": False,
        "DestinationConfig": {"OnFailure": {}},
    },
}
_SELF_MANAGED = "kafka://"

KAFKA_TOPIC = "kafka://"
"""Begins an on-failure destination that is a topic of the mapping's own cluster."""

_TOPIC = re.compile(r"kafka://[^.][a-zA-Z0-9\-_.]{0,248}\Z")
REFUSED = {
    "Queues": "it belongs to Amazon MQ, of which no broker runs on one machine; use SQS",
    "DocumentDBEventSourceConfig": "it belongs to DocumentDB, which does not run on one machine; "
    "use a table of DynamoDB and its stream",
}
"""Members that must not be set, with the reason."""


def kind_of(source: str) -> str:
    """`sqs`, `stream` or `kafka`. Raises Invalid for a source that is not offered."""
    service = service_of(source)
    if service == "sqs":
        return "sqs"
    if service in STREAMS:
        return "stream"
    if service == "kafka" or source.startswith(_SELF_MANAGED):
        return "kafka"
    if service == "mq":
        raise parameter(f"Queues is not supported by Eventmill: {REFUSED['Queues']}.")
    if service in ("rds", "docdb"):
        raise parameter(
            "DocumentDBEventSourceConfig is not supported by Eventmill: "
            f"{REFUSED['DocumentDBEventSourceConfig']}."
        )
    raise parameter(
        "Unrecognized event source, must be a queue of SQS, a stream of Kinesis or DynamoDB, or "
        f"Kafka: {source}"
    )


def source_of(given: Mapping[str, Any]) -> str:
    """What names the source among mappings: its ARN, or a self-managed cluster's servers; for
    Kafka with `#topic` behind it, since each topic is a source of its own."""
    arn = str(given.get("EventSourceArn") or "")
    own = (given.get("SelfManagedEventSource") or {}).get("Endpoints") or {}
    servers = own.get("KAFKA_BOOTSTRAP_SERVERS")
    if arn and servers:
        raise parameter("EventSourceArn and SelfManagedEventSource cannot be used together.")
    if not servers and service_of(arn) != "kafka":
        return arn
    topics = given.get("Topics") or []
    if len(topics) != 1:
        raise parameter("A Kafka event source needs exactly one topic in Topics.")
    return f"{_SELF_MANAGED + ','.join(servers) if servers else arn}#{topics[0]}"


def cluster_servers() -> list[str]:
    """The broker that stands for every MSK cluster; empty when none is named."""
    return [one.strip() for one in os.environ.get(MSK_SERVERS, "").split(",") if one.strip()]


def settings(source: str, given: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """The settings after `given` is applied to `base`, with defaults.

    Raises Invalid for a value out of range, one that the source does not take, or a filter
    pattern that is none.
    """
    kind = kind_of(source)
    for name, reason in REFUSED.items():
        if given.get(name):
            raise parameter(f"{name} is not supported by Eventmill: {reason}.")
    for name in {name for members in _MEMBERS.values() for name in members}:
        if name not in _MEMBERS[kind] and given.get(name) not in (None, {}, False):
            raise parameter(
                f"Unsupported '{name[0].lower()}{name[1:]}' parameter for given event source "
                "mapping type."
            )
    taken = {name: given[name] for name in _MEMBERS[kind] if given.get(name) is not None}
    config = _DEFAULTS[kind] | dict(base) | taken
    # An empty criteria takes the filters away.
    if not (config.get("FilterCriteria") or {}).get("Filters"):
        config.pop("FilterCriteria", None)
    for name in ("ScalingConfig", "ProvisionedPollerConfig", "MetricsConfig", "KMSKeyArn"):
        if not config.get(name):
            config.pop(name, None)
    check_ranges(config)
    if kind == "sqs":
        _check_queue(source, config)
    else:
        _check_stream(source, config)
    if kind == "kafka":
        _check_kafka(source, config)
    return config


def _check_kafka(source: str, config: Mapping[str, Any]) -> None:
    for entry in config.get("SourceAccessConfigurations") or ():
        one_of("sourceAccessConfigurations.type", entry.get("Type"), _ACCESS)
    check_registries(config)
    _check_pollers(config, LEAST_KAFKA_POLLERS)
    if service_of(source) and not cluster_servers():
        raise parameter(
            f"No broker stands for the cluster {source.partition('#')[0]}: name one in the "
            f"environment variable {MSK_SERVERS} of the engine."
        )


def check_registries(config: Mapping[str, Any]) -> None:
    """Raises Invalid where a mapping of Kafka names one."""
    for name in ("AmazonManagedKafkaEventSourceConfig", "SelfManagedKafkaEventSourceConfig"):
        held = config.get(name)
        if isinstance(held, Mapping) and held.get("SchemaRegistryConfig"):
            raise parameter(
                "SchemaRegistryConfig is not supported by Eventmill: there is no registry to "
                "decode records by; functions get them as they were sent."
            )


def check_ranges(config: Mapping[str, Any]) -> None:
    """What can be said of settings whatever the source. Raises Invalid."""
    for name, (low, high) in _RANGES.items():
        if name in config:
            ranged(name[0].lower() + name[1:], config[name], low, high)
    for kind in config.get("FunctionResponseTypes") or ():
        one_of("functionResponseTypes", kind, ("ReportBatchItemFailures",))
    for metric in (config.get("MetricsConfig") or {}).get("Metrics") or ():
        one_of("metricsConfig.metrics", metric, METRICS)
    filters.check(config)


def _check_queue(source: str, config: Mapping[str, Any]) -> None:
    size, window = config["BatchSize"], config["MaximumBatchingWindowInSeconds"]
    if source.endswith(".fifo"):
        if size > FIFO_BATCH:
            raise parameter(f"Batch size cannot be greater than {FIFO_BATCH} for FIFO queues.")
        if window:
            raise parameter("Batching window is not supported for FIFO queues")
    elif size > 10 and window < 1:
        raise parameter(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
            "greater than 10"
        )
    concurrency = (config.get("ScalingConfig") or {}).get("MaximumConcurrency")
    if concurrency is not None:
        ranged("scalingConfig.maximumConcurrency", concurrency, 2, 1_000)
    _check_pollers(config, LEAST_POLLERS)


def _check_pollers(config: Mapping[str, Any], lowest: int) -> None:
    """`lowest` is the fewest that the source may have, and its minimum where none is given."""
    pollers = config.get("ProvisionedPollerConfig")
    if pollers is None:
        return
    if config.get("ScalingConfig"):
        raise parameter("ScalingConfig and ProvisionedPollerConfig cannot be used together.")
    least = pollers.get("MinimumPollers", lowest)
    most = pollers.get("MaximumPollers", MOST_POLLERS)
    ranged("provisionedPollerConfig.minimumPollers", least, lowest, 200)
    ranged("provisionedPollerConfig.maximumPollers", most, lowest, 2_000)
    if least > most:
        raise parameter("MinimumPollers must not be greater than MaximumPollers.")


def _check_stream(source: str, config: Mapping[str, Any]) -> None:
    position = config.get("StartingPosition")
    if position is None:
        raise parameter(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy "
            "constraint: Member must not be null."
        )
    one_of("startingPosition", position, ("LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"))
    if position == "AT_TIMESTAMP":
        if service_of(source) == "dynamodb":
            raise parameter(f"Unsupported starting position for arn type: {source}")
        if config.get("StartingPositionTimestamp") is None:
            raise parameter("StartingPositionTimestamp is required with AT_TIMESTAMP.")
    if -1 < config["MaximumRecordAgeInSeconds"] < 60:
        raise parameter("MaximumRecordAgeInSeconds must be -1, or between 60 and 604800.")
    target = ((config["DestinationConfig"].get("OnFailure")) or {}).get("Destination")
    if target and target.startswith(KAFKA_TOPIC) and "Topics" in config:
        if not _TOPIC.match(target):
            raise parameter(f"The destination {target} does not name a topic.")
        if target.removeprefix(KAFKA_TOPIC) in config["Topics"]:
            raise parameter(f"The destination {target} must not be the topic of the event source.")
    elif target and service_of(target) not in ("sqs", "sns", "s3"):
        raise parameter(f"The destination {target} must be the ARN of sqs, sns or s3.")
    if target and target.endswith(".fifo"):
        raise parameter(f"The destination {target} must not be FIFO.")
