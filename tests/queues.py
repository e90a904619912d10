"""Reading queues in tests."""

from __future__ import annotations

from typing import Any

from eventmill.testing import TestEngine


def taken(app: TestEngine, url: str) -> list[dict[str, Any]]:
    """The messages that a queue holds now, with all their attributes; taken out of it."""
    sqs, found = app.client("sqs"), []
    while messages := sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["All"],
    ).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        found += messages
    return found
