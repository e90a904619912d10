"""Topics.

https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.kernel.clock import iso_millis
from eventmill.kernel.errors import NotFound
from eventmill.services.contract import Call, Operations, Result
from eventmill.services.sns import archive, faults, topic_attributes
from eventmill.services.tags import tag_list, tag_map
from eventmill.store.transaction import Transaction

OPERATIONS = Operations()

_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}(\.fifo)?\Z")
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as stored."""

    arn: str
    attributes: Mapping[str, str]

    @property
    def fifo(self) -> bool:
        """Whether it keeps order."""
        return self.arn.endswith(".fifo")


def topic_arn(call: Call, name: str) -> str:
    """The ARN of a topic of this account."""
    return f"arn:aws:sns:{call.region}:{call.account}:{name}"


def find(tx: Transaction, arn: str) -> Topic | None:
    """The topic, or None."""
    row = tx.one("SELECT arn, attributes FROM sns_topics WHERE arn=?", (arn,))
    return None if row is None else Topic(row[0], json.loads(row[1]))


def require(tx: Transaction, arn: str | None) -> Topic:
    """Raises NotFound."""
    topic = find(tx, arn or "")
    if topic is None:
        raise faults.no_topic()
    return topic


def check(name: str, attributes: Mapping[str, str]) -> None:
    """Raises Invalid for a name or an attribute that no topic can have."""
    fifo = attributes.get("FifoTopic") == "true"
    if not _NAME.match(name) or len(name) > 256 or name.endswith(".fifo") != fifo:
        raise faults.invalid("Topic Name" if not fifo else "Fifo Topic names must end with .fifo")
    topic_attributes.check(attributes, fifo=fifo)


def create(call: Call, name: str, attributes: Mapping[str, str], tags: Mapping[str, str]) -> Topic:
    """Create a topic, or find the one of this name. Raises Invalid."""
    check(name, attributes)
    arn = topic_arn(call, name)
    found = find(call.tx, arn)
    if found is not None:
        if tags and tags != tags_of(call, arn):
            raise faults.invalid("Tags Reason: Topic already exists with different tags")
        if any(found.attributes.get(key) != value for key, value in attributes.items()):
            raise faults.invalid(
                "Attributes Reason: Topic already exists with different attributes"
            )
        return found
    call.tx.execute(
        "INSERT INTO sns_topics VALUES(?,?,?,0)", (arn, json.dumps(attributes), json.dumps(tags))
    )
    return Topic(arn, dict(attributes))


def change(tx: Transaction, topic: Topic, attributes: Mapping[str, str | None]) -> None:
    """Set attributes; None takes one away. Raises Invalid."""
    given = {key: value or "" for key, value in attributes.items()}
    topic_attributes.check(given, fifo=topic.fifo)
    kept = {key: value for key, value in {**topic.attributes, **given}.items() if value}
    tx.execute("UPDATE sns_topics SET attributes=? WHERE arn=?", (json.dumps(kept), topic.arn))


def delete(tx: Transaction, arn: str) -> None:
    """Deletes the topic with its subscriptions; one that is gone is no error."""
    tx.execute("DELETE FROM sns_topics WHERE arn=?", (arn,))
    tx.execute("DELETE FROM sns_subscriptions WHERE topic=?", (arn,))
    tx.execute("DELETE FROM sns_dedup WHERE topic=?", (arn,))
    tx.execute("DELETE FROM sns_archive WHERE topic=?", (arn,))


@OPERATIONS.write("CreateTopic")
def create_topic(call: Call, request: dict[str, Any]) -> Result:
    """The same topic again is answered with its ARN."""
    attributes = dict(request.get("Attributes") or {})
    if request.get("DataProtectionPolicy"):
        attributes["DataProtectionPolicy"] = request["DataProtectionPolicy"]
    tags = tag_map(request.get("Tags"))
    return {"TopicArn": create(call, request["Name"], attributes, tags).arn}


@OPERATIONS.write("DeleteTopic")
def delete_topic(call: Call, request: dict[str, Any]) -> Result:
    """A topic that is gone is no error."""
    delete(call.tx, request["TopicArn"])
    return {}


@OPERATIONS.scan("ListTopics")
def list_topics(call: Call, request: dict[str, Any]) -> Result:
    """Ordered by ARN, a hundred on a page."""
    rows = call.tx.all(
        "SELECT arn FROM sns_topics WHERE arn>? ORDER BY arn LIMIT ?",
        (request.get("NextToken") or "", _PAGE + 1),
    )
    answer: dict[str, Any] = {"Topics": [{"TopicArn": row[0]} for row in rows[:_PAGE]]}
    return answer | ({"NextToken": rows[_PAGE - 1][0]} if len(rows) > _PAGE else {})


@OPERATIONS.read("GetTopicAttributes")
def get_topic_attributes(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    topic = require(call.tx, request["TopicArn"])
    counts: dict[str, int] = dict(
        call.tx.all(
            "SELECT state, count(*) FROM sns_subscriptions WHERE topic=? GROUP BY state",
            (topic.arn,),
        )
    )
    attributes = topic_attributes.shown(topic.arn, call.account, topic.attributes)
    for state in ("Confirmed", "Pending", "Deleted"):
        attributes[f"Subscriptions{state}"] = str(counts.get(state.lower(), 0))
    if topic.attributes.get("ArchivePolicy"):
        begin = archive.beginning(call.tx, topic.arn)
        attributes["BeginningArchiveTime"] = iso_millis(call.now if begin is None else begin)
    return {"Attributes": attributes}


@OPERATIONS.write("SetTopicAttributes")
def set_topic_attributes(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound, Invalid."""
    topic = require(call.tx, request["TopicArn"])
    change(call.tx, topic, {request["AttributeName"]: request.get("AttributeValue")})
    return {}


def tags_of(call: Call, arn: str) -> dict[str, str]:
    """A topic's tags. Raises NotFound."""
    row = call.tx.one("SELECT tags FROM sns_topics WHERE arn=?", (arn,))
    if row is None:
        raise NotFound("ResourceNotFound", "Resource does not exist")
    tags: dict[str, str] = json.loads(row[0])
    return tags


@OPERATIONS.read("ListTagsForResource")
def list_tags_for_resource(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    return {"Tags": tag_list(tags_of(call, request["ResourceArn"]))}


@OPERATIONS.write("TagResource")
def tag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Tags are recorded: they mean nothing on one machine."""
    tags = tags_of(call, request["ResourceArn"])
    tags |= tag_map(request["Tags"])
    keep_tags(call, request["ResourceArn"], tags)
    return {}


@OPERATIONS.write("UntagResource")
def untag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Keys that are not there are no error."""
    tags = tags_of(call, request["ResourceArn"])
    keep_tags(
        call,
        request["ResourceArn"],
        {key: value for key, value in tags.items() if key not in request["TagKeys"]},
    )
    return {}


def keep_tags(call: Call, arn: str, tags: Mapping[str, str]) -> None:
    """Set all tags of a topic."""
    call.tx.execute("UPDATE sns_topics SET tags=? WHERE arn=?", (json.dumps(tags), arn))


@OPERATIONS.read("GetDataProtectionPolicy")
def get_data_protection_policy(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound for the topic."""
    topic = require(call.tx, request["ResourceArn"])
    return {"DataProtectionPolicy": topic.attributes.get("DataProtectionPolicy", "")}


@OPERATIONS.write("PutDataProtectionPolicy")
def put_data_protection_policy(call: Call, request: dict[str, Any]) -> Result:
    """Recorded: nothing inspects what passes. Raises NotFound."""
    topic = require(call.tx, request["ResourceArn"])
    change(call.tx, topic, {"DataProtectionPolicy": request["DataProtectionPolicy"]})
    return {}
