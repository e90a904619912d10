"""Metric alarms: their settings, their state, their history.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.services.cloudwatch import faults, queries
from eventmill.services.cloudwatch.evaluation import ALARM, COMPARISONS, INSUFFICIENT, OK
from eventmill.services.contract import Call
from eventmill.services.tags import Tags
from eventmill.store.transaction import Transaction

KEY = "cloudwatch.alarms"
"""Announced when there are other alarms than before."""

TAGS = Tags("cloudwatch_tags", "alarm")
"""By the names of alarms."""

ACTIONS = {ALARM: "AlarmActions", OK: "OKActions", INSUFFICIENT: "InsufficientDataActions"}
STATES = tuple(ACTIONS)
_UNCHECKED = "Unchecked: Initial alarm creation"
_TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")
_COLUMNS = "name, config, updated, state, reason, since, checked"


@dataclass(frozen=True, slots=True)
class Alarm:
    """`config` has the members of PutMetricAlarm; times are epoch seconds."""

    name: str
    config: Mapping[str, Any]
    updated: float
    state: str
    reason: str
    since: float
    checked: float


def arn(call: Call, name: str) -> str:
    """The ARN of an alarm of this account."""
    return f"arn:aws:cloudwatch:{call.region}:{call.account}:alarm:{name}"


def every(tx: Transaction) -> Iterator[Alarm]:
    """By name."""
    for row in tx.all(f"SELECT {_COLUMNS} FROM cloudwatch_alarms ORDER BY name"):
        yield _alarm(row)


def find(tx: Transaction, name: str) -> Alarm | None:
    """The alarm of that name."""
    row = tx.one(f"SELECT {_COLUMNS} FROM cloudwatch_alarms WHERE name=?", (name,))
    return None if row is None else _alarm(row)


def _alarm(row: tuple[Any, ...]) -> Alarm:
    return Alarm(row[0], json.loads(row[1]), *row[2:])


def put(call: Call, name: str, config: Mapping[str, Any]) -> None:
    """Create an alarm, or change one and keep its state. `check` is left to the caller."""
    found = find(call.tx, name)
    call.tx.execute(
        "INSERT INTO cloudwatch_alarms VALUES(?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET"
        " config=excluded.config, updated=excluded.updated, checked=excluded.checked",
        (name, json.dumps(config), call.now, INSUFFICIENT, _UNCHECKED, call.now, call.now),
    )
    verb = "created" if found is None else "updated"
    note(call.tx, name, "ConfigurationUpdate", f'Alarm "{name}" {verb}', {"version": "1.0"})
    call.tx.announce(KEY)


def check(config: Mapping[str, Any]) -> None:
    """Raises Invalid for settings that cannot be, or that nothing here could evaluate."""
    if config.get("ThresholdMetricId"):
        raise faults.value("Alarms on anomaly detection bands are not offered; use a Threshold.")
    if config.get("ComparisonOperator") not in COMPARISONS:
        raise faults.value(
            f"The ComparisonOperator {config.get('ComparisonOperator')} is not offered. Offered "
            f"are {', '.join(COMPARISONS)}."
        )
    if config.get("Threshold") is None:
        raise faults.combination("The parameter Threshold must be specified.")
    periods = int(config["EvaluationPeriods"])
    if not 1 <= int(config.get("DatapointsToAlarm") or periods) <= periods:
        raise faults.value("DatapointsToAlarm must be between 1 and EvaluationPeriods.")
    if (config.get("TreatMissingData") or "missing") not in _TREATMENTS:
        raise faults.value(f"TreatMissingData must be one of {', '.join(_TREATMENTS)}.")
    _check_metric(config)


def _check_metric(config: Mapping[str, Any]) -> None:
    if config.get("Metrics"):
        queries.check(config["Metrics"])
        if sum(query.get("ReturnData") is not False for query in config["Metrics"]) != 1:
            raise faults.combination("Exactly one of the Metrics must have ReturnData.")
        return
    if not config.get("MetricName") or not config.get("Namespace"):
        raise faults.combination("Either MetricName and Namespace or Metrics must be specified.")
    queries.check_statistic(statistic(config))
    queries.check_period(config.get("Period") or 60)


def statistic(config: Mapping[str, Any]) -> str:
    """The alarm's statistic or percentile."""
    name = config.get("Statistic") or config.get("ExtendedStatistic")
    if not name:
        raise faults.combination("Either Statistic or ExtendedStatistic must be specified.")
    return str(name)


def as_queries(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The alarm's metric as metric data queries, the one that it watches alone returning data."""
    if config.get("Metrics"):
        return [dict(query) for query in config["Metrics"]]
    metric = {
        "Namespace": config["Namespace"],
        "MetricName": config["MetricName"],
        "Dimensions": config.get("Dimensions") or [],
    }
    stat: dict[str, Any] = {
        "Metric": metric,
        "Period": int(config.get("Period") or 60),
        "Stat": statistic(config),
    }
    if config.get("Unit"):
        stat["Unit"] = config["Unit"]
    return [{"Id": "m1", "MetricStat": stat, "ReturnData": True}]


def delete(tx: Transaction, name: str) -> None:
    """One that is gone is no error."""
    tx.execute("DELETE FROM cloudwatch_alarms WHERE name=?", (name,))
    tx.execute("DELETE FROM cloudwatch_history WHERE alarm=?", (name,))
    TAGS.drop(tx, name)
    tx.announce(KEY)


def enter(tx: Transaction, alarm: Alarm, state: str, reason: str) -> None:
    """Give an alarm a state."""
    tx.execute(
        "UPDATE cloudwatch_alarms SET state=?, reason=?, since=? WHERE name=?",
        (state, reason, tx.now, alarm.name),
    )
    data = {
        "version": "1.0",
        "oldState": {"stateValue": alarm.state, "stateReason": alarm.reason},
        "newState": {"stateValue": state, "stateReason": reason},
    }
    note(tx, alarm.name, "StateUpdate", f"Alarm updated from {alarm.state} to {state}", data)


def note(tx: Transaction, name: str, kind: str, summary: str, data: Mapping[str, Any]) -> None:
    """Add a line to an alarm's history."""
    tx.execute(
        "INSERT INTO cloudwatch_history(alarm, at, kind, summary, data) VALUES(?,?,?,?,?)",
        (name, tx.now, kind, summary, json.dumps(data)),
    )
