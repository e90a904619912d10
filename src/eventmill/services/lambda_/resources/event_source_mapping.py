"""AWS::Lambda::EventSourceMapping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import NotFound
from eventmill.services.contract import (
    Call,
    Created,
    Refused,
    Resource,
    ResourceType,
    Support,
    known,
)
from eventmill.services.lambda_ import event_source_mappings
from eventmill.services.lambda_.mapping_settings import (
    REFUSED,
    check_ranges,
    check_registries,
    settings,
    source_of,
)
from eventmill.services.lambda_.resources.values import typed
from eventmill.services.tags import tag_map

_HONOURED = (
    "BatchSize",
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "Enabled",
    "EventSourceArn",
    "FilterCriteria",
    "FunctionName",
    "FunctionResponseTypes",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "MetricsConfig",
    "ParallelizationFactor",
    "ProvisionedPollerConfig",
    "ScalingConfig",
    "StartingPosition",
    "StartingPositionTimestamp",
    "TumblingWindowInSeconds",
    "Tags",
    "Topics",
    "SourceAccessConfigurations",
    "SelfManagedEventSource",
    "AmazonManagedKafkaEventSourceConfig",
    "SelfManagedKafkaEventSourceConfig",
)

_APART = frozenset(
    {
        "DestinationConfig",
        "FilterCriteria",
        "FunctionName",
        "KmsKeyArn",
        "SourceAccessConfigurations",
    }
)
"""What may be unknown while the rest is judged: no other setting depends on it."""


def _validate(properties: Mapping[str, Any]) -> None:
    check_registries(properties)
    plain = known(properties)
    request = _request(plain)
    if properties.keys() - plain.keys() - _APART:
        check_ranges(request)
    else:
        settings(source_of(request), request, {})


def _request(given: Mapping[str, Any]) -> dict[str, Any]:
    """The properties as the API has them."""
    properties: dict[str, Any] = typed(given)
    own_source = properties.get("SelfManagedEventSource")
    if own_source:
        endpoints = own_source.get("Endpoints") or {}
        servers = endpoints.get("KafkaBootstrapServers") or []
        properties["SelfManagedEventSource"] = {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": servers}}
    properties["KMSKeyArn"] = properties.pop("KmsKeyArn", None)
    return properties | {"Tags": tag_map(given.get("Tags"))}


def _created(call: Call, uuid: str) -> Created:
    arn = event_source_mappings.mapping_arn(call, uuid)
    return Created(uuid, {"Id": uuid, "EventSourceMappingArn": arn})


def _create(call: Call, resource: Resource) -> Created:
    return _created(call, event_source_mappings.create(call, _request(resource.properties))[0])


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    uuid = resource.physical_id or ""
    request = _request(resource.properties)
    return _created(call, event_source_mappings.update(call, uuid, request, whole=True)[0])


def _delete(call: Call, resource: Resource) -> None:
    try:
        event_source_mappings.delete(call, resource.physical_id or "")
    except NotFound:
        return


EVENT_SOURCE_MAPPING = ResourceType(
    "AWS::Lambda::EventSourceMapping",
    {
        **dict.fromkeys(_HONOURED, Support.HONOURED),
        "KmsKeyArn": Support.RECORDED,
        "LoggingConfig": Support.RECORDED,
        **{name: Refused(reason) for name, reason in REFUSED.items()},
    },
    _create,
    _update,
    _delete,
    frozenset(
        {
            "EventSourceArn",
            "SelfManagedEventSource",
            "Topics",
            "StartingPosition",
            "StartingPositionTimestamp",
        }
    ),
    validate=_validate,
    attributes=("EventSourceMappingArn", "Id"),
)
