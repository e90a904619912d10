"""The API of receipt rule sets, rules and IP filters."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.ses import faults, rules
from eventmill.services.ses.operations import OPERATIONS
from eventmill.services.ses.pages import paged
from eventmill.store.transaction import Transaction


@OPERATIONS.write("CreateReceiptRuleSet")
def create_receipt_rule_set(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (AlreadyExists)."""
    rules.create_set(call.tx, request["RuleSetName"])
    return {}


@OPERATIONS.write("CloneReceiptRuleSet")
def clone_receipt_rule_set(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    name, original = request["RuleSetName"], request["OriginalRuleSetName"]
    rules.require_set(call.tx, original)
    rules.create_set(call.tx, name)
    call.tx.execute(
        "INSERT INTO ses_rules SELECT ?, name, place, rule FROM ses_rules WHERE rule_set=?",
        (name, original),
    )
    return {}


@OPERATIONS.write("DeleteReceiptRuleSet")
def delete_receipt_rule_set(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (CannotDelete)."""
    rules.delete_set(call.tx, request["RuleSetName"])
    return {}


@OPERATIONS.write("SetActiveReceiptRuleSet")
def set_active_receipt_rule_set(call: Call, request: dict[str, Any]) -> Result:
    """Without a name no rule set is active any more. Raises Invalid."""
    rules.activate(call.tx, request.get("RuleSetName"))
    return {}


def _described(tx: Transaction, name: str) -> dict[str, Any]:
    created, _ = rules.require_set(tx, name)
    return {
        "Metadata": {"Name": name, "CreatedTimestamp": created},
        "Rules": rules.rules_of(tx, name),
    }


@OPERATIONS.read("DescribeReceiptRuleSet")
def describe_receipt_rule_set(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    return _described(call.tx, request["RuleSetName"])


@OPERATIONS.read("DescribeActiveReceiptRuleSet")
def describe_active_receipt_rule_set(call: Call, request: dict[str, Any]) -> Result:
    """Nothing when none is active."""
    name = rules.active_set(call.tx)
    return {} if name is None else _described(call.tx, name)


@OPERATIONS.read("ListReceiptRuleSets")
def list_receipt_rule_sets(call: Call, request: dict[str, Any]) -> Result:
    """By name, a hundred on a page. Raises Invalid."""
    rows = call.tx.all("SELECT name, created FROM ses_rule_sets ORDER BY name")
    found = [{"Name": name, "CreatedTimestamp": created} for name, created in rows]
    return paged(found, "RuleSets", request, 100)


@OPERATIONS.write("ReorderReceiptRuleSet")
def reorder_receipt_rule_set(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid when not every rule is named."""
    name, wanted = request["RuleSetName"], request["RuleNames"]
    rules.require_set(call.tx, name)
    names = [rule["Name"] for rule in rules.rules_of(call.tx, name)]
    if sorted(names) != sorted(wanted):
        raise faults.invalid("The rules in the request are not those of the rule set.")
    rules.reorder(call.tx, name, wanted)
    return {}


@OPERATIONS.write("CreateReceiptRule")
def create_receipt_rule(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    rules.create(call, request["RuleSetName"], request["Rule"], request.get("After"))
    return {}


@OPERATIONS.write("UpdateReceiptRule")
def update_receipt_rule(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    rules.update(call, request["RuleSetName"], request["Rule"])
    return {}


@OPERATIONS.write("DeleteReceiptRule")
def delete_receipt_rule(call: Call, request: dict[str, Any]) -> Result:
    """A rule that is gone is no error. Raises Invalid for the rule set."""
    rules.require_set(call.tx, request["RuleSetName"])
    rules.delete(call.tx, request["RuleSetName"], request["RuleName"])
    return {}


@OPERATIONS.read("DescribeReceiptRule")
def describe_receipt_rule(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    return {"Rule": rules.find(call.tx, request["RuleSetName"], request["RuleName"])}


@OPERATIONS.write("SetReceiptRulePosition")
def set_receipt_rule_position(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    rules.move(call.tx, request["RuleSetName"], request["RuleName"], request.get("After"))
    return {}


def put_filter(tx: Transaction, wanted: dict[str, Any]) -> None:
    """Add an IP filter. Raises Invalid."""
    name, ip_filter = wanted["Name"], wanted["IpFilter"]
    rules.check_name(name)
    try:
        ip_network(ip_filter["Cidr"], strict=False)
    except ValueError:
        raise faults.invalid(f"Invalid CIDR block: {ip_filter['Cidr']}") from None
    if ip_filter["Policy"] not in ("Block", "Allow"):
        raise faults.invalid(f"Invalid policy: {ip_filter['Policy']}")
    if tx.one("SELECT 1 FROM ses_filters WHERE name=?", (name,)) is not None:
        raise faults.exists("Filter", name)
    tx.execute(
        "INSERT INTO ses_filters VALUES(?,?,?)", (name, ip_filter["Policy"], ip_filter["Cidr"])
    )


def drop_filter(tx: Transaction, name: str) -> None:
    """One that is gone is no error."""
    tx.execute("DELETE FROM ses_filters WHERE name=?", (name,))


@OPERATIONS.write("CreateReceiptFilter")
def create_receipt_filter(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    put_filter(call.tx, request["Filter"])
    return {}


@OPERATIONS.write("DeleteReceiptFilter")
def delete_receipt_filter(call: Call, request: dict[str, Any]) -> Result:
    """One that is gone is no error."""
    drop_filter(call.tx, request["FilterName"])
    return {}


@OPERATIONS.read("ListReceiptFilters")
def list_receipt_filters(call: Call, request: dict[str, Any]) -> Result:
    """All of them."""
    rows = call.tx.all("SELECT name, policy, cidr FROM ses_filters ORDER BY name")
    return {
        "Filters": [
            {"Name": name, "IpFilter": {"Policy": policy, "Cidr": cidr}}
            for name, policy, cidr in rows
        ]
    }
