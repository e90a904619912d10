"""AWS::Pipes::Pipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eventmill.kernel.clock import epoch_of, iso_seconds
from eventmill.kernel.errors import NotFound
from eventmill.services.contract import (
    Call,
    Created,
    Refused,
    Resource,
    ResourceType,
    Support,
    generated_name,
    typed,
)
from eventmill.services.pipes import pipes
from eventmill.services.pipes.settings import NO_FIREHOSE, PARAMETERS_OF_NOTHING, REFUSED_SOURCES
from eventmill.store.transaction import Row

H, R = Support.HONOURED, Support.RECORDED
_KINDS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(
        (
            "BatchSize",
            "MaximumBatchingWindowInSeconds",
            "MaximumRecordAgeInSeconds",
            "MaximumRetryAttempts",
            "ParallelizationFactor",
        ),
        int,
    ),
    "StartingPositionTimestamp": epoch_of,
}


def _request(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **properties,
        "SourceParameters": typed(properties.get("SourceParameters") or {}, _KINDS),
        "DesiredState": properties.get("DesiredState") or "RUNNING",
    }


def _created(row: Row) -> Created:
    name, _, arn, _, _, _, _, created, modified = row
    state, reason = pipes.condition(row)
    return Created(
        name,
        {
            "Arn": arn,
            "CurrentState": state,
            "StateReason": reason or "",
            "CreationTime": iso_seconds(created),
            "LastModifiedTime": iso_seconds(modified),
        },
    )


def _create(call: Call, resource: Resource) -> Created:
    name = resource.properties.get("Name") or generated_name(resource, call.ids, limit=64)
    return _created(pipes.create(call, _request(resource.properties) | {"Name": name}))


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    name = resource.physical_id or ""
    row = pipes.update(call, name, _request(resource.properties), whole=True)
    tags: Mapping[str, Any] = resource.properties.get("Tags") or {}
    pipes.set_tags(call, row[2], dict.fromkeys(pipes.tags_of(call.tx, row[2])[1]) | dict(tags))
    return _created(row)


def _delete(call: Call, resource: Resource) -> None:
    try:
        pipes.delete(call, resource.physical_id or "")
    except NotFound:
        return


RESOURCES = (
    ResourceType(
        "AWS::Pipes::Pipe",
        {
            **dict.fromkeys(
                (
                    "Name",
                    "DesiredState",
                    "Source",
                    "SourceParameters",
                    "Enrichment",
                    "EnrichmentParameters",
                    "Target",
                    "TargetParameters",
                    "LogConfiguration",
                ),
                H,
            ),
            **dict.fromkeys(("Description", "RoleArn", "Tags", "KmsKeyIdentifier"), R),
            "LogConfiguration.FirehoseLogDestination": Refused(NO_FIREHOSE),
            "SourceParameters.SelfManagedKafkaParameters.Vpc": R,
            **{f"SourceParameters.{name}": Refused(why) for name, why in REFUSED_SOURCES.items()},
            **{f"TargetParameters.{name}": R for name in PARAMETERS_OF_NOTHING},
        },
        _create,
        _update,
        _delete,
        frozenset({"Name", "Source"}),
    ),
)
