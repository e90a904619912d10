"""The events of a pipe: what a source's record is, and what a template makes of it; pure.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-source.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from eventmill.patterns.paths import MISSING, value_at
from eventmill.patterns.templates import fill, placeholders
from eventmill.services.pipes import Pipe

_ENCODED = {
    "aws:sqs": ("body",),
    "aws:kinesis": ("data",),
    "aws:kafka": ("key", "value"),
    "SelfManagedKafka": ("key", "value"),
}
"""The fields of each source that hold the user's own data."""


def event_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """The event that a pipe makes of a record in the shape in which functions get it.

    Kinesis's record lies flat in a pipe, its data beside what surrounds it.
    """
    event = dict(record)
    return {**event.pop("kinesis"), **event} if "kinesis" in event else event


def events_of(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The events of a batch of Kafka's, in the shape in which functions get it."""
    about = {name: held for name, held in payload.items() if name != "records"}
    return [
        {**about, "eventSourceKey": partition, **record}
        for partition, records in payload["records"].items()
        for record in records
    ]


def decoded(event: Any) -> Any:
    """The event with the user's data as JSON, where it is some, for paths to look into."""
    if not isinstance(event, dict):
        return event
    fields = _ENCODED.get(str(event.get("eventSource")), ())
    return {**event, **{name: _data(event[name], name) for name in fields if name in event}}


def _data(value: Any, name: str) -> Any:
    if not isinstance(value, str):
        return value
    try:
        text = base64.b64decode(value, validate=True).decode() if name != "body" else value
    except ValueError:
        return value
    try:
        return json.loads(text)
    except ValueError:
        return text


@dataclass
class Item:
    """An event on its way to an enrichment or a target, and what their template made of it."""

    event: Any
    shaped: Any = None

    @cached_property
    def inner(self) -> Any:
        """The event for paths to look into."""
        return decoded(self.event)


def shaped(pipe: Pipe, template: str, item: Item, now: str) -> Any:
    """What a template makes of an event: a JSON value, or text that is none.

    A template that is one placeholder alone gives its value as it is. Raises NotShapable.
    """
    if not template:
        return item.event
    template = template.strip()

    def value_of(name: str) -> Any:
        if name.startswith("$"):
            return value_at(item.inner, name)
        return _reserved(pipe, item, now).get(name, f"<{name}>")

    names = placeholders(template)
    if len(names) == 1 and template == f"<{names[0]}>":
        value = value_of(names[0])
        return "" if value is MISSING else value
    text = fill(template, value_of)
    try:
        return json.loads(text)
    except ValueError:
        return text


def _reserved(pipe: Pipe, item: Item, now: str) -> dict[str, Any]:
    return {
        "aws.pipes.pipe-arn": pipe.arn,
        "aws.pipes.pipe-name": pipe.name,
        "aws.pipes.source-arn": pipe.source,
        "aws.pipes.enrichment-arn": pipe.enrichment,
        "aws.pipes.target-arn": pipe.target,
        "aws.pipes.event.ingestion-time": now,
        "aws.pipes.event": item.event,
        "aws.pipes.event.json": item.inner,
    }


def text_of(value: Any) -> str:
    """A shaped event as a message: text as it is, all else as JSON."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
