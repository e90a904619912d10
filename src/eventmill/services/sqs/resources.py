"""The CloudFormation types of SQS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from eventmill.kernel.similar import meant
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
from eventmill.services.sqs import queues
from eventmill.services.sqs.attributes import DEFAULTS, FIFO_ONLY, check_throughput, validate
from eventmill.services.sqs.faults import value_invalid
from eventmill.services.sqs.operations import queue_arn, queue_url
from eventmill.services.sqs.queues import Queue
from eventmill.services.tags import tag_map

_ATTRIBUTES = (
    "VisibilityTimeout",
    "DelaySeconds",
    "ReceiveMessageWaitTimeSeconds",
    "MessageRetentionPeriod",
    "MaximumMessageSize",
    "RedrivePolicy",
    "RedriveAllowPolicy",
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "FifoThroughputLimit",
    "KmsMasterKeyId",
    "KmsDataKeyReusePeriodSeconds",
    "SqsManagedSseEnabled",
)
_REDRIVE = frozenset({"deadLetterTargetArn", "maxReceiveCount"})
_RECORDED = ("KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled", "Tags")


def _attributes(properties: Mapping[str, Any]) -> dict[str, str]:
    return {name: attribute_text(properties[name]) for name in _ATTRIBUTES if name in properties}


def _validate(properties: Mapping[str, Any]) -> None:
    plain = known(properties)
    redrive = properties.get("RedrivePolicy")
    if isinstance(redrive, dict) and redrive and (lost := _REDRIVE - redrive.keys()):
        name = min(lost)
        given = next((one for one in redrive if meant(one, [name])), "")
        instead = f"; did you mean it by {given}?" if given else "."
        text = ", ".join(redrive)
        reason = f"Redrive policy does not contain mandatory attribute: {name}{instead}"
        raise value_invalid(text, "RedrivePolicy", reason)
    for name in ("FifoQueue", "ContentBasedDeduplication"):
        value = str(properties.get(name) or "false").lower()
        if properties.get(name) is not UNKNOWN and value not in ("true", "false"):
            raise value_invalid(value, name, "Must be true or false.")
    # The dead letter queue is most often one of the stack, and known later.
    if isinstance(redrive, dict) and known(redrive).get("maxReceiveCount") is not None:
        plain["RedrivePolicy"] = redrive
    if any(properties.get(name) is UNKNOWN for name in ("FifoQueue", *FIFO_ONLY)):
        for name in FIFO_ONLY:
            plain.pop(name, None)
    fifo = truth(plain.get("FifoQueue"))
    name = plain.get("QueueName") or ("name.fifo" if fifo else "name")
    if properties.get("FifoQueue") is not UNKNOWN:
        queues.check_name(name, fifo=fifo)
    check_throughput(validate(_attributes(plain), fifo=fifo))


def _created(call: Call, name: str) -> Created:
    url = queue_url(call, name)
    return Created(url, {"Arn": queue_arn(call, name), "QueueName": name, "QueueUrl": url})


def _create(call: Call, resource: Resource) -> Created:
    properties = resource.properties
    fifo = truth(properties.get("FifoQueue"))
    name = properties.get("QueueName")
    if name is None:
        name = generated_name(resource, call.ids, limit=75) + (".fifo" if fifo else "")
    attributes = _attributes(properties) | ({"FifoQueue": "true"} if fifo else {})
    queues.create(call.tx, name, queue_arn(call, name), attributes, tag_map(properties.get("Tags")))
    return _created(call, name)


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    queue = queues.by_url(call.tx, resource.physical_id or "")
    wanted = _attributes(resource.properties)
    gone = set(_attributes(old)) - set(wanted)
    queues.change(call.tx, queue, wanted | {name: DEFAULTS.get(name, "") for name in gone})
    queues.set_tags(call.tx, queue, tag_map(resource.properties.get("Tags")))
    return _created(call, queue.name)


def _delete(call: Call, resource: Resource) -> None:
    for queue in _left(call, [resource.physical_id or ""]):
        queues.delete(call.tx, queue)


def _left(call: Call, urls: Iterable[str]) -> Iterator[Queue]:
    """The queues of these URLs that are still there: one may have been deleted by hand."""
    for url in urls:
        queue = queues.by_arn(call.tx, queue_arn(call, url.rpartition("/")[2]))
        if queue is not None:
            yield queue


def _urls(properties: Mapping[str, Any]) -> list[str]:
    """The queues of a policy: one where it is an inline one."""
    return [properties["Queue"]] if "Queue" in properties else properties["Queues"]


def _set_policies(call: Call, resource: Resource) -> Created:
    policy = attribute_text(resource.properties["PolicyDocument"])
    for url in _urls(resource.properties):
        queues.change(call.tx, queues.by_url(call.tx, url), {"Policy": policy})
    return Created(resource.physical_id or generated_name(resource, call.ids))


def _change_policies(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    _clear(call, set(_urls(old)) - set(_urls(resource.properties)))
    return _set_policies(call, resource)


def _drop_policies(call: Call, resource: Resource) -> None:
    _clear(call, _urls(resource.properties))


def _clear(call: Call, urls: Iterable[str]) -> None:
    for queue in _left(call, urls):
        queues.change(call.tx, queue, {"Policy": ""})


RESOURCES = (
    ResourceType(
        "AWS::SQS::Queue",
        dict.fromkeys((*_ATTRIBUTES, "QueueName", "FifoQueue"), Support.HONOURED)
        | dict.fromkeys(_RECORDED, Support.RECORDED),
        _create,
        _update,
        _delete,
        frozenset({"QueueName", "FifoQueue"}),
        validate=_validate,
        adopts=(),
        attributes=("Arn", "QueueName", "QueueUrl"),
    ),
    ResourceType(
        "AWS::SQS::QueuePolicy",
        {"PolicyDocument": Support.HONOURED, "Queues": Support.HONOURED},
        _set_policies,
        _change_policies,
        _drop_policies,
        overlaps=True,
    ),
    ResourceType(
        "AWS::SQS::QueueInlinePolicy",
        {"PolicyDocument": Support.HONOURED, "Queue": Support.HONOURED},
        _set_policies,
        _change_policies,
        _drop_policies,
        frozenset({"Queue"}),
        overlaps=True,
    ),
)
