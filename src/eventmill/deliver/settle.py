"""What becomes of a batch or an event after an attempt: pure decisions.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import orjson

from eventmill.kernel.functions import Outcome
from eventmill.services.lambda_ import Event, Treatment

EVENT_RETRIES = (60.0, 120.0)
"""Seconds before the first and the second repetition of an asynchronous invocation."""

THROTTLE_LONGEST = 300.0
STREAM_FIRST = 0.25
STREAM_LONGEST = 60.0


def reported(payload: bytes, identifiers: Sequence[str]) -> frozenset[str] | None:
    """The identifiers that a partial batch response names; None when the whole batch failed.

    An entry that names nothing of the batch fails the whole of it, as does what is no JSON.
    """
    try:
        response = orjson.loads(payload or b"null")
    except orjson.JSONDecodeError:
        return None
    if response in (None, "", [], {}):
        return frozenset()
    if not isinstance(response, dict):
        return None
    entries = response.get("batchItemFailures") or []
    known = frozenset(identifiers)
    if not isinstance(entries, list):
        return None
    failed = [
        _identifier(entry.get("itemIdentifier")) if isinstance(entry, dict) else None
        for entry in entries
    ]
    named = frozenset(item for item in failed if isinstance(item, str) and item in known)
    return named if all(item in named for item in failed) else None


def _identifier(item: Any) -> Any:
    """A record of Kafka is named by `{"partition": "topic-0", "offset": 15}`."""
    return f"{item.get('partition')}:{item.get('offset')}" if isinstance(item, dict) else item


def queue_failures(message_ids: Sequence[str], outcome: Outcome, *, report: bool) -> frozenset[str]:
    """The messages that stay in the queue; all others are deleted."""
    everything = frozenset(message_ids)
    if outcome.failed:
        return everything
    if not report:
        return frozenset()
    failed = reported(outcome.payload, message_ids)
    return everything if failed is None else failed


class Verdict(Enum):
    """What to do with a batch of a stream."""

    DONE = "done"
    RETRY = "retry"
    SPLIT = "split"
    DISCARD = "discard"


@dataclass(frozen=True, slots=True)
class StreamDecision:
    """`done` records at the front are settled; the verdict is about the rest.

    `failures` is how many attempts the rest has used. A SPLIT cuts the rest in two at `split`
    records from its own front, and either half is then a batch of its own.
    """

    verdict: Verdict
    done: int
    failures: int = 0
    split: int = 0


def stream_decision(
    sequences: Sequence[str],
    outcome: Outcome,
    *,
    failures: int,
    retries: int,
    bisect: bool,
    report: bool,
) -> StreamDecision:
    """After an attempt on the records `sequences`; `retries` of -1 is without end."""
    checkpoint: int | None = 0
    if not outcome.failed:
        checkpoint = _checkpoint(outcome.payload, sequences) if report else None
    if checkpoint is None:
        return StreamDecision(Verdict.DONE, len(sequences))
    rest = len(sequences) - checkpoint
    # Cutting a batch, here or where the function reported, uses up no attempt.
    if bisect and checkpoint:
        return StreamDecision(Verdict.RETRY, checkpoint, failures)
    if bisect and rest > 1:
        return StreamDecision(Verdict.SPLIT, 0, failures, (rest + 1) // 2)
    if 0 <= retries < failures + 1:
        return StreamDecision(Verdict.DISCARD, checkpoint, failures + 1)
    return StreamDecision(Verdict.RETRY, checkpoint, failures + 1)


def _checkpoint(payload: bytes, sequences: Sequence[str]) -> int | None:
    """How many records are done before the lowest failed one; None when all are."""
    failed = reported(payload, sequences)
    if failed is None:
        return 0
    return min((sequences.index(item) for item in failed), default=None)


def stream_backoff(failures: int) -> float:
    """Seconds before a batch is tried again after its `failures`-th failure."""
    return min(STREAM_LONGEST, STREAM_FIRST * 2.0 ** min(max(failures - 1, 0), 32))


class EventVerdict(Enum):
    """What to do with an asynchronous event. The failures are conditions of the record."""

    SUCCESS = "Success"
    RETRY = "Retry"
    EXHAUSTED = "RetriesExhausted"
    EXPIRED = "EventAgeExceeded"
    STOPPED = "ZeroReservedConcurrency"
    RECURSIVE = "RecursiveInvocation"
    """AWS documents no condition for this one."""


@dataclass(frozen=True, slots=True)
class EventDecision:
    """`due` is when a RETRY takes place."""

    verdict: EventVerdict
    due: float = 0.0


def event_decision(
    event: Event, treatment: Treatment, outcome: Outcome, now: float
) -> EventDecision:
    """After an attempt that reached the function."""
    if not outcome.failed:
        return EventDecision(EventVerdict.SUCCESS)
    if event.invokes >= treatment.retries:
        return EventDecision(EventVerdict.EXHAUSTED)
    due = now + EVENT_RETRIES[min(event.invokes, len(EVENT_RETRIES) - 1)]
    # An event whose next try would come too late is given up at once.
    if due > event.created + treatment.maximum_age:
        return EventDecision(EventVerdict.EXPIRED)
    return EventDecision(EventVerdict.RETRY, due)


def throttled_decision(event: Event, treatment: Treatment, now: float) -> EventDecision:
    """After an attempt that found no concurrency: these use up no retry, only age."""
    expires = event.created + treatment.maximum_age
    if now >= expires:
        return EventDecision(EventVerdict.EXPIRED)
    delay = min(THROTTLE_LONGEST, 2.0 ** min(event.throttles, 32))
    return EventDecision(EventVerdict.RETRY, min(now + delay, expires))


def answer_of(outcome: Outcome) -> dict[str, Any]:
    """The parts of a destination record that tell what the function answered."""
    context: dict[str, Any] = {"statusCode": 200, "executedVersion": outcome.executed_version}
    if outcome.failed:
        context["functionError"] = outcome.error
    return {"responseContext": context, "responsePayload": parsed(outcome.payload)}


def parsed(payload: bytes) -> Any:
    """A function's answer as JSON; text where it is none, which a runtime of one's own may say."""
    try:
        return orjson.loads(payload or b"null")
    except orjson.JSONDecodeError:
        return payload.decode(errors="replace")
