"""Publishing: one outbox row for each subscription that wants the message.

https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Mapping
from typing import Any

import orjson

from eventmill.kernel.clock import iso_millis
from eventmill.kernel.errors import Invalid
from eventmill.kernel.ids import Ids
from eventmill.kernel.policies import Asker
from eventmill.services.contract import Call, Result
from eventmill.services.sns import (
    access,
    archive,
    delivery_policy,
    faults,
    signatures,
    subscriptions,
    topics,
)
from eventmill.services.sns.emission import MAIL, emit_payload
from eventmill.services.sns.messages import text_for
from eventmill.services.sns.subscriptions import Subscription
from eventmill.services.sns.topics import OPERATIONS, Topic
from eventmill.store import outbox
from eventmill.store.transaction import Transaction

SIZE_LIMIT = 262_144
_DEDUP_SECONDS = 300
_PHONE = re.compile(r"\+[1-9][0-9]{1,14}\Z")

Attributes = Mapping[str, Mapping[str, Any]]


def size(message: str, attributes: Attributes) -> int:
    """Bytes that count against the limit."""
    total = len(message.encode())
    for name, value in attributes.items():
        content = value.get("BinaryValue") or str(value.get("StringValue") or "").encode()
        total += len(name.encode()) + len(value["DataType"].encode()) + len(content)
    return total


def _check(request: Mapping[str, Any]) -> int:
    """The message's size in bytes. Raises Invalid."""
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
        if value["DataType"].startswith("Number") and not _number(str(value.get("StringValue"))):
            raise Invalid(
                "ParameterValueInvalid",
                f"Could not cast message attribute '{name}' value to number.",
            )
    total = size(message, request.get("MessageAttributes") or {})
    if total > SIZE_LIMIT:
        raise faults.invalid("Message too long")
    if request.get("MessageStructure") == "json":
        _texts(message)
    return total


def _number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


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


def publish_one(call: Call, topic: Topic, request: Mapping[str, Any]) -> dict[str, Any]:
    """A message of a client; a FIFO topic answers a duplicate with the first one's number."""
    total = _check(request)
    group, dedup = request.get("MessageGroupId"), request.get("MessageDeduplicationId")
    if dedup is not None and not topic.fifo:
        raise faults.invalid(
            "The request includes MessageDeduplicationId parameter that is not valid for this "
            "topic type"
        )
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
    _fan_out(call.tx, topic, message, total, call.trace)
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


def _fan_out(
    tx: Transaction, topic: Topic, message: dict[str, Any], total: int, trace: str | None
) -> None:
    """Emit a message of `total` bytes to every confirmed subscription that wants it."""
    given = message["attributes"]
    name = topic.arn.rpartition(":")[2]
    tx.counted.append(("sns.published", name, total))
    message |= {
        "attributes": {name: _stored(value) for name, value in given.items()},
        "topic": topic.arn,
        "time": iso_millis(tx.now),
        "signing": topic.attributes.get("SignatureVersion") or "1",
    }
    if topic.attributes.get("ArchivePolicy"):
        archive.keep(tx, topic.arn, message)
    payload: bytes | None = None
    for subscription in subscriptions.of_topic(tx, topic.arn):
        if subscription.state != "confirmed":
            continue
        if not subscription.wants(text_for(message, subscription.protocol), given):
            tx.counted.append(("sns.filtered", name, 1))
            continue
        if payload is None:
            signatures.ensure(tx)
            payload = orjson.dumps(message)
        due = outbox.IN_ORDER if topic.fifo else _throttled(tx, topic, subscription)
        emit_payload(tx, subscription, payload, trace, due)


def _throttled(tx: Transaction, topic: Topic, subscription: Subscription) -> float | None:
    """When a delivery over HTTP may leave by its throttle policy; None for at once."""
    if subscription.protocol not in ("http", "https"):
        return None
    policy = delivery_policy.effective(
        topic.attributes.get("DeliveryPolicy"), subscription.attributes.get("DeliveryPolicy")
    )
    rate = policy["throttlePolicy"].get("maxReceivesPerSecond")
    if rate is None:
        return None
    due = max(tx.now, subscription.free_at)
    tx.execute(
        "UPDATE sns_subscriptions SET free_at=? WHERE arn=?", (due + 1 / rate, subscription.arn)
    )
    return due


def _stored(value: Mapping[str, Any]) -> dict[str, str]:
    if value.get("BinaryValue") is not None:
        text = base64.b64encode(value["BinaryValue"]).decode()
    else:
        text = str(value["StringValue"])
    return {"Type": value["DataType"], "Value": text}


def publish(
    tx: Transaction,
    ids: Ids,
    topic_arn: str,
    message: str,
    *,
    subject: str | None = None,
    attributes: Attributes | None = None,
    trace: str | None = None,
    asker: Asker | None = None,
) -> str:
    """Publish for another service, to a standard topic; returns the message's id.

    `asker` is a service that needs the topic's policy; one that acts by a role of the account is
    none. Raises NotFound for a topic that is gone, Denied, Invalid for a message that is too long.
    """
    topic = topics.require(tx, topic_arn)
    access.require(tx, topic, "Publish", asker)
    total = size(message, attributes or {})
    if total > SIZE_LIMIT:
        raise faults.invalid("Message too long")
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
    _fan_out(tx, topic, body, total, trace)
    return number


@OPERATIONS.write("Publish")
def do_publish(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound, Invalid."""
    if request.get("PhoneNumber"):
        return _text_message(call, request)
    arn = request.get("TopicArn") or request.get("TargetArn")
    if not arn:
        raise faults.invalid("TopicArn or TargetArn Reason: no value for required parameter")
    topic = topics.require(call.tx, arn)
    access.require(call.tx, topic, "Publish")
    return publish_one(call, topic, request)


def check_number(number: str) -> None:
    """Raises Invalid for what is no telephone number in E.164."""
    if not _PHONE.match(number):
        raise faults.invalid(f"PhoneNumber Reason: {number} is not valid to publish to")


def _text_message(call: Call, request: Mapping[str, Any]) -> Result:
    """An SMS to a number without a topic: into the local mailbox."""
    number = request["PhoneNumber"]
    check_number(number)
    _check(request)
    message_id = call.ids.uuid()
    message = {
        "id": message_id,
        "texts": {"default": request["Message"]},
        "subject": request.get("Subject"),
        "attributes": {
            name: _stored(value) for name, value in (request.get("MessageAttributes") or {}).items()
        },
        "phone": number,
        "time": iso_millis(call.now),
    }
    outbox.emit(call.tx, MAIL, number, orjson.dumps(message), trace=call.trace)
    return {"MessageId": message_id}
