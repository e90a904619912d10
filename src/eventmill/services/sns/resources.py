"""The CloudFormation types of SNS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eventmill.services.contract import (
    UNKNOWN,
    Call,
    Created,
    Resource,
    ResourceType,
    Support,
    attribute_text,
    generated_name,
    known,
    truth,
)
from eventmill.services.sns import subscription_attributes, subscriptions, topics
from eventmill.services.tags import tag_map

H, R = Support.HONOURED, Support.RECORDED
_TOPIC_ATTRIBUTES = (
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "DataProtectionPolicy",
    "DisplayName",
    "FifoThroughputScope",
    "KmsMasterKeyId",
    "TracingConfig",
    "SignatureVersion",
)


_FEEDBACK = {
    "http/s": "HTTP",
    "firehose": "Firehose",
    "lambda": "Lambda",
    "application": "Application",
    "sqs": "SQS",
}


def _attributes(properties: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    return {
        name: attribute_text(properties[name]) for name in names if properties.get(name) is not None
    }


def _topic_attributes(properties: Mapping[str, Any]) -> dict[str, str]:
    """The attributes that the API knows, those of DeliveryStatusLogging by their protocol."""
    attributes = _attributes(properties, _TOPIC_ATTRIBUTES)
    for entry in properties.get("DeliveryStatusLogging") or []:
        protocol = _FEEDBACK[entry["Protocol"].lower()]
        for name, value in entry.items():
            if name != "Protocol":
                attributes[f"{protocol}{name}"] = attribute_text(value)
    return attributes


def _validate_topic(properties: Mapping[str, Any]) -> None:
    if properties.get("FifoTopic") is UNKNOWN:
        return
    plain = known(properties)
    fifo = truth(plain.get("FifoTopic"))
    name = plain.get("TopicName") or ("name.fifo" if fifo else "name")
    topics.check(name, _topic_attributes(plain) | ({"FifoTopic": "true"} if fifo else {}))


def _topic(arn: str) -> Created:
    return Created(arn, {"TopicArn": arn, "TopicName": arn.rpartition(":")[2]})


def _create_topic(call: Call, resource: Resource) -> Created:
    properties = resource.properties
    fifo = truth(properties.get("FifoTopic"))
    name = properties.get("TopicName")
    if name is None:
        name = generated_name(resource, call.ids, limit=250) + (".fifo" if fifo else "")
    attributes = _topic_attributes(properties) | ({"FifoTopic": "true"} if fifo else {})
    topic = topics.create(call, name, attributes, tag_map(properties.get("Tags")))
    _subscribe(call, topic.arn, properties)
    return _topic(topic.arn)


def _subscribe(call: Call, arn: str, properties: Mapping[str, Any]) -> None:
    for entry in properties.get("Subscription") or []:
        subscriptions.subscribe(call, arn, entry["Protocol"], entry["Endpoint"], {})


def _update_topic(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    arn = resource.physical_id or ""
    wanted = _topic_attributes(resource.properties)
    gone = dict.fromkeys(set(_topic_attributes(old)) - set(wanted))
    topics.change(call.tx, topics.require(call.tx, arn), {**gone, **wanted})
    topics.keep_tags(call, arn, tag_map(resource.properties.get("Tags")))
    kept = [
        (one["Protocol"], one["Endpoint"]) for one in resource.properties.get("Subscription", [])
    ]
    for found in subscriptions.of_topic(call.tx, arn):
        was = {"Protocol": found.protocol, "Endpoint": found.endpoint}
        if was in old.get("Subscription", []) and (found.protocol, found.endpoint) not in kept:
            subscriptions.end(call, found)
    _subscribe(call, arn, resource.properties)
    return _topic(arn)


def _delete_topic(call: Call, resource: Resource) -> None:
    topics.delete(call.tx, resource.physical_id or "")


def _validate_subscription(properties: Mapping[str, Any]) -> None:
    plain = known(properties)
    if all(properties.get(name) is not UNKNOWN for name in ("Protocol", "FilterPolicyScope")):
        attributes = _attributes(plain, subscription_attributes.NAMES)
        subscription_attributes.check_values(plain["Protocol"], attributes)


def _create_subscription(call: Call, resource: Resource) -> Created:
    properties = resource.properties
    found = subscriptions.subscribe(
        call,
        properties["TopicArn"],
        properties["Protocol"],
        properties["Endpoint"],
        _attributes(properties, subscription_attributes.NAMES),
    )
    return Created(found.arn, {"Arn": found.arn})


def _update_subscription(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    arn = resource.physical_id or ""
    names = subscription_attributes.NAMES
    wanted = _attributes(resource.properties, names)
    subscriptions.change(call, arn, {name: wanted.get(name) for name in names})
    return Created(arn, {"Arn": arn})


def _delete_subscription(call: Call, resource: Resource) -> None:
    found = subscriptions.find(call.tx, resource.physical_id or "")
    if found is not None:
        subscriptions.end(call, found)


def _set_policy(call: Call, resource: Resource) -> Created:
    policy = attribute_text(resource.properties["PolicyDocument"])
    for arn in resource.properties["Topics"]:
        topics.change(call.tx, topics.require(call.tx, arn), {"Policy": policy})
    return Created(resource.physical_id or generated_name(resource, call.ids))


def _change_policy(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    _clear(call, set(old["Topics"]) - set(resource.properties["Topics"]))
    return _set_policy(call, resource)


def _drop_policy(call: Call, resource: Resource) -> None:
    _clear(call, resource.properties["Topics"])


def _clear(call: Call, arns: Iterable[str]) -> None:
    """Give topics their default policy again; one that is gone is no error."""
    for arn in arns:
        topic = topics.find(call.tx, arn)
        if topic is not None:
            topics.change(call.tx, topic, {"Policy": None})


def _set_inline_policy(call: Call, resource: Resource) -> Created:
    arn = resource.properties["TopicArn"]
    policy = attribute_text(resource.properties["PolicyDocument"])
    topics.change(call.tx, topics.require(call.tx, arn), {"Policy": policy})
    return Created(arn)


def _change_inline_policy(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _set_inline_policy(call, resource)


def _drop_inline_policy(call: Call, resource: Resource) -> None:
    _clear(call, [resource.properties["TopicArn"]])


RESOURCES = (
    ResourceType(
        "AWS::SNS::Topic",
        dict.fromkeys(
            (
                "ArchivePolicy",
                "ContentBasedDeduplication",
                "DisplayName",
                "FifoThroughputScope",
                "FifoTopic",
                "SignatureVersion",
                "Subscription",
                "TopicName",
            ),
            H,
        )
        | dict.fromkeys(
            (
                "DataProtectionPolicy",
                "DeliveryStatusLogging",
                "KmsMasterKeyId",
                "Tags",
                "TracingConfig",
            ),
            R,
        ),
        _create_topic,
        _update_topic,
        _delete_topic,
        frozenset({"TopicName", "FifoTopic"}),
        validate=_validate_topic,
        adopts=(),
        attributes=("TopicArn", "TopicName"),
    ),
    ResourceType(
        "AWS::SNS::Subscription",
        dict.fromkeys(
            (
                "DeliveryPolicy",
                "Endpoint",
                "FilterPolicy",
                "FilterPolicyScope",
                "Protocol",
                "RawMessageDelivery",
                "RedrivePolicy",
                "ReplayPolicy",
                "TopicArn",
            ),
            H,
        )
        | {"Region": R, "SubscriptionRoleArn": R},
        _create_subscription,
        _update_subscription,
        _delete_subscription,
        frozenset({"TopicArn", "Protocol", "Endpoint"}),
        validate=_validate_subscription,
        adopts=(),
        attributes=("Arn",),
    ),
    ResourceType(
        "AWS::SNS::TopicPolicy",
        {"PolicyDocument": H, "Topics": H},
        _set_policy,
        _change_policy,
        _drop_policy,
        overlaps=True,
    ),
    ResourceType(
        "AWS::SNS::TopicInlinePolicy",
        {"PolicyDocument": H, "TopicArn": H},
        _set_inline_policy,
        _change_inline_policy,
        _drop_inline_policy,
        frozenset({"TopicArn"}),
        adopts=(),
    ),
)
