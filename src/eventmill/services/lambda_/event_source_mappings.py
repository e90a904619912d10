"""Event source mappings as rows, and as deliver reads them.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.kernel.arns import service_of
from eventmill.kernel.errors import Conflict
from eventmill.services.contract import Call
from eventmill.services.lambda_ import functions
from eventmill.services.lambda_.faults import missing, parameter
from eventmill.services.lambda_.mapping_settings import (
    KAFKA_WINDOW,
    LEAST_POLLERS,
    MOST_POLLERS,
    cluster_servers,
    kind_of,
    settings,
    source_of,
)
from eventmill.services.lambda_.names import function_arn, parse
from eventmill.services.lambda_.tags import TAGS
from eventmill.store.transaction import Row, Transaction

MAPPINGS_KEY = "lambda.mappings"
"""Announced when a mapping was created, changed or deleted."""

NOTHING_YET = "No records processed"

_COLUMNS = "uuid, source, function, config, enabled, created, modified, result"


@dataclass(frozen=True, slots=True)
class EventSourceMapping:
    """An enabled mapping. Windows and ages in seconds; -1 is without end, as on AWS."""

    uuid: str
    source: str
    """ARN of the queue or stream; of Kafka see mapping_settings.source_of."""
    function: str
    """ARN, qualifier kept."""
    created: float
    batch_size: int
    window: float
    patterns: tuple[str, ...]
    report_failures: bool
    maximum_concurrency: int | None
    pollers: tuple[int, int] | None
    """The least and the most pollers in provisioned mode."""
    starting_position: str
    starting_timestamp: float | None
    parallelization: int
    maximum_age: float
    maximum_retries: int
    bisect: bool
    tumbling_window: int
    on_failure: str | None
    counted: bool = False
    """Whether its events are counted: MetricsConfig names EventCount."""
    topic: str = ""
    """Of Kafka, as are all below."""
    servers: tuple[str, ...] = ()
    cluster: str = ""
    """ARN of an MSK cluster; empty for a self-managed one."""
    group: str = ""
    access: tuple[tuple[str, str], ...] = ()
    """SourceAccessConfigurations as (type, URI)."""


def mappings(tx: Transaction) -> list[EventSourceMapping]:
    """All that are enabled, oldest first."""
    rows = tx.all(
        "SELECT uuid, source, function, config, created FROM lambda_mappings WHERE enabled=1"
        " ORDER BY created, uuid"
    )
    return [_mapping(*row) for row in rows]


def mapping_uuids(tx: Transaction) -> set[str]:
    """Of all mappings, the disabled ones too."""
    return {row[0] for row in tx.all("SELECT uuid FROM lambda_mappings")}


def _mapping(
    uuid: str, source: str, function: str, text: str, created: float
) -> EventSourceMapping:
    config = json.loads(text)
    failure = (config.get("DestinationConfig") or {}).get("OnFailure") or {}
    return EventSourceMapping(
        uuid=uuid,
        source=source,
        function=function,
        created=created,
        batch_size=config["BatchSize"],
        window=config.get("MaximumBatchingWindowInSeconds", KAFKA_WINDOW),
        patterns=tuple(
            entry["Pattern"] for entry in (config.get("FilterCriteria") or {}).get("Filters", ())
        ),
        report_failures="ReportBatchItemFailures" in config["FunctionResponseTypes"],
        maximum_concurrency=(config.get("ScalingConfig") or {}).get("MaximumConcurrency"),
        pollers=_pollers(config.get("ProvisionedPollerConfig")),
        starting_position=config.get("StartingPosition", ""),
        starting_timestamp=config.get("StartingPositionTimestamp"),
        parallelization=config.get("ParallelizationFactor", 1),
        maximum_age=config.get("MaximumRecordAgeInSeconds", -1),
        maximum_retries=config.get("MaximumRetryAttempts", -1),
        bisect=config.get("BisectBatchOnFunctionError", False),
        tumbling_window=config.get("TumblingWindowInSeconds", 0),
        on_failure=failure.get("Destination"),
        counted="EventCount" in ((config.get("MetricsConfig") or {}).get("Metrics") or ()),
        **(_kafka(uuid, source, config) if kind_of(source) == "kafka" else {}),
    )


def _kafka(uuid: str, source: str, config: Mapping[str, Any]) -> dict[str, Any]:
    cluster = source.partition("#")[0] if service_of(source) else ""
    own = config.get("AmazonManagedKafkaEventSourceConfig") or {}
    own = own or config.get("SelfManagedKafkaEventSourceConfig") or {}
    given = config.get("SelfManagedEventSource") or {}
    servers = (given.get("Endpoints") or {}).get("KAFKA_BOOTSTRAP_SERVERS")
    return {
        "topic": config["Topics"][0],
        "servers": tuple(servers or cluster_servers()),
        "cluster": cluster,
        "group": own.get("ConsumerGroupId") or uuid,
        "access": tuple(
            (entry["Type"], entry["URI"]) for entry in config.get("SourceAccessConfigurations", ())
        ),
    }


def _pollers(config: Mapping[str, Any] | None) -> tuple[int, int] | None:
    if config is None:
        return None
    return (
        config.get("MinimumPollers", LEAST_POLLERS),
        config.get("MaximumPollers", MOST_POLLERS),
    )


def set_result(tx: Transaction, uuid: str, result: str) -> None:
    """Record LastProcessingResult: `OK` or `PROBLEM: …`."""
    tx.execute("UPDATE lambda_mappings SET result=? WHERE uuid=?", (result, uuid))


def create(call: Call, given: Mapping[str, Any]) -> Row:
    """Create a mapping and return its row. Raises NotFound, Conflict, Invalid."""
    source = source_of(given)
    kind = kind_of(source)
    function, timeout = _function(call, given["FunctionName"])
    config = settings(source, given, {})
    if config.get("StartingPositionTimestamp", 0) > call.now:
        raise parameter("StartingPositionTimestamp cannot be in the future.")
    _check_source(call, kind, source, timeout)
    _refuse_duplicate(call, source, function)
    uuid = call.ids.uuid()
    enabled = int(given.get("Enabled") is not False)
    call.tx.execute(
        f"INSERT INTO lambda_mappings({_COLUMNS}) VALUES(?,?,?,?,?,?,?,?)",
        (uuid, source, function, json.dumps(config), enabled, call.now, call.now, NOTHING_YET),
    )
    TAGS.put(call.tx, mapping_arn(call, uuid), given.get("Tags") or {})
    call.tx.announce(MAPPINGS_KEY)
    return row_of(call.tx, uuid)


def update(call: Call, uuid: str, given: Mapping[str, Any], *, whole: bool = False) -> Row:
    """Change what `given` names and return the row. Raises NotFound, Invalid.

    `whole` when what it does not name falls back to its default, its tags too, as in templates.
    """
    row = row_of(call.tx, uuid)
    function, timeout = _function(call, given.get("FunctionName") or row[2])
    config = settings(row[1], given, {} if whole else json.loads(row[3]))
    _check_source(call, kind_of(row[1]), row[1], timeout)
    if function != row[2]:
        _refuse_duplicate(call, row[1], function)
    enabled = 1 if whole else row[4]
    if given.get("Enabled") is not None:
        enabled = int(given["Enabled"])
    call.tx.execute(
        "UPDATE lambda_mappings SET function=?, config=?, enabled=?, modified=? WHERE uuid=?",
        (function, json.dumps(config), enabled, call.now, uuid),
    )
    if whole:
        TAGS.replace(call.tx, mapping_arn(call, uuid), given.get("Tags") or {})
    call.tx.announce(MAPPINGS_KEY)
    return row_of(call.tx, uuid)


def delete(call: Call, uuid: str) -> Row:
    """Delete a mapping and return what its row was. Raises NotFound."""
    row = row_of(call.tx, uuid)
    call.tx.execute("DELETE FROM lambda_mappings WHERE uuid=?", (uuid,))
    TAGS.drop(call.tx, mapping_arn(call, uuid))
    call.tx.announce(MAPPINGS_KEY)
    return row


def row_of(tx: Transaction, uuid: str) -> Row:
    """(uuid, source, function, config, enabled, created, modified, result). Raises NotFound."""
    row = tx.one(f"SELECT {_COLUMNS} FROM lambda_mappings WHERE uuid=?", (uuid,))
    if row is None:
        raise missing("The resource you requested does not exist.")
    return row


def mapping_arn(call: Call, uuid: str) -> str:
    """The mapping's own ARN."""
    return f"arn:aws:lambda:{call.region}:{call.account}:event-source-mapping:{uuid}"


def shape(call: Call, row: Row, state: str, reason: str | None = None) -> dict[str, Any]:
    """The mapping as the API returns it."""
    uuid, source, function, text, _, _, modified, result = row
    answer: dict[str, Any] = json.loads(text) | {
        "UUID": uuid,
        "EventSourceArn": source.partition("#")[0] if service_of(source) else None,
        "EventSourceMappingArn": mapping_arn(call, uuid),
        "FunctionArn": function,
        "LastModified": modified,
        "State": state,
        "StateTransitionReason": reason or "USER_INITIATED",
    }
    if kind_of(source) != "sqs":
        answer["LastProcessingResult"] = result
        answer["StateTransitionReason"] = reason or "User action"
    return answer


def _function(call: Call, text: str) -> tuple[str, float]:
    who = parse(text)
    arn = function_arn(call, *who)
    if not functions.exists(call.tx, arn):
        raise parameter(f"Function does not exist: {arn}")
    return arn, float(functions.existing(call, who)["Timeout"])


def _refuse_duplicate(call: Call, source: str, function: str) -> None:
    taken = call.tx.one(
        "SELECT uuid FROM lambda_mappings WHERE source=? AND function=?", (source, function)
    )
    if taken is not None:
        raise Conflict(
            "ResourceConflictException",
            f'The event source arn (" {source} ") and function (" {parse(function).name} ") '
            "provided mapping already exists. Please update or delete the existing mapping with "
            f"UUID {taken[0]}",
            fields={"Type": "User"},
        )


def _check_source(call: Call, kind: str, source: str, timeout: float) -> None:
    if kind == "kafka":
        return
    known = call.directory(call.tx, source)
    if kind == "stream":
        if known is None:
            raise parameter(f"Stream not found: {source}")
        return
    if known is None:
        raise parameter(
            "Error occurred while ReceiveMessage. SQS Error Code: "
            "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does "
            "not exist."
        )
    visibility = int(known.facts.get("VisibilityTimeout", 30))
    if visibility < timeout:
        raise parameter(
            f"Queue visibility timeout: {visibility} seconds is less than Function timeout: "
            f"{timeout:.0f} seconds"
        )
