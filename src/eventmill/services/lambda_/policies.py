"""Resource policies of functions: which service may invoke them for which source.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

from eventmill.kernel.errors import Conflict, NotFound
from eventmill.services.contract import Call, Result
from eventmill.services.lambda_ import functions
from eventmill.services.lambda_.names import function_arn, parse
from eventmill.services.lambda_.operations import OPERATIONS, existing, named
from eventmill.store.transaction import Transaction


@OPERATIONS.write("AddPermission")
def add_permission(call: Call, request: dict[str, Any]) -> Result:
    """Raises Conflict for a StatementId that is taken."""
    who = named(request)
    existing(call, who)
    sid = request["StatementId"]
    statement = add(call, who.name, who.qualifier, sid, request)
    return {"Statement": json.dumps(statement)}


def add(call: Call, name: str, qualifier: str, sid: str, request: dict[str, Any]) -> dict[str, Any]:
    """Add one statement and return it."""
    taken = call.tx.one(
        "SELECT 1 FROM lambda_policies WHERE function=? AND qualifier=? AND sid=?",
        (name, qualifier, sid),
    )
    if taken is not None:
        raise Conflict(
            "ResourceConflictException",
            f"The statement id ({sid}) provided already exists. Please provide a new statement "
            "id, or remove the existing statement.",
        )
    principal = request["Principal"]
    if principal != "*":
        kind = "Service" if "." in principal else "AWS"
        principal = {kind: principal}
    statement: dict[str, Any] = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": request["Action"],
        "Resource": function_arn(call, name, qualifier),
    }
    condition: dict[str, dict[str, str]] = {}
    if request.get("SourceAccount"):
        condition["StringEquals"] = {"AWS:SourceAccount": request["SourceAccount"]}
    if request.get("SourceArn"):
        condition["ArnLike"] = {"AWS:SourceArn": request["SourceArn"]}
    if request.get("FunctionUrlAuthType"):
        condition.setdefault("StringEquals", {})["lambda:FunctionUrlAuthType"] = request[
            "FunctionUrlAuthType"
        ]
    if condition:
        statement["Condition"] = condition
    call.tx.execute(
        "INSERT INTO lambda_policies VALUES(?,?,?,?)",
        (name, qualifier, sid, json.dumps(statement)),
    )
    return statement


@OPERATIONS.write("RemovePermission")
def remove_permission(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound for a statement that is not there."""
    who = named(request)
    gone = call.tx.execute(
        "DELETE FROM lambda_policies WHERE function=? AND qualifier=? AND sid=?",
        (who.name, who.qualifier, request["StatementId"]),
    )
    if gone.rowcount == 0:
        raise NotFound(
            "ResourceNotFoundException",
            f"Statement {request['StatementId']} is not found in resource policy.",
        )
    return {}


@OPERATIONS.read("GetPolicy")
def get_policy(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound when there is none."""
    who = named(request)
    _, config = existing(call, who)
    rows = call.tx.all(
        "SELECT statement FROM lambda_policies WHERE function=? AND qualifier=? ORDER BY sid",
        (who.name, who.qualifier),
    )
    if not rows:
        raise NotFound("ResourceNotFoundException", "The resource you requested does not exist.")
    policy = {
        "Version": "2012-10-17",
        "Id": "default",
        "Statement": [json.loads(row[0]) for row in rows],
    }
    return {"Policy": json.dumps(policy), "RevisionId": config["RevisionId"]}


def may_invoke(
    tx: Transaction, arn: str, principal: str, source_arn: str, source_account: str
) -> bool:
    """Whether a service may invoke a function for one of its sources."""
    who = parse(arn)
    if not functions.exists(tx, arn):
        return False
    rows = tx.all(
        "SELECT statement FROM lambda_policies WHERE function=? AND qualifier=?",
        (who.name, who.qualifier),
    )
    return any(_allows(json.loads(row[0]), principal, source_arn, source_account) for row in rows)


def _allows(
    statement: dict[str, Any], principal: str, source_arn: str, source_account: str
) -> bool:
    allowed = statement["Principal"]
    if allowed != "*" and principal not in allowed.values():
        return False
    if statement["Action"].lower() not in ("lambda:invokefunction", "lambda:*", "*"):
        return False
    condition = statement.get("Condition") or {}
    pattern = condition.get("ArnLike", {}).get("AWS:SourceArn")
    if pattern is not None and not fnmatchcase(source_arn, pattern.replace("[", "[[]")):
        return False
    account = condition.get("StringEquals", {}).get("AWS:SourceAccount")
    return account is None or account == source_account
