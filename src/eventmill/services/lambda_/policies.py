"""Resource policies of functions: which service may invoke them for which source.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from eventmill.kernel.policies import ANONYMOUS, Asker, judge
from eventmill.services.contract import Call, Result
from eventmill.services.lambda_ import functions
from eventmill.services.lambda_.faults import missing, no_statement, statement_taken
from eventmill.services.lambda_.names import Named, function_arn, parse
from eventmill.services.lambda_.operations import OPERATIONS, named
from eventmill.store.transaction import Transaction

_INVOKE = "lambda:InvokeFunction"
_INVOKE_URL = "lambda:InvokeFunctionUrl"


def add(call: Call, who: Named, sid: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Add one statement and return it. Raises NotFound, Conflict for a StatementId taken."""
    functions.existing(call, who)
    taken = call.tx.one(
        "SELECT 1 FROM lambda_policies WHERE function=? AND qualifier=? AND sid=?", (*who, sid)
    )
    if taken is not None:
        raise statement_taken(sid)
    statement: dict[str, Any] = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": _principal(request["Principal"]),
        "Action": request["Action"],
        "Resource": function_arn(call, *who),
    }
    condition = _condition(request)
    if condition:
        statement["Condition"] = condition
    call.tx.execute(
        "INSERT INTO lambda_policies VALUES(?,?,?,?)", (*who, sid, json.dumps(statement))
    )
    return statement


def _principal(principal: str) -> str | dict[str, str]:
    if principal == "*":
        return principal
    if principal.isdigit():
        return {"AWS": f"arn:aws:iam::{principal}:root"}
    return {"AWS" if principal.startswith("arn:") else "Service": principal}


def _condition(request: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    equals = {
        "AWS:SourceAccount": request.get("SourceAccount"),
        "lambda:FunctionUrlAuthType": request.get("FunctionUrlAuthType"),
        "lambda:EventSourceToken": request.get("EventSourceToken"),
        "aws:PrincipalOrgID": request.get("PrincipalOrgID"),
    }
    condition: dict[str, dict[str, str]] = {}
    strings = {key: str(value) for key, value in equals.items() if value}
    if strings:
        condition["StringEquals"] = strings
    if request.get("InvokedViaFunctionUrl"):
        condition["Bool"] = {"lambda:InvokedViaFunctionUrl": "true"}
    if request.get("SourceArn"):
        condition["ArnLike"] = {"AWS:SourceArn": request["SourceArn"]}
    return condition


def remove(call: Call, who: Named, sid: str) -> bool:
    """Take a statement away; False when there is none."""
    gone = call.tx.execute(
        "DELETE FROM lambda_policies WHERE function=? AND qualifier=? AND sid=?", (*who, sid)
    )
    return gone.rowcount > 0


@OPERATIONS.write("AddPermission")
def add_permission(call: Call, request: dict[str, Any]) -> Result:
    """Raises Conflict for a StatementId that is taken."""
    statement = add(call, named(request), request["StatementId"], request)
    return {"Statement": json.dumps(statement)}


@OPERATIONS.write("RemovePermission")
def remove_permission(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound for a statement that is not there."""
    who = named(request)
    functions.existing(call, who)
    if not remove(call, who, request["StatementId"]):
        raise no_statement(request["StatementId"])
    return {}


@OPERATIONS.read("GetPolicy")
def get_policy(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound when there is none."""
    who = named(request)
    config = functions.existing(call, who)
    statements = _statements(call.tx, who)
    if not statements:
        raise missing("The resource you requested does not exist.")
    policy = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
    return {"Policy": json.dumps(policy), "RevisionId": config["RevisionId"]}


def _statements(tx: Transaction, who: Named) -> list[dict[str, Any]]:
    rows = tx.all(
        "SELECT statement FROM lambda_policies WHERE function=? AND qualifier=? ORDER BY sid", who
    )
    return [_parsed(row[0]) for row in rows]


@lru_cache(maxsize=4_096)
def _parsed(statement: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(statement)
    return parsed


def may_invoke(tx: Transaction, function_arn: str, asker: Asker) -> bool:
    """Whether a service may invoke a function for one of its sources.

    False too when there is no such function, version or alias.
    """
    if not functions.exists(tx, function_arn):
        return False
    return _allows(tx, parse(function_arn), asker, _INVOKE)


def open_to_all(tx: Transaction, who: Named, auth_type: str) -> bool:
    """Whether anybody may call the URL of a function or alias without a signature.

    https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
    """
    context = {
        "lambda:functionurlauthtype": auth_type,
        "lambda:invokedviafunctionurl": "true",
        "aws:principaltype": "Anonymous",
    }
    return _allows(tx, who, replace(ANONYMOUS, context=context), _INVOKE_URL)


def _allows(tx: Transaction, who: Named, asker: Asker, action: str) -> bool:
    statements = _statements(tx, who)
    # All are about this function, by whatever form of its name it was asked for.
    resource = statements[0]["Resource"] if statements else ""
    return judge(statements, asker, action, resource, tx.now) == "Allow"
