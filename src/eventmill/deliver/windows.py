"""Tumbling windows: pure.

https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
"""

from __future__ import annotations

from typing import Any

import orjson

from eventmill.deliver.batch import Batch
from eventmill.deliver.lanes import Window
from eventmill.deliver.shapes import window_members

STATE_LIMIT = 1_048_576
"""Bytes of state as JSON; more ends the window early."""


def start_of(created: float, seconds: int) -> float:
    """The start of the window of a record that arrived at `created`."""
    return created // seconds * seconds


def cut(batch: Batch, seconds: int) -> None:
    """Keep only the records at the front that belong to one window."""
    if not batch.entries:
        return
    start = start_of(batch.entries[0].created, seconds)
    if start_of(batch.entries[-1].created, seconds) == start:
        return
    for index, entry in enumerate(batch.entries):
        if start_of(entry.created, seconds) != start:
            del batch.entries[index:]
            batch.end = batch.entries[-1].sequence
            batch.full = True
            return


def state_of(payload: bytes) -> Any:
    """The state that a function returned; None when it returned none, which is a failure."""
    try:
        response = orjson.loads(payload or b"null")
    except orjson.JSONDecodeError:
        return None
    return response.get("state") if isinstance(response, dict) else None


def too_large(window: Window) -> bool:
    """Whether the state ends the window."""
    return len(orjson.dumps(window.state)) > STATE_LIMIT


def members(
    window: Window, seconds: int, shard: str, source: str, final: bool, early: bool
) -> dict[str, Any]:
    """What the window adds to the event."""
    return window_members(
        window.start, seconds, window.state, shard, source, final=final, early=early
    )
