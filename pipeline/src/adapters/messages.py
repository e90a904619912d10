"""What the stages tell each other, and whom they tell when they give up."""

from __future__ import annotations

import json
import os
from typing import Any

from adapters.clients import client
from adapters.records import Record, Ref


def queue_work(ref: Ref, /, **more: Any) -> None:
    """Have the document's text read; with `rest`, what an earlier portion left."""
    client("sqs").send_message(
        QueueUrl=os.environ["WORK_QUEUE"], MessageBody=json.dumps({**ref.detail(), **more})
    )


def announce(detail_type: str, ref: Ref, /, **more: Any) -> None:
    """Put an event on the pipeline's bus. Raises RuntimeError when the bus refuses it."""
    answer = client("events").put_events(
        Entries=[
            {
                "EventBusName": os.environ["BUS"],
                "Source": "documents",
                "DetailType": detail_type,
                "Detail": json.dumps({**ref.detail(), **more}),
            }
        ]
    )
    if answer["FailedEntryCount"]:
        raise RuntimeError(f"the bus refused {detail_type}: {answer['Entries'][0]}")


def announce_extracted(ref: Ref, record: Record) -> None:
    """Tell the bus that a document's text was read."""
    announce(
        "DocumentExtracted",
        ref,
        kind=record["kind"],
        pages=int(record["pages"]),
        characters=int(record["characters"]),
        language=record["language"],
    )


def bury(ref: Ref, code: str, message: str, body: str) -> None:
    """Put what gave up into the dead-letter queue, with its reason beside it."""
    texts = {"document": f"{ref.tenant}/{ref.id}", "run": str(ref.run), "code": code}
    client("sqs").send_message(
        QueueUrl=os.environ["DEAD_LETTERS"],
        MessageBody=body,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": text}
            for name, text in {**texts, "reason": message[:1_000] or code}.items()
        },
    )


def notify(subject: str, text: str) -> None:
    """Tell people."""
    client("sns").publish(TopicArn=os.environ["NOTICES"], Subject=subject[:100], Message=text)
