"""AWS::Pipes::Pipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eventmill.kernel.clock import epoch_of, iso_seconds
from eventmill.kernel.errors import NotFound
from eventmill.services.contract import (
    UNKNOWN,
    Call,
    Created,
    Refused,
    Resource,
    ResourceType,
    Support,
    generated_name,
    has_unknown,
    known,
    typed,
)
from eventmill.services.pipes import pipes, settings
from eventmill.services.pipes.settings import PARAMETERS_OF_NOTHING, REFUSED_SOURCES
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


def _validate(properties: Mapping[str, Any]) -> None:
    plain = known(properties)
    if plain.get("Name"):
        pipes.check_name(plain["Name"])
    parameters = properties.get("SourceParameters", {})
    if parameters is not UNKNOWN:
        _validate_source(properties["Source"], parameters)
    parameters = properties.get("TargetParameters", {})
    if plain.get("Target") and UNKNOWN is not parameters:
        settings.check_target(plain["Target"], parameters)
    if plain.get("Enrichment"):
        settings.check_enrichment(plain["Enrichment"])
    for part in ("Enrichment", "Target"):
        given = properties.get(f"{part}Parameters") or {}
        settings.check_template(given.get("InputTemplate") or "")


def _validate_source(source: str, parameters: Mapping[str, Any]) -> None:
    """A source that the deployment itself will make is known by the name of its parameters."""
    kinds = {name: kind for kind, name in settings.SOURCES.items()}
    if source is not UNKNOWN:
        settings.check_source(source)
    kind = settings.kind_of(source) or next(
        (kinds[name] for name in parameters if name in kinds), ""
    )
    own = parameters.get(settings.SOURCES.get(kind, ""), {})
    criteria = parameters.get("FilterCriteria") or {}
    if kind and own is not UNKNOWN and not any(value is UNKNOWN for value in own.values()):
        settings.check_source_of(kind, typed(parameters, _KINDS))
    if not has_unknown(criteria):
        settings.check_filters(criteria)


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
            "LogConfiguration.FirehoseLogDestination": R,
            "SourceParameters.SelfManagedKafkaParameters.Vpc": R,
            **{f"SourceParameters.{name}": Refused(why) for name, why in REFUSED_SOURCES.items()},
            **{f"TargetParameters.{name}": R for name in PARAMETERS_OF_NOTHING},
        },
        _create,
        _update,
        _delete,
        frozenset({"Name", "Source"}),
        validate=_validate,
    ),
)
