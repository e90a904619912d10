"""Looking at alarms at the end of each minute, and telling those who are named when one changes.

What an alarm causes is put into the outbox in the transaction that changes its state.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import orjson

from eventmill.kernel.errors import Invalid
from eventmill.kernel.metrics import Dimensions, Sample
from eventmill.services.cloudwatch import alarms, messages, points, queries
from eventmill.services.cloudwatch.alarms import Alarm
from eventmill.services.cloudwatch.evaluation import INSUFFICIENT, judge
from eventmill.services.cloudwatch.points import MINUTE
from eventmill.services.contract import Call
from eventmill.store import outbox
from eventmill.store.transaction import Transaction

ACTION = "cloudwatch.action"
"""Kind of the outbox rows for topics and functions; the payload is what arrives."""

BUS = "events.put"
"""Kind of the outbox rows for the default event bus."""

_CAUGHT_UP = 120
"""Minutes that are filled in at the most after the engine was down."""

Gauge = Callable[[Transaction, str, str, Dimensions, float], float | None]
"""(namespace, name, dimensions, when) → the present value of a metric that is measured rather
than counted; None for one that is not."""


def next_due(tx: Transaction) -> float | None:
    """The end of the minute in which an alarm was last looked at."""
    row = tx.one("SELECT min(checked) FROM cloudwatch_alarms")
    checked: float | None = row[0] if row is not None else None
    return None if checked is None else math.floor(checked / MINUTE) * MINUTE + float(MINUTE)


def watch(call: Call, gauge: Gauge) -> None:
    """Look at every alarm whose minute has ended."""
    end = math.floor(call.now / MINUTE)
    due = [alarm for alarm in alarms.every(call.tx) if alarm.checked // MINUTE < end]
    points.add(call.tx, _measured(call.tx, due, end, gauge))
    for alarm in due:
        call.tx.execute(
            "UPDATE cloudwatch_alarms SET checked=? WHERE name=?", (call.now, alarm.name)
        )
        try:
            alarms.check(alarm.config)
            values = _values(call.tx, alarm.config, end * MINUTE)
        except Invalid as error:
            # A template declared what nothing here can judge, or an engine before took it.
            state, reason = INSUFFICIENT, error.message
        else:
            state, reason = judge(alarm.config, values, alarm.state)
        if state != alarm.state:
            change(call, alarm, state, reason)


def _measured(tx: Transaction, due: Iterable[Alarm], end: int, gauge: Gauge) -> Collection[Sample]:
    """A value of each measured metric for each minute up to `end` in which no alarm looked.

    Several alarms may watch one metric, whose value counts once.
    """
    found: dict[tuple[str, str, Dimensions, int], Sample] = {}
    for alarm in due:
        first = max(math.floor(alarm.checked / MINUTE), end - _CAUGHT_UP)
        for query in alarms.as_queries(alarm.config):
            if not query.get("MetricStat"):
                continue
            metric = query["MetricStat"]["Metric"]
            dimensions = points.key(metric.get("Dimensions") or ())
            namespace, name = metric["Namespace"], metric["MetricName"]
            for minute in range(first, end):
                place = (namespace, name, dimensions, minute)
                at = min(float((minute + 1) * MINUTE), tx.now)
                value = None if place in found else gauge(tx, namespace, name, dimensions, at)
                if value is not None:
                    found[place] = Sample(namespace, name, dimensions, value, minute * MINUTE)
    return found.values()


def _values(tx: Transaction, config: Mapping[str, Any], end: int) -> list[float | None]:
    asked = alarms.as_queries(config)
    period = queries.period_of(asked)
    last = end // period * period
    start = last - period * int(config["EvaluationPeriods"])
    (watched,) = (query["Id"] for query in asked if query.get("ReturnData") is not False)
    earlier = start - period if queries.looks_back(asked) else start
    series = queries.run(tx, asked, earlier, last)[watched]
    return [series.get(begin) for begin in range(start, last, period)]


def change(call: Call, alarm: Alarm, state: str, reason: str) -> None:
    """Give an alarm a state, and tell the bus and those whom its actions name."""
    alarms.enter(call.tx, alarm, state, reason)
    told = messages.Change(
        alarm, alarms.arn(call, alarm.name), state, reason, call.now, call.region, call.account
    )
    bus = f"arn:aws:events:{call.region}:{call.account}:event-bus/default"
    outbox.emit(call.tx, BUS, bus, orjson.dumps(messages.event(told)))
    if alarm.config.get("ActionsEnabled") is False:
        return
    for action in alarm.config.get(alarms.ACTIONS[state]) or ():
        payload = messages.notification(told) if ":sns:" in action else messages.invocation(told)
        body = {"subject": messages.subject(told), "alarm": told.arn, "message": payload}
        outbox.emit(call.tx, ACTION, action, orjson.dumps(body))
        summary = f"Successfully executed action {action}"
        alarms.note(call.tx, alarm.name, "Action", summary, {"actionState": "Succeeded"})
