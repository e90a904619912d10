"""Rules of an event bus.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.kernel.schedules import Schedule, ScheduleError, parse_schedule
from eventmill.patterns import EVENTBRIDGE, PatternError, compile_pattern
from eventmill.services.contract import Call, Result
from eventmill.services.events import buses, faults
from eventmill.services.events.buses import DEFAULT, OPERATIONS
from eventmill.services.tags import tag_map
from eventmill.store.transaction import Transaction

SCHEDULES_KEY = "events.schedules"
"""Announced when a schedule was added or changed."""

PATTERN_LIMIT = 4_096
_RULES_OF_A_BUS = 10_000
"""AWS starts with 300 and raises it on request; here it is raised."""
_NAME = re.compile(r"[.\-_A-Za-z0-9]{1,64}\Z")
_SHOWN = ("Description", "RoleArn")
_MANAGER = "prod.vhs.events.aws.internal"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as stored."""

    bus: str
    name: str
    pattern: str | None
    schedule: str | None
    state: str
    config: str
    due: float | None


def rule_arn(region: str, account: str, bus: str, name: str) -> str:
    """`rule/<name>` on the default bus, `rule/<bus>/<name>` on others."""
    path = name if bus == DEFAULT else f"{bus}/{name}"
    return f"arn:aws:events:{region}:{account}:rule/{path}"


def find(tx: Transaction, bus: str, name: str) -> Rule | None:
    """The rule, or None."""
    row = tx.one("SELECT * FROM events_rules WHERE bus=? AND name=?", (bus, name))
    return None if row is None else Rule(*row)


def require(tx: Transaction, given_bus: str | None, name: str) -> Rule:
    """Raises Invalid (ResourceNotFoundException)."""
    bus = buses.require(tx, given_bus)
    rule = find(tx, bus, name)
    if rule is None:
        raise faults.no_rule(name, bus)
    return rule


def check_pattern(text: str) -> None:
    """Raises Invalid (InvalidEventPatternException) with AWS's reason."""
    try:
        compile_pattern(text, EVENTBRIDGE)
    except PatternError as error:
        raise Invalid(
            "InvalidEventPatternException", f"Event pattern is not valid. Reason: {error}"
        ) from None
    if len(text) > PATTERN_LIMIT:
        raise Invalid(
            "InvalidEventPatternException",
            f"Event pattern is not valid. Reason: longer than {PATTERN_LIMIT} characters",
        )


def _next(schedule: str | None, state: str, bus: str, now: float) -> float | None:
    if schedule is None:
        return None
    due = check_schedule(schedule, bus).after(now, now)
    return None if state == "DISABLED" else due


def check_schedule(schedule: str, bus: str) -> Schedule:
    """Raises Invalid for an expression that is none, and for a bus without schedules."""
    if bus != DEFAULT:
        raise faults.validation("ScheduleExpression is supported only on the default event bus.")
    try:
        return parse_schedule(schedule)
    except ScheduleError:
        raise faults.parameter("ScheduleExpression") from None


def put(call: Call, request: dict[str, Any]) -> str:
    """Create or replace a rule; its targets stay. Returns the ARN. Raises Invalid."""
    bus = buses.require(call.tx, request.get("EventBusName"))
    name = request["Name"]
    if not _NAME.match(name):
        raise faults.validation(
            f"1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+"
        )
    pattern, schedule = request.get("EventPattern"), request.get("ScheduleExpression")
    if not pattern and not schedule:
        raise faults.validation(
            "Parameter(s) EventPattern or ScheduleExpression must be specified."
        )
    if pattern:
        check_pattern(pattern)
    state = request.get("State") or "ENABLED"
    old = find(call.tx, bus, name)
    if old is None:
        _check_room(call.tx, bus)
    else:
        refuse_managed(old)
    due = _next(schedule, state, bus, call.now)
    if old is not None and old.schedule == schedule and old.state == state:
        due = old.due
    config = {key: request[key] for key in _SHOWN if request.get(key)}
    call.tx.execute(
        "INSERT OR REPLACE INTO events_rules VALUES(?,?,?,?,?,?,?)",
        (bus, name, pattern, schedule, state, json.dumps(config), due),
    )
    _changed(call.tx, bus)
    return rule_arn(call.region, call.account, bus, name)


def _check_room(tx: Transaction, bus: str) -> None:
    row = tx.one("SELECT count(*) FROM events_rules WHERE bus=?", (bus,))
    if row is not None and row[0] >= _RULES_OF_A_BUS:
        raise Invalid(
            "LimitExceededException", "The requested resource exceeds the maximum number allowed."
        )


def _changed(tx: Transaction, bus: str) -> None:
    buses.touch(tx, bus)
    tx.announce(SCHEDULES_KEY)


def put_managed(tx: Transaction, bus: str, name: str, pattern: str) -> None:
    """Create or replace the rule of an archive, which only the archive may change."""
    tx.execute(
        "INSERT OR REPLACE INTO events_rules VALUES(?,?,?,NULL,'ENABLED',?,NULL)",
        (bus, name, pattern, json.dumps({"ManagedBy": _MANAGER})),
    )
    buses.touch(tx, bus)


def drop_managed(tx: Transaction, bus: str, name: str) -> None:
    """Delete the rule of an archive."""
    tx.execute("DELETE FROM events_rules WHERE bus=? AND name=?", (bus, name))
    buses.touch(tx, bus)


def refuse_managed(rule: Rule) -> None:
    """Raises Invalid (ManagedRuleException) for the rule of an archive."""
    if "ManagedBy" in json.loads(rule.config):
        raise Invalid("ManagedRuleException", f"Rule {rule.name} is managed by an AWS service.")


def delete(call: Call, bus: str, name: str) -> None:
    """A rule that is gone is no error. Raises Invalid while it has targets."""
    rule = find(call.tx, bus, name)
    if rule is not None:
        refuse_managed(rule)
    if call.tx.one("SELECT 1 FROM events_targets WHERE bus=? AND rule=?", (bus, name)) is not None:
        raise faults.validation("Rule can't be deleted since it has targets.")
    call.tx.execute("DELETE FROM events_rules WHERE bus=? AND name=?", (bus, name))
    buses.TAGS.drop(call.tx, rule_arn(call.region, call.account, bus, name))
    _changed(call.tx, bus)


def _described(call: Call, rule: Rule) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "Name": rule.name,
        "Arn": rule_arn(call.region, call.account, rule.bus, rule.name),
        "State": rule.state,
        "EventBusName": rule.bus,
    }
    if rule.pattern is not None:
        answer["EventPattern"] = rule.pattern
    if rule.schedule is not None:
        answer["ScheduleExpression"] = rule.schedule
    answer.update(json.loads(rule.config))
    return answer


@OPERATIONS.write("PutRule")
def put_rule(call: Call, request: dict[str, Any]) -> Result:
    """Creates or replaces a rule."""
    arn = put(call, request)
    buses.TAGS.put(call.tx, arn, tag_map(request.get("Tags")))
    return {"RuleArn": arn}


@OPERATIONS.write("DeleteRule")
def delete_rule(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid while the rule has targets."""
    delete(call, buses.require(call.tx, request.get("EventBusName")), request["Name"])
    return {}


@OPERATIONS.read("DescribeRule")
def describe_rule(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    rule = require(call.tx, request.get("EventBusName"), request["Name"])
    return _described(call, rule) | {"CreatedBy": call.account}


def _set_state(call: Call, request: dict[str, Any], state: str) -> Result:
    rule = require(call.tx, request.get("EventBusName"), request["Name"])
    refuse_managed(rule)
    due = _next(rule.schedule, state, rule.bus, call.now)
    call.tx.execute(
        "UPDATE events_rules SET state=?, due=? WHERE bus=? AND name=?",
        (state, due, rule.bus, rule.name),
    )
    _changed(call.tx, rule.bus)
    return {}


@OPERATIONS.write("EnableRule")
def enable_rule(call: Call, request: dict[str, Any]) -> Result:
    """A schedule counts from now."""
    return _set_state(call, request, "ENABLED")


@OPERATIONS.write("DisableRule")
def disable_rule(call: Call, request: dict[str, Any]) -> Result:
    """The rule stays and matches nothing."""
    return _set_state(call, request, "DISABLED")


@OPERATIONS.scan("ListRules")
def list_rules(call: Call, request: dict[str, Any]) -> Result:
    """Ordered by name."""
    bus = buses.require(call.tx, request.get("EventBusName"))
    rows = call.tx.all(
        "SELECT * FROM events_rules WHERE bus=? AND name>? ORDER BY name",
        (bus, request.get("NextToken") or ""),
    )
    prefix = request.get("NamePrefix") or ""
    found = [Rule(*row) for row in rows if row[1].startswith(prefix)]
    return buses.page(request, "Rules", [(rule.name, _described(call, rule)) for rule in found])


@OPERATIONS.read("TestEventPattern")
def test_event_pattern(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for a pattern or an event that is malformed."""
    check_pattern(request["EventPattern"])
    try:
        event = json.loads(request["Event"])
    except ValueError:
        raise faults.parameter("Event") from None
    if not isinstance(event, dict):
        raise faults.parameter("Event")
    needed = ("id", "account", "source", "time", "region", "resources", "detail-type")
    for member in needed:
        if member not in event:
            raise faults.parameter("Event", f"{member} is a required argument.")
    return {"Result": compile_pattern(request["EventPattern"], EVENTBRIDGE).matches(event)}
