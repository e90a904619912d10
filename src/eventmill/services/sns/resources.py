"""The CloudFormation types of SNS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import (
    Call,
    Created,
    Refused,
    Resource,
    ResourceType,
    Support,
    attribute_text,
    generated_name,
)
from eventmill.services.sns import subscriptions, topics

H, R = Support.HONOURED, Support.RECORDED
_TOPIC_ATTRIBUTES = (
    "ContentBasedDeduplication",
    "DisplayName",
    "FifoThroughputScope",
    "KmsMasterKeyId",
    "TracingConfig",
    "SignatureVersion",
)


def _attributes(properties: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    return {
        name: attribute_text(properties[name]) for name in names if properties.get(name) is not None
    }


def _topic(arn: str) -> Created:
    return Created(arn, {"TopicArn": arn, "TopicName": arn.rpartition(":")[2]})


def _create_topic(call: Call, resource: Resource) -> Created:
    properties = resource.properties
    fifo = attribute_text(properties.get("FifoTopic", False)) == "true"
    name = properties.get("TopicName")
    if name is None:
        name = generated_name(resource, call.ids, limit=250) + (".fifo" if fifo else "")
    attributes = _attributes(properties, _TOPIC_ATTRIBUTES) | (
        {"FifoTopic": "true"} if fifo else {}
    )
    topic = topics.create(call, name, attributes, {})
    _subscribe(call, topic.arn, properties)
    return _topic(topic.arn)


def _subscribe(call: Call, arn: str, properties: Mapping[str, Any]) -> None:
    for entry in properties.get("Subscription") or []:
        subscriptions.subscribe(call, arn, entry["Protocol"], entry["Endpoint"], {})


def _update_topic(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    arn = resource.physical_id or ""
    wanted = _attributes(resource.properties, _TOPIC_ATTRIBUTES)
    gone = dict.fromkeys(set(_attributes(old, _TOPIC_ATTRIBUTES)) - set(wanted))
    topics.change(call.tx, topics.require(call.tx, arn), {**gone, **wanted})
    kept = [
        (one["Protocol"], one["Endpoint"]) for one in resource.properties.get("Subscription", [])
    ]
    for found in subscriptions.of_topic(call.tx, arn):
        was = {"Protocol": found.protocol, "Endpoint": found.endpoint}
        if was in old.get("Subscription", []) and (found.protocol, found.endpoint) not in kept:
            subscriptions.unsubscribe(call.tx, found.arn)
    _subscribe(call, arn, resource.properties)
    return _topic(arn)


def _delete_topic(call: Call, resource: Resource) -> None:
    topics.delete(call.tx, resource.physical_id or "")


def _create_subscription(call: Call, resource: Resource) -> Created:
    properties = resource.properties
    found = subscriptions.subscribe(
        call,
        properties["TopicArn"],
        properties["Protocol"],
        properties["Endpoint"],
        _attributes(properties, subscriptions.ATTRIBUTES),
    )
    return Created(found.arn, {"Arn": found.arn})


def _update_subscription(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    arn = resource.physical_id or ""
    wanted = _attributes(resource.properties, subscriptions.ATTRIBUTES)
    subscriptions.change(call, arn, {name: wanted.get(name) for name in subscriptions.ATTRIBUTES})
    return Created(arn, {"Arn": arn})


def _delete_subscription(call: Call, resource: Resource) -> None:
    subscriptions.unsubscribe(call.tx, resource.physical_id or "")


def _set_policy(call: Call, resource: Resource) -> Created:
    policy = json.dumps(resource.properties["PolicyDocument"])
    for arn in resource.properties["Topics"]:
        topics.change(call.tx, topics.require(call.tx, arn), {"Policy": policy})
    return Created(resource.physical_id or generated_name(resource, call.ids))


def _change_policy(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _set_policy(call, resource)


def _drop_policy(call: Call, resource: Resource) -> None:
    for arn in resource.properties["Topics"]:
        topic = topics.find(call.tx, arn)
        if topic is not None:
            topics.change(call.tx, topic, {"Policy": None})


_NOT_YET = "is not offered yet"

RESOURCES = (
    ResourceType(
        "AWS::SNS::Topic",
        dict.fromkeys(
            (
                "TopicName",
                "FifoTopic",
                "Subscription",
                "ContentBasedDeduplication",
                "DisplayName",
                "FifoThroughputScope",
            ),
            H,
        )
        | dict.fromkeys(("KmsMasterKeyId", "TracingConfig", "SignatureVersion", "Tags"), R)
        | {
            "ArchivePolicy": Refused(f"an archive of FIFO messages {_NOT_YET}"),
            "DataProtectionPolicy": Refused("data protection is a service of AWS"),
            "DeliveryStatusLogging": Refused(f"a log of deliveries {_NOT_YET}"),
        },
        _create_topic,
        _update_topic,
        _delete_topic,
        frozenset({"TopicName", "FifoTopic"}),
    ),
    ResourceType(
        "AWS::SNS::Subscription",
        dict.fromkeys(("TopicArn", "Protocol", "Endpoint", *subscriptions.ATTRIBUTES), H)
        | {
            "Region": R,
            "DeliveryPolicy": Refused("it is for HTTP endpoints, which are not offered yet"),
            "ReplayPolicy": Refused(f"replaying an archive {_NOT_YET}"),
            "SubscriptionRoleArn": Refused("there is no Firehose"),
        },
        _create_subscription,
        _update_subscription,
        _delete_subscription,
        frozenset({"TopicArn", "Protocol", "Endpoint"}),
    ),
    ResourceType(
        "AWS::SNS::TopicPolicy",
        {"PolicyDocument": R, "Topics": H},
        _set_policy,
        _change_policy,
        _drop_policy,
    ),
)
