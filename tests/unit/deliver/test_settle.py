from __future__ import annotations

import json
from typing import Any

import pytest

from eventmill.deliver.settle import (
    EventDecision,
    EventVerdict,
    StreamDecision,
    Verdict,
    event_decision,
    queue_failures,
    stream_decision,
    throttled_decision,
)
from eventmill.kernel.functions import Outcome
from eventmill.services.lambda_ import Event, Treatment

ALL = ["a", "b", "c"]
FAILED = Outcome(b"{}", "Unhandled", "$LATEST")


def answered(value: Any) -> Outcome:
    return Outcome(value if isinstance(value, bytes) else json.dumps(value).encode(), None, "1")


def failures(*items: Any) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": item} for item in items]}


@pytest.mark.parametrize(
    ("outcome", "stay"),
    [
        (FAILED, "abc"),
        (answered({}), ""),
        (answered(None), ""),
        (answered(""), ""),
        (answered(b""), ""),
        (answered(failures()), ""),
        (answered({"batchItemFailures": None}), ""),
        (answered(failures("b")), "b"),
        (answered(failures("b", "c")), "bc"),
        (answered(failures("")), "abc"),
        (answered(failures(None)), "abc"),
        (answered(failures("b", "x")), "abc"),
        (answered({"batchItemFailures": [{"foo": "b"}]}), "abc"),
        (answered({"batchItemFailures": ["b"]}), "abc"),
        (answered(b"{"), "abc"),
    ],
)
def test_messages_that_stay(outcome: Outcome, stay: str) -> None:
    assert queue_failures(ALL, outcome, report=True) == set(stay)


@pytest.mark.parametrize(
    ("outcome", "stay"), [(FAILED, "abc"), (answered(failures("b")), ""), (answered(b"{"), "")]
)
def test_the_response_counts_only_when_enabled(outcome: Outcome, stay: str) -> None:
    assert queue_failures(ALL, outcome, report=False) == set(stay)


@pytest.mark.parametrize(
    ("outcome", "settings", "decision"),
    [
        (answered({}), {}, StreamDecision(Verdict.DONE, 3)),
        (answered([]), {"report": True}, StreamDecision(Verdict.DONE, 3)),
        (answered(failures("c", "b")), {}, StreamDecision(Verdict.DONE, 3)),
        (answered(failures("c", "b")), {"report": True}, StreamDecision(Verdict.RETRY, 1, 1)),
        (
            answered(failures("b")),
            {"report": True, "bisect": True},
            StreamDecision(Verdict.RETRY, 1, 0),
        ),
        (answered(failures(123)), {"report": True}, StreamDecision(Verdict.RETRY, 0, 1)),
        (FAILED, {}, StreamDecision(Verdict.RETRY, 0, 1)),
        (FAILED, {"failures": 9_000}, StreamDecision(Verdict.RETRY, 0, 9_001)),
        (FAILED, {"retries": 0}, StreamDecision(Verdict.DISCARD, 0, 1)),
        (FAILED, {"retries": 2, "failures": 1}, StreamDecision(Verdict.RETRY, 0, 2)),
        (FAILED, {"retries": 2, "failures": 2}, StreamDecision(Verdict.DISCARD, 0, 3)),
        (FAILED, {"bisect": True, "retries": 0}, StreamDecision(Verdict.SPLIT, 0, 0, 2)),
        (
            answered(failures("b")),
            {"report": True, "retries": 0},
            StreamDecision(Verdict.DISCARD, 1, 1),
        ),
    ],
)
def test_batches_of_a_stream(
    outcome: Outcome, settings: dict[str, Any], decision: StreamDecision
) -> None:
    given = {"failures": 0, "retries": -1, "bisect": False, "report": False} | settings
    assert stream_decision(ALL, outcome, **given) == decision


def test_a_single_record_is_not_split() -> None:
    decision = stream_decision(["a"], FAILED, failures=0, retries=0, bisect=True, report=False)
    assert decision.verdict is Verdict.DISCARD


def event(invokes: int = 0, throttles: int = 0, created: float = 0.0) -> Event:
    return Event(1, "r", "f", b"{}", 0.0, created, invokes, throttles, None, None, "s", None)


@pytest.mark.parametrize(
    ("invokes", "treatment", "decision"),
    [
        (0, Treatment(), EventDecision(EventVerdict.RETRY, 160.0)),
        (1, Treatment(), EventDecision(EventVerdict.RETRY, 220.0)),
        (2, Treatment(), EventDecision(EventVerdict.EXHAUSTED)),
        (0, Treatment(retries=0), EventDecision(EventVerdict.EXHAUSTED)),
        (0, Treatment(maximum_age=159), EventDecision(EventVerdict.EXPIRED)),
        (0, Treatment(maximum_age=160), EventDecision(EventVerdict.RETRY, 160.0)),
    ],
)
def test_events_that_failed(invokes: int, treatment: Treatment, decision: EventDecision) -> None:
    assert event_decision(event(invokes), treatment, FAILED, 100.0) == decision


def test_an_event_that_succeeded() -> None:
    decision = event_decision(event(), Treatment(), answered(1), 100.0)
    assert decision.verdict is EventVerdict.SUCCESS


@pytest.mark.parametrize(
    ("throttles", "now", "decision"),
    [
        (0, 0.0, EventDecision(EventVerdict.RETRY, 1.0)),
        (3, 0.0, EventDecision(EventVerdict.RETRY, 8.0)),
        (20, 0.0, EventDecision(EventVerdict.RETRY, 300.0)),
        (20, 21_500.0, EventDecision(EventVerdict.RETRY, 21_600.0)),
        (20, 21_600.0, EventDecision(EventVerdict.EXPIRED)),
    ],
)
def test_events_that_found_no_concurrency(
    throttles: int, now: float, decision: EventDecision
) -> None:
    assert throttled_decision(event(throttles=throttles), Treatment(), now) == decision
