"""Rules that a schedule fires.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
"""

from __future__ import annotations

from eventmill.kernel.clock import iso_seconds
from eventmill.kernel.schedules import latest, parse_schedule
from eventmill.services.contract import Call
from eventmill.services.events import routing, targets
from eventmill.services.events.rules import Rule, rule_arn
from eventmill.store.transaction import Transaction

_AT_ONCE = 100


def next_due(tx: Transaction) -> float | None:
    """When the next schedule fires, maybe already; None without one."""
    row = tx.one("SELECT min(due) FROM events_rules WHERE due IS NOT NULL")
    return None if row is None else row[0]


def fire(call: Call) -> None:
    """Send the events of the schedules whose time has come, oldest first."""
    for row in call.tx.all(
        "SELECT * FROM events_rules WHERE due IS NOT NULL AND due<=? ORDER BY due LIMIT ?",
        (call.now, _AT_ONCE),
    ):
        rule = Rule(*row)
        assert rule.due is not None
        _fire(call, rule, rule.due)
        _move(call.tx, rule, rule.due)


def resume(tx: Transaction) -> None:
    """What was missed while the engine was down fires once, and not as often as it was missed."""
    for row in tx.all("SELECT * FROM events_rules WHERE due IS NOT NULL AND due<=?", (tx.now,)):
        rule = Rule(*row)
        assert rule.due is not None and rule.schedule is not None
        due = latest(parse_schedule(rule.schedule), rule.due, tx.now)
        tx.execute(
            "UPDATE events_rules SET due=? WHERE bus=? AND name=?", (due, rule.bus, rule.name)
        )


def _move(tx: Transaction, rule: Rule, fired: float) -> None:
    assert rule.schedule is not None
    due = parse_schedule(rule.schedule).after(fired, fired)
    tx.execute("UPDATE events_rules SET due=? WHERE bus=? AND name=?", (due, rule.bus, rule.name))


def _fire(call: Call, rule: Rule, due: float) -> None:
    event = {
        "version": "0",
        "id": call.ids.uuid(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": call.account,
        "time": iso_seconds(due),
        "region": call.region,
        "resources": [rule_arn(call.region, call.account, rule.bus, rule.name)],
        "detail": {},
    }
    routing.triggered(call.tx, rule.bus, rule.name)
    for target in targets.of_rule(call.tx, rule.bus, rule.name):
        routing.send(call.tx, rule.bus, rule.name, target["Id"], target["Arn"], event)
