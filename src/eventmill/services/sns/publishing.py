"""Publishing: one outbox row for each subscription that wants the message.

https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

import orjson

from eventmill.kernel.clock import iso_millis
from eventmill.kernel.errors import Fault, Invalid
from eventmill.kernel.ids import Ids
from eventmill.services.contract import Call, Result
from eventmill.services.sns import faults, subscriptions, topics
from eventmill.services.sns.subscriptions import Subscription
from eventmill.services.sns.topics import OPERATIONS, Topic
from eventmill.store import outbox
from eventmill.store.transaction import Transaction

DELIVERY = "sns.delivery"
"""Kind of the outbox rows; target is the subscription's ARN, payload the message as JSON."""

SIZE_LIMIT = 262_144
_DEDUP_SECONDS = 300
_BATCH = 10
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}\Z")

Attributes = Mapping[str, Mapping[str, Any]]


def _size(message: str, attributes: Attributes) -> int:
    total = len(message.encode())
    for name, value in attributes.items():
        content = value.get("BinaryValue") or str(value.get("StringValue") or "").encode()
        total += len(name.encode()) + len(value["DataType"].encode()) + len(content)
    return total


def _check(request: Mapping[str, Any]) -> None:
    message = request.get("Message") or ""
    if not message:
        raise faults.invalid("Empty message")
    subject = request.get("Subject")
    if subject is not None and (not subject or len(subject) > 100 or not subject.isprintable()):
        raise faults.invalid("Subject")
    for name, value in (request.get("MessageAttributes") or {}).items():
        if value["DataType"].partition(".")[0] not in ("String", "Number", "Binary"):
            raise Invalid(
                "ParameterValueInvalid",
                f"The message attribute '{name}' has an invalid message attribute type, the set "
                f"of supported type prefixes is Binary, Number, and String.",
            )
        if not value.get("StringValue") and not value.get("BinaryValue"):
            raise Invalid(
                "ParameterValueInvalid",
                f"The message attribute '{name}' must contain non-empty message attribute value "
                f"for message attribute type '{value['DataType']}'.",
            )
    if _size(message, request.get("MessageAttributes") or {}) > SIZE_LIMIT:
        raise faults.invalid("Message too long")
    if request.get("MessageStructure") == "json":
        _texts(message)


def _texts(message: str) -> dict[str, str]:
    try:
        texts = json.loads(message)
    except ValueError:
        texts = None
    if not isinstance(texts, dict):
        raise faults.invalid("Message Structure - JSON message body failed to parse")
    if not isinstance(texts.get("default"), str):
        raise faults.invalid("Message Structure - No default entry in JSON message body")
    return texts


def _publish(call: Call, topic: Topic, request: Mapping[str, Any]) -> dict[str, Any]:
    _check(request)
    group, dedup = request.get("MessageGroupId"), request.get("MessageDeduplicationId")
    sequence = None
    number = call.ids.uuid()
    if topic.fifo:
        if not group:
            raise faults.invalid("The MessageGroupId parameter is required for FIFO topics")
        dedup = dedup or _content_dedup(topic, request["Message"])
        scope = group if topic.attributes.get("FifoThroughputScope") == "MessageGroup" else ""
        place = f"{scope}\n{dedup}"
        earlier = _duplicate(call.tx, topic, place)
        if earlier is not None:
            return {"MessageId": earlier[0], "SequenceNumber": earlier[1]}
        sequence = _sequence(call.tx, topic)
        call.tx.execute(
            "INSERT OR REPLACE INTO sns_dedup VALUES(?,?,?,?,?)",
            (topic.arn, place, number, sequence, call.now + _DEDUP_SECONDS),
        )
    texts = _texts(request["Message"]) if request.get("MessageStructure") == "json" else None
    message = {
        "id": number,
        "texts": texts or {"default": request["Message"]},
        "subject": request.get("Subject"),
        "attributes": request.get("MessageAttributes") or {},
        "group": group,
        "dedup": dedup,
        "sequence": sequence,
    }
    _fan_out(call.tx, topic.arn, message, call.trace)
    return {"MessageId": number} | ({"SequenceNumber": sequence} if sequence else {})


def _content_dedup(topic: Topic, message: str) -> str:
    if topic.attributes.get("ContentBasedDeduplication") != "true":
        raise faults.invalid(
            "The topic should either have ContentBasedDeduplication enabled or "
            "MessageDeduplicationId provided explicitly"
        )
    return hashlib.sha256(message.encode()).hexdigest()


def _duplicate(tx: Transaction, topic: Topic, place: str) -> tuple[str, str] | None:
    tx.execute("DELETE FROM sns_dedup WHERE topic=? AND expires<=?", (topic.arn, tx.now))
    row = tx.one(
        "SELECT message_id, sequence FROM sns_dedup WHERE topic=? AND dedup=?",
        (topic.arn, place),
    )
    return None if row is None else (row[0], row[1])


def _sequence(tx: Transaction, topic: Topic) -> str:
    row = tx.one(
        "UPDATE sns_topics SET sequence=sequence+1 WHERE arn=? RETURNING sequence", (topic.arn,)
    )
    assert row is not None
    return f"{10_000_000_000_000_000_000 + row[0]}"


def _fan_out(tx: Transaction, topic: str, message: Mapping[str, Any], trace: str | None) -> None:
    attributes = message["attributes"]
    payload: bytes | None = None
    for subscription in subscriptions.of_topic(tx, topic):
        if not subscription.wants(_text(message, subscription.protocol), attributes):
            continue
        if payload is None:
            shown = {name: _stored(value) for name, value in attributes.items()}
            payload = orjson.dumps(
                {**message, "attributes": shown, "topic": topic, "time": iso_millis(tx.now)}
            )
        outbox.emit(tx, DELIVERY, subscription.arn, payload, trace=trace)


def _stored(value: Mapping[str, Any]) -> dict[str, str]:
    if value.get("BinaryValue") is not None:
        text = base64.b64encode(value["BinaryValue"]).decode()
    else:
        text = str(value["StringValue"])
    return {"Type": value["DataType"], "Value": text}


def _text(message: Mapping[str, Any], protocol: str) -> str:
    texts: Mapping[str, str] = message["texts"]
    return texts.get(protocol, texts["default"])


def publish(
    tx: Transaction,
    ids: Ids,
    topic_arn: str,
    message: str,
    *,
    subject: str | None = None,
    attributes: Attributes | None = None,
    trace: str | None = None,
) -> str:
    """Publish for another service, to a standard topic; returns the message's id.

    Raises NotFound for a topic that is gone.
    """
    topic = topics.require(tx, topic_arn)
    if topic.fifo:
        raise faults.invalid("The MessageGroupId parameter is required for FIFO topics")
    number = ids.uuid()
    body = {
        "id": number,
        "texts": {"default": message},
        "subject": subject,
        "attributes": attributes or {},
        "group": None,
        "dedup": None,
        "sequence": None,
    }
    _fan_out(tx, topic.arn, body, trace)
    return number


@OPERATIONS.write("Publish")
def do_publish(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound, Invalid."""
    if request.get("PhoneNumber"):
        raise faults.invalid("PhoneNumber Reason: there is no telephone network on one machine")
    arn = request.get("TopicArn") or request.get("TargetArn")
    if not arn:
        raise faults.invalid("TopicArn or TargetArn Reason: no value for required parameter")
    return _publish(call, topics.require(call.tx, arn), request)


@OPERATIONS.write("PublishBatch")
def publish_batch(call: Call, request: dict[str, Any]) -> Result:
    """Entries fail alone."""
    topic = topics.require(call.tx, request["TopicArn"])
    entries = request["PublishBatchRequestEntries"]
    _check_batch(entries)
    done: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for entry in entries:
        try:
            done.append({"Id": entry["Id"], **_publish(call, topic, entry)})
        except Fault as fault:
            failed.append(
                {
                    "Id": entry["Id"],
                    "Code": fault.code,
                    "Message": fault.message,
                    "SenderFault": True,
                }
            )
    return {"Successful": done, "Failed": failed}


def _check_batch(entries: list[dict[str, Any]]) -> None:
    if not entries:
        raise Invalid("EmptyBatchRequest", "The batch request doesn't contain any entries.")
    if len(entries) > _BATCH:
        raise Invalid(
            "TooManyEntriesInBatchRequest",
            "The batch request contains more entries than permissible.",
        )
    ids = [entry["Id"] for entry in entries]
    if any(not _ENTRY_ID.match(number) for number in ids):
        raise Invalid("InvalidBatchEntryId", "The Id of a batch entry is invalid.")
    if len(set(ids)) < len(ids):
        raise Invalid(
            "BatchEntryIdsNotDistinct",
            "Two or more batch entries in the request have the same Id.",
        )
    sizes = (_size(one.get("Message") or "", one.get("MessageAttributes") or {}) for one in entries)
    if sum(sizes) > SIZE_LIMIT:
        raise Invalid(
            "BatchRequestTooLong",
            "The length of all the batch messages put together is more than the limit.",
        )


def envelope(
    message: Mapping[str, Any], subscription: Subscription, endpoint: str
) -> dict[str, Any]:
    """The JSON that queues get."""
    shown: dict[str, Any] = {
        "Type": "Notification",
        "MessageId": message["id"],
        **({"SequenceNumber": message["sequence"]} if message["sequence"] else {}),
        "TopicArn": message["topic"],
        **({"Subject": message["subject"]} if message["subject"] else {}),
        "Message": _text(message, subscription.protocol),
        "Timestamp": message["time"],
        "UnsubscribeURL": _unsubscribe(endpoint, subscription),
    }
    return shown | ({"MessageAttributes": message["attributes"]} if message["attributes"] else {})


def event(message: Mapping[str, Any], subscription: Subscription, endpoint: str) -> dict[str, Any]:
    """The event that functions get."""
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": subscription.arn,
                "Sns": {
                    "Type": "Notification",
                    "MessageId": message["id"],
                    "TopicArn": message["topic"],
                    "Subject": message["subject"],
                    "Message": _text(message, subscription.protocol),
                    "Timestamp": message["time"],
                    "UnsubscribeUrl": _unsubscribe(endpoint, subscription),
                    "MessageAttributes": message["attributes"],
                },
            }
        ]
    }


def raw_text(message: Mapping[str, Any], subscription: Subscription) -> str:
    """The message alone."""
    return _text(message, subscription.protocol)


def _unsubscribe(endpoint: str, subscription: Subscription) -> str:
    return f"{endpoint}/?Action=Unsubscribe&SubscriptionArn={subscription.arn}"
