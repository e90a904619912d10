"""Targets of rules: who gets the events, in which shape, and how often it is tried.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from eventmill.kernel.arns import NOTHING_BEHIND, service_of
from eventmill.kernel.errors import Fault, Invalid
from eventmill.patterns.paths import steps_of
from eventmill.services.contract import Call, Result
from eventmill.services.events import buses, faults, rules, transform
from eventmill.services.events.buses import OPERATIONS
from eventmill.store.transaction import Transaction

TARGETS_OF_A_RULE = 5
CARRIED = {
    "lambda": "a function",
    "sqs": "a queue",
    "sns": "a topic",
    "events": "an event bus or an API destination",
    "logs": "a log group",
    "kinesis": "a stream",
    "execute-api": "an API",
}
"""Services of target ARNs that deliver carries events to."""

_RETRY_BOUNDS = (("MaximumRetryAttempts", 0, 185), ("MaximumEventAgeInSeconds", 60, 86_400))
_ID = re.compile(r"[.\-_A-Za-z0-9]{1,64}\Z")
_BY_ROLE = ("kinesis", "states")
"""Targets without a policy of their own that could let EventBridge in, as API destinations."""
PARAMETERS_OF_NOTHING = {
    "AppSyncParameters": ("appsync",),
    "BatchParameters": ("batch",),
    "EcsParameters": ("ecs",),
    "RedshiftDataParameters": ("redshift", "redshift-serverless"),
    "RunCommandParameters": ("ssm",),
    "SageMakerPipelineParameters": ("sagemaker",),
}
"""Members for targets that nothing runs behind, and those targets' services."""
_HONOURED = {
    "Id",
    "Arn",
    "Input",
    "InputPath",
    "InputTransformer",
    "SqsParameters",
    "DeadLetterConfig",
    "RetryPolicy",
    "HttpParameters",
    "KinesisParameters",
    "RoleArn",
}
_PARAMETERS = {
    "SqsParameters": ("arn:aws:sqs:",),
    "KinesisParameters": ("arn:aws:kinesis:",),
    "HttpParameters": ("arn:aws:events:", "arn:aws:execute-api:"),
}
"""Members that have a meaning for some targets only, by how their ARNs begin."""


def check(target: dict[str, Any]) -> None:
    """Raises Invalid for what AWS refuses, and for targets that nothing carries events to."""
    if not _ID.match(target["Id"]):
        raise faults.parameter("Targets", f"{target['Id']} is no target id.")
    arn = target["Arn"]
    if not arn.startswith("arn:"):
        raise faults.parameter("Arn", "Provided Arn is not in correct format.")
    service = service_of(arn)
    of_events = ":event-bus/" in arn or ":api-destination/" in arn
    known = service in CARRIED or service in NOTHING_BEHIND
    if not known or (service == "events" and not of_events):
        raise faults.parameter(
            "Arn", f"Targets of {arn} are not offered; use {', '.join(CARRIED.values())}."
        )
    if not target.get("RoleArn") and (service in _BY_ROLE or ":api-destination/" in arn):
        raise faults.validation(f"RoleArn is required for target {arn}.")
    for member in target:
        if not _fits(member, arn, service):
            raise faults.parameter(member, f"It has no meaning for {arn}.")
    if arn.endswith(".fifo") and not (target.get("SqsParameters") or {}).get("MessageGroupId"):
        raise faults.parameter(
            "SqsParameters", "Parameter MessageGroupId must be specified for a FIFO queue."
        )
    _check_retries(target.get("RetryPolicy") or {})
    path = (target.get("KinesisParameters") or {}).get("PartitionKeyPath")
    if path and steps_of(path) is None:
        raise faults.parameter("PartitionKeyPath", f"{path} is no JSON path.")
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    if queue and (service_of(queue) != "sqs" or queue.endswith(".fifo")):
        raise faults.parameter("DeadLetterConfig.Arn", "It must be a standard queue.")
    transform.check(target)


def _fits(member: str, arn: str, service: str) -> bool:
    """Whether a target of that ARN may have the member."""
    if member in PARAMETERS_OF_NOTHING:
        return service in PARAMETERS_OF_NOTHING[member]
    return member in _HONOURED and arn.startswith(_PARAMETERS.get(member, ("",)))


def _check_retries(policy: Mapping[str, Any]) -> None:
    for member, low, high in _RETRY_BOUNDS:
        value = policy.get(member)
        if value is None or low <= value <= high:
            continue
        limit = f"less than or equal to {high}"
        if value < low:
            limit = f"greater than or equal to {low}"
        raise faults.validation(
            f"1 validation error detected: Value '{value}' at 'targets.1.member.retryPolicy."
            f"{member[0].lower()}{member[1:]}' failed to satisfy constraint: Member must have "
            f"value {limit}"
        )


def put(tx: Transaction, bus: str, rule: str, target: dict[str, Any]) -> None:
    """Add a target, or replace the one of its id. Raises Invalid."""
    check(target)
    tx.execute(
        "INSERT OR REPLACE INTO events_targets VALUES(?,?,?,?)",
        (bus, rule, target["Id"], json.dumps(target)),
    )
    buses.touch(tx, bus)
    row = tx.one("SELECT count(*) FROM events_targets WHERE bus=? AND rule=?", (bus, rule))
    if row is not None and row[0] > TARGETS_OF_A_RULE:
        raise Invalid(
            "LimitExceededException",
            "The requested resource exceeds the maximum number allowed.",
        )


def remove(tx: Transaction, bus: str, rule: str, target: str) -> bool:
    """Take a target away; False when it is not there."""
    buses.touch(tx, bus)
    gone = tx.execute(
        "DELETE FROM events_targets WHERE bus=? AND rule=? AND id=?", (bus, rule, target)
    )
    return gone.rowcount > 0


def of_rule(tx: Transaction, bus: str, rule: str) -> list[dict[str, Any]]:
    """A rule's targets by id."""
    rows = tx.all(
        "SELECT target FROM events_targets WHERE bus=? AND rule=? ORDER BY id", (bus, rule)
    )
    return [json.loads(row[0]) for row in rows]


def find(tx: Transaction, bus: str, rule: str, target: str) -> dict[str, Any] | None:
    """One target, or None."""
    row = tx.one(
        "SELECT target FROM events_targets WHERE bus=? AND rule=? AND id=?", (bus, rule, target)
    )
    return None if row is None else json.loads(row[0])


def _failed(failures: list[dict[str, Any]]) -> Result:
    return {"FailedEntryCount": len(failures), "FailedEntries": failures}


@OPERATIONS.write("PutTargets")
def put_targets(call: Call, request: dict[str, Any]) -> Result:
    """A target whose service is not offered is reported in FailedEntries, the others are kept."""
    rule = rules.require(call.tx, request.get("EventBusName"), request["Rule"])
    rules.refuse_managed(rule)
    ids = [target["Id"] for target in request["Targets"]]
    if len(set(ids)) < len(ids):
        raise faults.validation("Duplicate target ids in the request.")
    failures = []
    for target in request["Targets"]:
        try:
            put(call.tx, rule.bus, rule.name, target)
        except Fault as fault:
            if len(request["Targets"]) == 1 or fault.code != "ValidationException":
                raise
            failures.append(
                {"TargetId": target["Id"], "ErrorCode": fault.code, "ErrorMessage": fault.message}
            )
    return _failed(failures)


@OPERATIONS.write("RemoveTargets")
def remove_targets(call: Call, request: dict[str, Any]) -> Result:
    """Ids that the rule does not have are reported in FailedEntries."""
    rule = rules.require(call.tx, request.get("EventBusName"), request["Rule"])
    rules.refuse_managed(rule)
    failures = [
        {
            "TargetId": target,
            "ErrorCode": "ResourceNotFoundException",
            "ErrorMessage": f"Rule {rule.name} does not have a target with the Id {target}.",
        }
        for target in request["Ids"]
        if not remove(call.tx, rule.bus, rule.name, target)
    ]
    return _failed(failures)


@OPERATIONS.scan("ListTargetsByRule")
def list_targets_by_rule(call: Call, request: dict[str, Any]) -> Result:
    """Ordered by id."""
    rule = rules.require(call.tx, request.get("EventBusName"), request["Rule"])
    after = request.get("NextToken") or ""
    found = [target for target in of_rule(call.tx, rule.bus, rule.name) if target["Id"] > after]
    return buses.page(request, "Targets", [(target["Id"], target) for target in found])


@OPERATIONS.scan("ListRuleNamesByTarget")
def list_rule_names_by_target(call: Call, request: dict[str, Any]) -> Result:
    """The rules of a bus that send to an ARN."""
    bus = buses.require(call.tx, request.get("EventBusName"))
    rows = call.tx.all(
        "SELECT DISTINCT rule FROM events_targets"
        " WHERE bus=? AND rule>? AND json_extract(target, '$.Arn')=? ORDER BY rule",
        (bus, request.get("NextToken") or "", request["TargetArn"]),
    )
    return buses.page(request, "RuleNames", [(row[0], row[0]) for row in rows])
