"""Rules of listeners, by priority.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services.contract import Call, Result
from eventmill.services.elbv2 import actions, conditions, records
from eventmill.services.elbv2.records import OPERATIONS, every, get, put, validation
from eventmill.services.tags import tag_map
from eventmill.store.transaction import Transaction


def create(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    """A rule. Raises Invalid for a priority that is taken and for what is not taken."""
    listener = get(call.tx, "listener", given["ListenerArn"])["ListenerArn"]
    priority = _priority(given["Priority"])
    _free(call.tx, listener, {priority}, ())
    _refuse(given)
    arn = f"{listener.replace(':listener/', ':listener-rule/')}/{call.ids.hex(16)}"
    config = {
        "RuleArn": arn,
        "ListenerArn": listener,
        "Conditions": conditions.checked(given.get("Conditions") or ()),
        "Actions": actions.checked(call.tx, given.get("Actions") or ()),
    }
    put(call.tx, "rule", arn, config, parent=listener, position=priority)
    records.TAGS.put(call.tx, arn, tag_map(given.get("Tags")))
    return config


def change(call: Call, arn: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Other conditions or actions; what `given` leaves out stays. Raises Invalid."""
    config = get(call.tx, "rule", arn)
    _refuse(given)
    if given.get("Conditions") is not None:
        config["Conditions"] = conditions.checked(given["Conditions"])
    if given.get("Actions") is not None:
        config["Actions"] = actions.checked(call.tx, given["Actions"])
    put(call.tx, "rule", arn, config, parent=config["ListenerArn"])
    return config


def _refuse(given: Mapping[str, Any]) -> None:
    if given.get("Transforms"):
        raise validation("Transforms are not offered by Eventmill: match the original request.")


def _priority(value: Any) -> int:
    if not 1 <= int(value) <= 50_000:
        raise validation(f"Rule priority '{value}' must be between 1 and 50000 inclusive")
    return int(value)


def _free(tx: Transaction, listener: str, wanted: set[int], moving: tuple[str, ...]) -> None:
    for arn, place in tx.all(
        "SELECT arn, position FROM elbv2_records WHERE kind='rule' AND parent=?", (listener,)
    ):
        if place in wanted and arn not in moving:
            raise Invalid("PriorityInUse", f"Priority '{place}' is currently in use")


def set_priorities(call: Call, pairs: Mapping[str, Any]) -> None:
    """Give rules other priorities at once, so that two may change places. Raises Invalid."""
    wanted = {arn: _priority(value) for arn, value in pairs.items()}
    if len(set(wanted.values())) < len(wanted):
        raise validation("Priorities must be different from each other")
    for arn in wanted:
        listener = get(call.tx, "rule", arn)["ListenerArn"]
        _free(call.tx, listener, set(wanted.values()), tuple(wanted))
    for arn, priority in wanted.items():
        config = get(call.tx, "rule", arn)
        put(call.tx, "rule", arn, config, parent=config["ListenerArn"], position=priority)


def delete(call: Call, arn: str) -> None:
    """One that is gone is no error."""
    records.remove(call.tx, arn)


def _shaped(tx: Transaction, rules: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """As the API returns them."""
    places = records.places(tx, "rule")
    return [
        {
            "RuleArn": config["RuleArn"],
            "Priority": str(places[config["RuleArn"]]),
            "Conditions": config["Conditions"],
            "Actions": config["Actions"],
            "IsDefault": False,
        }
        for config in rules
    ]


def _default(listener: Mapping[str, Any]) -> dict[str, Any]:
    arn = listener["ListenerArn"].replace(":listener/", ":listener-rule/")
    return {
        "RuleArn": f"{arn}/{'0' * 16}",
        "Priority": "default",
        "Conditions": [],
        "Actions": listener["DefaultActions"],
        "IsDefault": True,
    }


@OPERATIONS.write("CreateRule")
def create_rule(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    return {"Rules": _shaped(call.tx, [create(call, request)])}


@OPERATIONS.scan("DescribeRules")
def describe_rules(call: Call, request: dict[str, Any]) -> Result:
    """Those of a listener with its default one at the end, or by ARN."""
    listener = request.get("ListenerArn")
    if listener:
        held = get(call.tx, "listener", listener)
        shown = _shaped(call.tx, every(call.tx, "rule", listener).values())
        return records.paged([*shown, _default(held)], "Rules", request)
    found = records.selected(every(call.tx, "rule"), "rule", request.get("RuleArns"))
    return records.paged(_shaped(call.tx, found), "Rules", request)


@OPERATIONS.write("ModifyRule")
def modify_rule(call: Call, request: dict[str, Any]) -> Result:
    """What the request leaves out stays."""
    return {"Rules": _shaped(call.tx, [change(call, request["RuleArn"], request)])}


@OPERATIONS.write("DeleteRule")
def delete_rule(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for the default rule and one that is not there."""
    if request["RuleArn"].endswith("0" * 16):
        raise Invalid(
            "OperationNotPermitted", f"Default rule '{request['RuleArn']}' cannot be deleted"
        )
    get(call.tx, "rule", request["RuleArn"])
    delete(call, request["RuleArn"])
    return {}


@OPERATIONS.write("SetRulePriorities")
def set_rule_priorities(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for a priority that another rule has."""
    pairs = {entry["RuleArn"]: entry["Priority"] for entry in request["RulePriorities"]}
    set_priorities(call, pairs)
    return {"Rules": _shaped(call.tx, [get(call.tx, "rule", arn) for arn in pairs])}
