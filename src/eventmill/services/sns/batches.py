"""PublishBatch: up to ten messages, each of which may fail alone.

https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
"""

from __future__ import annotations

import re
from typing import Any

from eventmill.kernel.errors import Fault, Invalid
from eventmill.services.contract import Call, Result
from eventmill.services.sns import access, topics
from eventmill.services.sns.publishing import SIZE_LIMIT, publish_one, size
from eventmill.services.sns.topics import OPERATIONS

_BATCH = 10
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}\Z")


@OPERATIONS.write("PublishBatch")
def publish_batch(call: Call, request: dict[str, Any]) -> Result:
    """Entries fail alone."""
    topic = topics.require(call.tx, request["TopicArn"])
    access.require(call.tx, topic, "Publish")
    entries = request["PublishBatchRequestEntries"]
    _check_batch(entries)
    done: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for entry in entries:
        try:
            done.append({"Id": entry["Id"], **publish_one(call, topic, entry)})
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
    sizes = (size(one.get("Message") or "", one.get("MessageAttributes") or {}) for one in entries)
    if sum(sizes) > SIZE_LIMIT:
        raise Invalid(
            "BatchRequestTooLong",
            "The length of all the batch messages put together is more than the limit.",
        )
