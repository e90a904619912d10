"""Queues and topics that a template connects to a source, and lets nobody into.

Such a stack is made, on AWS too, and then loses its events: better said before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eventmill.template import Template, references

_POLICIES = {
    "AWS::SQS::QueueInlinePolicy": "Queue",
    "AWS::SQS::QueuePolicy": "Queues",
    "AWS::SNS::TopicInlinePolicy": "TopicArn",
    "AWS::SNS::TopicPolicy": "Topics",
}
"""Types, and the property that says what a policy lies on."""
_GUARDED = {"AWS::SQS::Queue": "AWS::SQS::QueuePolicy", "AWS::SNS::Topic": "AWS::SNS::TopicPolicy"}


def unadmitted(template: Template) -> Iterator[tuple[str, str]]:
    """(resource that pushes, what is to be said of it)."""
    open_ones: set[str] = set()
    for declared in template.resources.values():
        if declared.type in _POLICIES:
            open_ones |= references(declared.properties.get(_POLICIES[declared.type]))
    for declared in template.resources.values():
        pushes = _PUSHES.get(declared.type)
        for service, node in pushes(declared.properties) if pushes else ():
            for name in sorted(references(node) - open_ones):
                kind = template.resources[name].type if name in template.resources else ""
                if kind in _GUARDED:
                    yield (
                        declared.logical_id,
                        f"{kind} {name} gets nothing from {declared.type} {declared.logical_id}: "
                        f"no {_GUARDED[kind]} lets {service}.amazonaws.com in",
                    )


Push = tuple[str, Any]
"""(service, where it pushes to)."""


def _of_rule(properties: Mapping[str, Any]) -> Iterator[Push]:
    for target in _objects(properties.get("Targets")):
        if not target.get("RoleArn"):
            yield "events", target.get("Arn")
        yield "events", target.get("DeadLetterConfig")


def _of_subscription(properties: Mapping[str, Any]) -> Iterator[Push]:
    if properties.get("Protocol") == "sqs":
        yield "sns", properties.get("Endpoint")
    yield "sns", properties.get("RedrivePolicy")


def _of_topic(properties: Mapping[str, Any]) -> Iterator[Push]:
    for subscription in _objects(properties.get("Subscription")):
        yield from _of_subscription(subscription)


def _objects(node: Any) -> list[Mapping[str, Any]]:
    """Those of a list that are written out; a function gives others, later."""
    return [one for one in node if isinstance(one, dict)] if isinstance(node, list) else []


_PUSHES = {
    "AWS::Events::Rule": _of_rule,
    "AWS::SNS::Subscription": _of_subscription,
    "AWS::SNS::Topic": _of_topic,
}
