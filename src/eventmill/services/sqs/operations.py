"""The API's operations on queues and single messages; batches and move tasks lie beside."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services import paging
from eventmill.services.contract import Call, Operations, Park, Result
from eventmill.services.sqs import (
    access,
    attempts,
    message_attributes,
    queues,
    receiving,
    redrive,
    sending,
)
from eventmill.services.sqs.attributes import COMPUTED, KNOWN
from eventmill.services.sqs.faults import invalid_parameter, missing, no_such_queue, value_invalid
from eventmill.services.sqs.queues import Queue, changed_key

OPERATIONS = Operations()

_LONGEST_VISIBILITY = 43_200
"""Seconds, counted from the receive."""


def queue_url(call: Call, name: str) -> str:
    """The URL handed out for a queue."""
    return f"{call.endpoint}/{call.account}/{name}"


def queue_arn(call: Call, name: str) -> str:
    """The ARN of a queue of this account."""
    return f"arn:aws:sqs:{call.region}:{call.account}:{name}"


def the_queue(call: Call, request: dict[str, Any], action: str = "") -> Queue:
    """The queue of the request's QueueUrl. Raises Denied when its policy denies `action`."""
    queue = queues.by_url(call.tx, request["QueueUrl"])
    if action:
        access.require(call.tx, queue, action)
    return queue


@OPERATIONS.write("CreateQueue")
def create_queue(call: Call, request: dict[str, Any]) -> Result:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html"""
    name = request["QueueName"]
    queue = queues.create(
        call.tx,
        name,
        queue_arn(call, name),
        request.get("Attributes") or {},
        request.get("tags") or {},
    )
    return {"QueueUrl": queue_url(call, queue.name)}


@OPERATIONS.sweep("DeleteQueue")
def delete_queue(call: Call, request: dict[str, Any]) -> Result:
    """Deletes the queue with its messages."""
    queues.delete(call.tx, the_queue(call, request))
    return {}


@OPERATIONS.read("GetQueueUrl")
def get_queue_url(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (NonExistentQueue), also for another account: there is one here."""
    if request.get("QueueOwnerAWSAccountId") not in (None, call.account):
        raise no_such_queue()
    return {"QueueUrl": queue_url(call, queues.by_name(call.tx, request["QueueName"]).name)}


@OPERATIONS.scan("ListQueues")
def list_queues(call: Call, request: dict[str, Any]) -> Result:
    """Pages are made only when MaxResults is given, as on AWS; else 1,000 at the most."""
    found = queues.every(call.tx, request.get("QueueNamePrefix") or "")
    urls, more = _page(call, request, [queue.name for queue in found])
    return ({"QueueUrls": urls} if urls else {}) | more


def _page(
    call: Call, request: dict[str, Any], names: Iterable[str]
) -> tuple[list[str], dict[str, str]]:
    """(the URLs of one page of the queues, NextToken where it is not the last). Raises Invalid."""
    given = request.get("MaxResults")
    limit = 1_000 if given is None else given
    if not 1 <= limit <= 1_000:
        raise value_invalid(limit, "MaxResults", "Must be between 1 and 1000, if provided.")
    named = ((name, queue_url(call, name)) for name in sorted(names))
    urls, token = paging.keyed(named, request.get("NextToken"), limit)
    return urls, {"NextToken": token} if given and token is not None else {}


@OPERATIONS.scan("ListDeadLetterSourceQueues")
def list_dead_letter_source_queues(call: Call, request: dict[str, Any]) -> Result:
    """The queues that redrive into this one, in pages as ListQueues makes them."""
    names = redrive.sources_of(call.tx, the_queue(call, request).arn)
    urls, more = _page(call, request, names)
    return {"queueUrls": urls} | more


@OPERATIONS.scan("GetQueueAttributes")
def get_queue_attributes(call: Call, request: dict[str, Any]) -> Result:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html"""
    queue = the_queue(call, request)
    names = request.get("AttributeNames") or []
    for name in names:
        if name != "All" and name not in KNOWN:
            raise Invalid("InvalidAttributeName", f"Unknown Attribute {name}.")
    values = dict(queue.attributes)
    values["QueueArn"] = queue.arn
    values["CreatedTimestamp"] = str(int(queue.created))
    values["LastModifiedTimestamp"] = str(int(queue.modified))
    if "All" in names or any(name.startswith("ApproximateNumber") for name in names):
        counted = queues.counts(call.tx, queue)
        values.update(zip(COMPUTED[3:], map(str, counted), strict=True))
    if "All" not in names:
        values = {name: value for name, value in values.items() if name in names}
    return {"Attributes": values} if values else {}


@OPERATIONS.write("SetQueueAttributes")
def set_queue_attributes(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (InvalidAttributeName, InvalidAttributeValue)."""
    queues.change(call.tx, the_queue(call, request), request["Attributes"])
    return {}


@OPERATIONS.sweep("PurgeQueue")
def purge_queue(call: Call, request: dict[str, Any]) -> Result:
    """Deletes all messages; once in 60 seconds."""
    queue = the_queue(call, request, "PurgeQueue")
    row = call.tx.one("SELECT purged FROM sqs_queues WHERE id=?", (queue.id,))
    if row is not None and row[0] is not None and call.now - row[0] < 60:
        raise Invalid(
            "AWS.SimpleQueueService.PurgeQueueInProgress",
            f"Only one PurgeQueue operation on {queue.name} is allowed every 60 seconds.",
        )
    queues.empty(call.tx, queue)
    call.tx.execute("UPDATE sqs_queues SET purged=? WHERE id=?", (call.now, queue.id))
    return {}


def draft(call: Call, request: dict[str, Any]) -> sending.Draft:
    """A message as SendMessage or a batch entry describes it, with the caller's trace if it
    brings none of its own."""
    system = request.get("MessageSystemAttributes") or {}
    for name, value in system.items():
        if name != "AWSTraceHeader":
            raise invalid_parameter(f"Message system attribute name '{name}' is invalid.")
        if value.get("DataType") != "String" or not value.get("StringValue"):
            raise invalid_parameter(
                f"Message system attribute '{name}' must be a non-empty value of type 'String'."
            )
    return sending.Draft(
        body=request["MessageBody"],
        attributes=request.get("MessageAttributes") or {},
        delay=request.get("DelaySeconds"),
        group=request.get("MessageGroupId"),
        dedup=request.get("MessageDeduplicationId"),
        trace=(system.get("AWSTraceHeader") or {}).get("StringValue") or call.trace,
    )


def sent_answer(sent: sending.Sent, request: dict[str, Any]) -> dict[str, Any]:
    """The members that tell the sender what was sent."""
    system = request.get("MessageSystemAttributes") or {}
    answer = {"MessageId": sent.message_id, "MD5OfMessageBody": sent.md5_body}
    if sent.md5_attributes is not None:
        answer["MD5OfMessageAttributes"] = sent.md5_attributes
    if system:
        answer["MD5OfMessageSystemAttributes"] = message_attributes.digest(system)
    if sent.sequence is not None:
        answer["SequenceNumber"] = sent.sequence
    return answer


@OPERATIONS.write("SendMessage")
def send_message(call: Call, request: dict[str, Any]) -> Result:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html"""
    queue = the_queue(call, request, "SendMessage")
    message = draft(call, request)
    sending.check(queue, message)
    return sent_answer(sending.send(call.tx, call.ids, queue, message, call.principal), request)


@OPERATIONS.write("ReceiveMessage")
def receive_message(call: Call, request: dict[str, Any]) -> Result:
    """Waits up to WaitTimeSeconds for the first message."""
    queue = the_queue(call, request, "ReceiveMessage")
    limit = request.get("MaxNumberOfMessages")
    limit = 1 if limit is None else limit
    if not 1 <= limit <= 10:
        raise value_invalid(limit, "MaxNumberOfMessages", "Must be between 1 and 10, if provided.")
    wait = request.get("WaitTimeSeconds")
    wait = queue.wait if wait is None else wait
    if not 0 <= wait <= 20:
        raise value_invalid(wait, "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.")
    visibility = _visibility(request.get("VisibilityTimeout"), queue.visibility)
    messages = _received(call, queue, request, limit, visibility)
    if messages:
        return {"Messages": [_shape(message, request) for message in messages]}
    if not wait and not queue.fifo and receiving.room(call.tx, queue) <= 0:
        raise Invalid("OverLimit", "Too many messages in flight.", status=403)
    until = (call.waited_since or call.now) + wait
    if until <= call.now:
        call.tx.counted.append(("sqs.empty", queue.name, 1))
        return {}
    # A message may come back by itself, without any commit that would announce it.
    back = receiving.next_visible(call.tx, queue)
    return Park((changed_key(queue.arn),), min(until, back) if back else until, {})


def _received(
    call: Call, queue: Queue, request: dict[str, Any], limit: int, visibility: int
) -> list[receiving.Message]:
    """Messages of this receive, or those of an earlier one that is asked for again."""
    attempt = request.get("ReceiveRequestAttemptId")
    if attempt is None:
        return receiving.receive(call.tx, call.ids, queue, limit, visibility)
    if not queue.fifo:
        raise value_invalid(attempt, "ReceiveRequestAttemptId", sending.OTHER_TYPE)
    if not sending.GROUP.match(attempt):
        raise value_invalid(
            attempt,
            "ReceiveRequestAttemptId",
            "ReceiveRequestAttemptId can only include alphanumeric and punctuation characters. "
            "1 to 128 in length.",
        )
    messages = attempts.repeated(call.tx, queue, attempt, visibility)
    if messages is None:
        messages = receiving.receive(call.tx, call.ids, queue, limit, visibility)
        if messages:
            attempts.keep(call.tx, queue, attempt, messages, visibility)
    return messages


def _visibility(given: int | None, default: int) -> int:
    visibility = default if given is None else given
    if not 0 <= visibility <= _LONGEST_VISIBILITY:
        raise value_invalid(
            visibility, "VisibilityTimeout", "Must be between 0 and 43200, if provided."
        )
    return visibility


def _shape(message: receiving.Message, request: dict[str, Any]) -> dict[str, Any]:
    shaped: dict[str, Any] = {
        "MessageId": message.message_id,
        "ReceiptHandle": message.handle,
        "MD5OfBody": message.md5_of_body,
        "Body": message.body,
    }
    wanted = (request.get("MessageSystemAttributeNames") or []) + (
        request.get("AttributeNames") or []
    )
    system = {k: v for k, v in message.attributes.items() if "All" in wanted or k in wanted}
    if system:
        shaped["Attributes"] = system
    names = request.get("MessageAttributeNames") or []
    chosen = message_attributes.select(message.message_attributes, names) if names else {}
    if chosen:
        shaped["MessageAttributes"] = chosen
        shaped["MD5OfMessageAttributes"] = message_attributes.digest(chosen)
    return shaped


@OPERATIONS.write("DeleteMessage")
def delete_message(call: Call, request: dict[str, Any]) -> Result:
    """Idempotent on standard queues; a FIFO queue refuses a handle that has expired."""
    queue = the_queue(call, request, "DeleteMessage")
    delete_one(call, queue, request["ReceiptHandle"])
    return {}


def delete_one(call: Call, queue: Queue, handle: str) -> None:
    """Delete one received message. Raises Invalid."""
    if queue.fifo:
        _, seq, _ = receiving.parse_handle(handle)
        still_there = call.tx.one("SELECT 1 FROM sqs_messages WHERE seq=?", (seq,))
        if still_there and not receiving.in_flight(call.tx, queue, handle):
            raise value_invalid(handle, "ReceiptHandle", "The receipt handle has expired.")
    receiving.delete(call.tx, queue, [handle])


@OPERATIONS.write("ChangeMessageVisibility")
def change_message_visibility(call: Call, request: dict[str, Any]) -> Result:
    """Sets the time from now at which the message comes back."""
    queue = the_queue(call, request, "ChangeMessageVisibility")
    change_one(call, queue, request["ReceiptHandle"], request["VisibilityTimeout"])
    return {}


def change_one(call: Call, queue: Queue, handle: str, visibility: int) -> None:
    """Change one message's visibility. Raises Invalid."""
    if not 0 <= visibility <= _LONGEST_VISIBILITY:
        raise value_invalid(
            visibility, "VisibilityTimeout", "VisibilityTimeout must be between 0 and 43200."
        )
    _, seq, _ = receiving.parse_handle(handle)
    row = call.tx.one("SELECT received FROM sqs_messages WHERE seq=? AND queue=?", (seq, queue.id))
    if row is None:
        raise value_invalid(
            handle,
            "ReceiptHandle",
            "Message does not exist or is not available for visibility timeout change.",
        )
    if not receiving.in_flight(call.tx, queue, handle):
        raise Invalid(
            "AWS.SimpleQueueService.MessageNotInflight",
            "The message referred to is not in flight.",
        )
    if call.now + visibility > (row[0] or call.now) + _LONGEST_VISIBILITY:
        raise value_invalid(
            visibility,
            "VisibilityTimeout",
            "Total VisibilityTimeout for the message is beyond the limit "
            f"[{_LONGEST_VISIBILITY} seconds].",
        )
    receiving.change_visibility(call.tx, queue, handle, call.now + visibility)


@OPERATIONS.write("TagQueue")
def tag_queue(call: Call, request: dict[str, Any]) -> Result:
    """Tags are recorded; they have no meaning on one machine."""
    _retag(call, the_queue(call, request), request["Tags"], ())
    return {}


@OPERATIONS.write("UntagQueue")
def untag_queue(call: Call, request: dict[str, Any]) -> Result:
    """Takes tags away."""
    _retag(call, the_queue(call, request), {}, request["TagKeys"])
    return {}


def _tags(call: Call, queue: Queue) -> dict[str, str]:
    row = call.tx.one("SELECT tags FROM sqs_queues WHERE id=?", (queue.id,))
    tags: dict[str, str] = json.loads(row[0]) if row else {}
    return tags


def _retag(call: Call, queue: Queue, added: dict[str, str], removed: Any) -> None:
    tags = {k: v for k, v in (_tags(call, queue) | added).items() if k not in removed}
    queues.set_tags(call.tx, queue, tags)


@OPERATIONS.read("ListQueueTags")
def list_queue_tags(call: Call, request: dict[str, Any]) -> Result:
    """The recorded tags."""
    return {"Tags": _tags(call, the_queue(call, request))}


@OPERATIONS.write("AddPermission")
def add_permission(call: Call, request: dict[str, Any]) -> Result:
    """Adds a statement to the queue's policy."""
    queue = the_queue(call, request)
    policy = json.loads(queue.attributes.get("Policy") or "{}")
    statements = policy.setdefault("Statement", [])
    policy.setdefault("Version", "2008-10-17")
    label = request["Label"]
    if any(statement.get("Sid") == label for statement in statements):
        raise value_invalid(label, "Label", "Already exists.")
    statements.append(
        {
            "Sid": label,
            "Effect": "Allow",
            "Principal": {
                "AWS": [f"arn:aws:iam::{account}:root" for account in request["AWSAccountIds"]]
            },
            "Action": [f"SQS:{action}" for action in request["Actions"]],
            "Resource": queue.arn,
        }
    )
    queues.change(call.tx, queue, {"Policy": json.dumps(policy)})
    return {}


@OPERATIONS.write("RemovePermission")
def remove_permission(call: Call, request: dict[str, Any]) -> Result:
    """Takes a statement out of the queue's policy."""
    queue = the_queue(call, request)
    policy = json.loads(queue.attributes.get("Policy") or "{}")
    kept = [s for s in policy.get("Statement", []) if s.get("Sid") != request["Label"]]
    if len(kept) == len(policy.get("Statement", [])):
        raise (
            missing("Label")
            if not request["Label"]
            else value_invalid(request["Label"], "Label", "can't find label on existing policy.")
        )
    policy["Statement"] = kept
    queues.change(call.tx, queue, {"Policy": json.dumps(policy) if kept else ""})
    return {}
