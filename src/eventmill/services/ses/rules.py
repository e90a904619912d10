"""Receipt rule sets and their rules, as stored.

https://docs.aws.amazon.com/ses/latest/dg/receiving-email-receipt-rules.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services.contract import Call
from eventmill.services.ses import faults
from eventmill.services.ses.asking import asker
from eventmill.store.transaction import Transaction

ACTIVE_KEY = "ses.active"
"""Announced when another rule set became active."""

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")
_MOST = 200
Rule = dict[str, Any]
"""Name, Enabled, TlsPolicy, ScanEnabled, Recipients and Actions, as in the API."""


def check_name(name: str) -> None:
    """Raises Invalid."""
    if not _NAME.match(name) or not (name[0].isalnum() and name[-1].isalnum()):
        raise faults.invalid(f"Invalid name: {name}")


def create_set(tx: Transaction, name: str) -> None:
    """Raises Invalid (AlreadyExists)."""
    check_name(name)
    if tx.one("SELECT 1 FROM ses_rule_sets WHERE name=?", (name,)) is not None:
        raise faults.exists("Rule set", name)
    tx.execute("INSERT INTO ses_rule_sets VALUES(?,?,0)", (name, tx.now))


def require_set(tx: Transaction, name: str) -> tuple[float, bool]:
    """(when it was created, whether it is active). Raises Invalid."""
    row = tx.one("SELECT created, active FROM ses_rule_sets WHERE name=?", (name,))
    if row is None:
        raise faults.no_rule_set(name)
    return row[0], bool(row[1])


def delete_set(tx: Transaction, name: str, *, even_active: bool = False) -> None:
    """One that is gone is no error. Raises Invalid (CannotDelete) for the active one."""
    row = tx.one("SELECT active FROM ses_rule_sets WHERE name=?", (name,))
    if row is not None and row[0] and not even_active:
        raise Invalid(
            "CannotDelete", f"Cannot delete active rule set: {name}", fields={"Name": name}
        )
    tx.execute("DELETE FROM ses_rule_sets WHERE name=?", (name,))
    tx.execute("DELETE FROM ses_rules WHERE rule_set=?", (name,))


def active_set(tx: Transaction) -> str | None:
    """The name of the one that mails go through."""
    row = tx.one("SELECT name FROM ses_rule_sets WHERE active=1")
    return None if row is None else row[0]


def activate(tx: Transaction, name: str | None) -> None:
    """Let mails go through this one; None for none at all. Raises Invalid."""
    if name is not None:
        require_set(tx, name)
    tx.execute("UPDATE ses_rule_sets SET active=(name IS ?)", (name,))
    tx.announce(ACTIVE_KEY)


def rules_of(tx: Transaction, rule_set: str) -> list[Rule]:
    """In their order."""
    rows = tx.all("SELECT rule FROM ses_rules WHERE rule_set=? ORDER BY place", (rule_set,))
    return [json.loads(row[0]) for row in rows]


def find(tx: Transaction, rule_set: str, name: str) -> Rule:
    """Raises Invalid."""
    require_set(tx, rule_set)
    row = tx.one("SELECT rule FROM ses_rules WHERE rule_set=? AND name=?", (rule_set, name))
    if row is None:
        raise faults.no_rule(name)
    rule: Rule = json.loads(row[0])
    return rule


def create(call: Call, rule_set: str, rule: Mapping[str, Any], after: str | None) -> Rule:
    """Put a rule behind another, or first. Raises Invalid."""
    tx, name = call.tx, rule["Name"]
    check_name(name)
    require_set(tx, rule_set)
    names = [one["Name"] for one in rules_of(tx, rule_set)]
    if name in names:
        raise faults.exists("Rule", name)
    if len(names) >= _MOST:
        raise Invalid("LimitExceeded", f"A rule set has {_MOST} rules at the most.")
    if after is not None and after not in names:
        raise faults.no_rule(after)
    made = checked(call, rule_set, rule)
    tx.execute("INSERT INTO ses_rules VALUES(?,?,0,?)", (rule_set, name, json.dumps(made)))
    names.insert(names.index(after) + 1 if after is not None else 0, name)
    reorder(tx, rule_set, names)
    return made


def update(call: Call, rule_set: str, rule: Mapping[str, Any]) -> None:
    """Raises Invalid."""
    find(call.tx, rule_set, rule["Name"])
    call.tx.execute(
        "UPDATE ses_rules SET rule=? WHERE rule_set=? AND name=?",
        (json.dumps(checked(call, rule_set, rule)), rule_set, rule["Name"]),
    )


def delete(tx: Transaction, rule_set: str, name: str) -> None:
    """One that is gone is no error."""
    tx.execute("DELETE FROM ses_rules WHERE rule_set=? AND name=?", (rule_set, name))


def reorder(tx: Transaction, rule_set: str, names: list[str]) -> None:
    """Give the rules their places."""
    tx.executemany(
        "UPDATE ses_rules SET place=? WHERE rule_set=? AND name=?",
        [(place, rule_set, name) for place, name in enumerate(names)],
    )


def move(tx: Transaction, rule_set: str, name: str, after: str | None) -> None:
    """Put a rule behind another, or first. Raises Invalid."""
    find(tx, rule_set, name)
    names = [one["Name"] for one in rules_of(tx, rule_set) if one["Name"] != name]
    if after is not None and after not in names:
        raise faults.no_rule(after)
    names.insert(names.index(after) + 1 if after is not None else 0, name)
    reorder(tx, rule_set, names)


def rule_arn(call: Call, rule_set: str, rule: str) -> str:
    """How a rule is named in the policies of what it writes to."""
    place = f"receipt-rule-set/{rule_set}:receipt-rule/{rule}"
    return f"arn:aws:ses:{call.region}:{call.account}:{place}"


def checked(call: Call, rule_set: str, rule: Mapping[str, Any]) -> Rule:
    """The rule with its defaults. Raises Invalid for what could not work."""
    source = rule_arn(call, rule_set, rule["Name"])
    actions = rule.get("Actions") or []
    if len(actions) > 10:
        raise Invalid("LimitExceeded", "A rule has 10 actions at the most.")
    for action in actions:
        if len(action) != 1:
            raise faults.invalid("An action must have exactly one kind.")
        kind, settings = next(iter(action.items()))
        _check_action(call, source, kind, settings)
    return {
        "Name": rule["Name"],
        "Enabled": bool(rule.get("Enabled", False)),
        "TlsPolicy": rule.get("TlsPolicy") or "Optional",
        "Recipients": list(rule.get("Recipients") or []),
        "Actions": list(actions),
        "ScanEnabled": bool(rule.get("ScanEnabled", False)),
    }


def _check_action(call: Call, source: str, kind: str, settings: Mapping[str, Any]) -> None:
    """AWS tries each target when a rule is declared. `source` is the rule's ARN."""

    def takes(arn: str, *, role: bool = False) -> bool:
        known = call.directory(call.tx, arn)
        return known is not None and (role or known.admits(asker(source, call.account)))

    topic = settings.get("TopicArn")
    if topic and not takes(topic):
        text = f"Could not publish to SNS topic: {topic}"
        raise Invalid("InvalidSnsTopic", text, fields={"Topic": topic})
    if kind == "S3Action" and not takes(_trial(settings), role=bool(settings.get("IamRoleArn"))):
        bucket = settings["BucketName"]
        raise Invalid(
            "InvalidS3Configuration",
            f"Could not write to bucket: {bucket}",
            fields={"Bucket": bucket},
        )
    if kind == "LambdaAction" and not takes(settings["FunctionArn"]):
        function = settings["FunctionArn"]
        raise Invalid(
            "InvalidLambdaFunction",
            f"Could not invoke Lambda function: {function}",
            fields={"FunctionArn": function},
        )
    if kind == "StopAction" and settings["Scope"] != "RuleSet":
        raise faults.invalid("The scope of a stop action must be RuleSet.")
    if kind == "ConnectAction":
        raise faults.invalid("ConnectAction is not offered: there is no Amazon Connect here.")


def _trial(settings: Mapping[str, Any]) -> str:
    """The object by which AWS finds out whether the bucket takes any."""
    prefix = settings.get("ObjectKeyPrefix") or ""
    return f"arn:aws:s3:::{settings['BucketName']}/{prefix}AMAZON_SES_SETUP_NOTIFICATION"
