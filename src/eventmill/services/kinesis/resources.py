"""The CloudFormation types of Kinesis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import (
    Call,
    Created,
    Resource,
    ResourceType,
    Support,
    attribute_text,
    generated_name,
    known,
)
from eventmill.services.kinesis import consumers, records, shards, streams, tags
from eventmill.services.kinesis.faults import argument
from eventmill.services.kinesis.streams import Stream
from eventmill.services.tags import tag_map

H, R = Support.HONOURED, Support.RECORDED


def _number(properties: Mapping[str, Any], name: str) -> int | None:
    value = properties.get(name)
    return None if value is None else int(value)


def _created(stream: Stream) -> Created:
    attributes: dict[str, Any] = {"Arn": stream.arn}
    warm = stream.settings.get("WarmThroughputMiBps")
    if warm is not None:
        attributes["WarmThroughputObject.CurrentMiBps"] = warm
        attributes["WarmThroughputObject.TargetMiBps"] = warm
    return Created(stream.name, attributes)


def _mode(properties: Mapping[str, Any]) -> str:
    # CloudFormation takes a stream for provisioned with a shard where nothing says otherwise.
    mode: str = (properties.get("StreamModeDetails") or {}).get("StreamMode", "PROVISIONED")
    return mode


def _request(properties: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The properties as CreateStream has them."""
    mode, count = _mode(properties), _number(properties, "ShardCount")
    if count is None and mode == "PROVISIONED":
        count = 1
    return {
        "StreamName": properties.get("Name") or name,
        "StreamModeDetails": {"StreamMode": mode},
        "ShardCount": count,
        "MaxRecordSizeInKiB": _number(properties, "MaxRecordSizeInKiB"),
        "Tags": tag_map(properties.get("Tags")),
    }


def _validate_stream(properties: Mapping[str, Any]) -> None:
    plain = known(properties)
    streams.check(_request(plain, "name"))
    hours = _number(plain, "RetentionPeriodHours")
    if hours is not None:
        streams.check_retention(hours)


def _create_stream(call: Call, resource: Resource) -> Created:
    properties = resource.properties
    name = generated_name(resource, call.ids, limit=128)
    stream = streams.create(call, _request(properties, name))
    return _settle(call, stream, properties)


def _settle(call: Call, stream: Stream, properties: Mapping[str, Any]) -> Created:
    """What the API sets by operations of their own."""
    hours = _number(properties, "RetentionPeriodHours") or streams.SHORTEST
    streams.retain(call.tx, stream, hours)
    stream = streams.require(call.tx, stream.arn)
    metrics = properties.get("DesiredShardLevelMetrics") or []
    streams.change(
        call.tx,
        stream,
        KeyId=(properties.get("StreamEncryption") or {}).get("KeyId"),
        ShardLevelMetrics=list(streams.METRICS if "ALL" in metrics else metrics),
        WarmThroughputMiBps=_number(properties, "WarmThroughputMiBps"),
        MaxRecordSizeInKiB=_number(properties, "MaxRecordSizeInKiB"),
        StreamMode=_mode(properties),
    )
    return _created(streams.require(call.tx, stream.arn))


def _update_stream(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    properties = resource.properties
    stream = streams.named(call, {"StreamName": resource.physical_id})
    count = _number(properties, "ShardCount")
    if _mode(properties) == "ON_DEMAND" and count is not None:
        raise argument("ShardCount must not be specified for ON_DEMAND streams.")
    if count is not None and count != len(shards.open_shards(call.tx, stream.id)):
        shards.scale(call.tx, stream.id, count)
        streams.announce(call.tx, stream)
    tags.replace(call.tx, stream.arn, tag_map(properties.get("Tags")))
    created = _settle(call, stream, properties)
    records.trim_stream(call.tx, streams.require(call.tx, stream.arn))
    return created


def _delete_stream(call: Call, resource: Resource) -> None:
    stream = streams.find(call.tx, streams.arn_of(call, resource.physical_id or ""))
    if stream is not None:
        streams.delete(call.tx, stream)


def _consumer(consumer: consumers.Consumer) -> Created:
    return Created(
        consumer.arn,
        {
            "ConsumerARN": consumer.arn,
            "ConsumerName": consumer.name,
            "ConsumerStatus": "ACTIVE",
            "ConsumerCreationTimestamp": str(int(consumer.created)),
            "StreamARN": consumer.arn.partition("/consumer/")[0],
        },
    )


def _create_consumer(call: Call, resource: Resource) -> Created:
    properties = resource.properties
    stream = streams.require(call.tx, properties["StreamARN"])
    return _consumer(
        consumers.register(
            call, stream, properties["ConsumerName"], tag_map(properties.get("Tags"))
        )
    )


def _update_consumer(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    consumer = consumers.named(call, {"ConsumerARN": resource.physical_id})
    tags.replace(call.tx, consumer.arn, tag_map(resource.properties.get("Tags")))
    return _consumer(consumer)


def _delete_consumer(call: Call, resource: Resource) -> None:
    consumer = consumers.find(call.tx, resource.physical_id or "")
    if consumer is not None:
        consumers.deregister(call.tx, consumer)


def _set_policy(call: Call, resource: Resource) -> Created:
    arn = resource.properties["ResourceArn"]
    if "/consumer/" in arn:
        consumers.named(call, {"ConsumerARN": arn})
    streams.require(call.tx, arn)
    tags.set_policy(call.tx, arn, attribute_text(resource.properties["ResourcePolicy"]))
    return Created(arn, {"ResourceArn": arn})


def _change_policy(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _set_policy(call, resource)


def _drop_policy(call: Call, resource: Resource) -> None:
    tags.set_policy(call.tx, resource.physical_id or "", None)


RESOURCES = (
    ResourceType(
        "AWS::Kinesis::Stream",
        {
            "Name": H,
            "ShardCount": H,
            "RetentionPeriodHours": H,
            "StreamModeDetails": H,
            "MaxRecordSizeInKiB": H,
            "StreamEncryption": R,
            "DesiredShardLevelMetrics": R,
            "WarmThroughputMiBps": R,
            "Tags": R,
        },
        _create_stream,
        _update_stream,
        _delete_stream,
        frozenset({"Name"}),
        validate=_validate_stream,
        attributes=("Arn", "WarmThroughputObject.CurrentMiBps", "WarmThroughputObject.TargetMiBps"),
    ),
    ResourceType(
        "AWS::Kinesis::StreamConsumer",
        {"ConsumerName": H, "StreamARN": H, "Tags": R},
        _create_consumer,
        _update_consumer,
        _delete_consumer,
        frozenset({"ConsumerName", "StreamARN"}),
    ),
    ResourceType(
        "AWS::Kinesis::ResourcePolicy",
        {"ResourceArn": H, "ResourcePolicy": R},
        _set_policy,
        _change_policy,
        _drop_policy,
        frozenset({"ResourceArn"}),
        adopts=(),
    ),
)
