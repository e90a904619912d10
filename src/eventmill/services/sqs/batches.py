"""The batch operations: faults of the request fail it, faults of an entry fail that entry."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from eventmill.kernel.errors import Fault, Invalid
from eventmill.services.contract import Call, Result
from eventmill.services.sqs import sending
from eventmill.services.sqs.attributes import MAXIMUM_SIZE
from eventmill.services.sqs.operations import (
    OPERATIONS,
    change_one,
    delete_one,
    draft,
    sent_answer,
    the_queue,
)

_ID = re.compile(r"[A-Za-z0-9_-]{1,80}\Z")
_PREFIX = "AWS.SimpleQueueService."


def entries_of(request: dict[str, Any]) -> list[dict[str, Any]]:
    """The entries, counted and with good ids. Raises Invalid for the whole request."""
    entries: list[dict[str, Any]] = request.get("Entries") or []
    if not entries:
        raise Invalid(
            _PREFIX + "EmptyBatchRequest",
            "There should be at least one SendMessageBatchRequestEntry in the request.",
        )
    if len(entries) > 10:
        raise Invalid(
            _PREFIX + "TooManyEntriesInBatchRequest",
            f"Maximum number of entries per request are 10. You have sent {len(entries)}.",
        )
    seen: set[str] = set()
    for entry in entries:
        if not _ID.match(entry["Id"]):
            raise Invalid(
                _PREFIX + "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and "
                "underscores. It can be at most 80 letters long.",
            )
        if entry["Id"] in seen:
            raise Invalid(_PREFIX + "BatchEntryIdsNotDistinct", f"Id {entry['Id']} repeated.")
        seen.add(entry["Id"])
    return entries


def each(
    entries: list[dict[str, Any]], act: Callable[[dict[str, Any]], dict[str, Any]]
) -> dict[str, Any]:
    """Run `act` for every entry; its faults are that entry's alone."""
    successful: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for entry in entries:
        try:
            successful.append({"Id": entry["Id"], **act(entry)})
        except Fault as fault:
            failed.append(
                {
                    "Id": entry["Id"],
                    "SenderFault": True,
                    "Code": fault.code,
                    "Message": fault.message,
                }
            )
    answer: dict[str, Any] = {"Successful": successful}
    if failed:
        answer["Failed"] = failed
    return answer


def _size(entry: dict[str, Any]) -> int:
    """Bytes of an entry's body and attributes; of a faulty attribute those that are there."""
    body = (entry.get("MessageBody") or "").encode()
    attributes = (entry.get("MessageAttributes") or {}).items()
    return len(body) + sum(
        len(name.encode())
        + len((value.get("DataType") or "").encode())
        + len(value.get("BinaryValue") or (value.get("StringValue") or "").encode())
        for name, value in attributes
    )


@OPERATIONS.write("SendMessageBatch")
def send_message_batch(call: Call, request: dict[str, Any]) -> Result:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html"""
    queue = the_queue(call, request, "SendMessage")
    entries = entries_of(request)
    total = sum(_size(entry) for entry in entries)
    if total > MAXIMUM_SIZE:
        raise Invalid(
            _PREFIX + "BatchRequestTooLong",
            f"Batch requests cannot be longer than {MAXIMUM_SIZE} bytes. "
            f"You have sent {total} bytes.",
        )

    def send(entry: dict[str, Any]) -> dict[str, Any]:
        message = draft(call, entry)
        sending.check(queue, message)
        sent = sending.send(call.tx, call.ids, queue, message, call.principal)
        return sent_answer(sent, entry)

    return each(entries, send)


@OPERATIONS.write("DeleteMessageBatch")
def delete_message_batch(call: Call, request: dict[str, Any]) -> Result:
    """Deletes up to ten received messages."""
    queue = the_queue(call, request, "DeleteMessage")

    def delete(entry: dict[str, Any]) -> dict[str, Any]:
        delete_one(call, queue, entry["ReceiptHandle"])
        return {}

    return each(entries_of(request), delete)


@OPERATIONS.write("ChangeMessageVisibilityBatch")
def change_message_visibility_batch(call: Call, request: dict[str, Any]) -> Result:
    """Changes the visibility of up to ten received messages."""
    queue = the_queue(call, request, "ChangeMessageVisibility")

    def change(entry: dict[str, Any]) -> dict[str, Any]:
        change_one(call, queue, entry["ReceiptHandle"], entry.get("VisibilityTimeout") or 0)
        return {}

    return each(entries_of(request), change)
