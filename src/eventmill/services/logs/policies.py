"""Resource policies: those of the account, for all its log groups, and those of single groups.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
"""

from __future__ import annotations

from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.kernel.policies import Asker, refusal
from eventmill.services.contract import Call, Result
from eventmill.services.logs.groups import OPERATIONS, missing, page
from eventmill.store.transaction import Transaction

_WRITING = ("CreateLogStream", "PutLogEvents")


def put(call: Call, name: str, document: str) -> dict[str, Any]:
    """Create or replace one; returns it as the API shows it. A group's own has its ARN as name."""
    now = int(call.now * 1000)
    call.tx.execute("INSERT OR REPLACE INTO logs_policies VALUES(?,?,?)", (name, document, now))
    return _shown(name, document, now)


def _shown(name: str, document: str, updated: int) -> dict[str, Any]:
    shown = {"policyDocument": document, "lastUpdatedTime": updated}
    if name.startswith("arn:"):
        return {"resourceArn": name, "policyScope": "RESOURCE", **shown}
    return {"policyName": name, "policyScope": "ACCOUNT", **shown}


def why_not(tx: Transaction, group_arn: str, stream: str, asker: Asker) -> str:
    """Why a service may not make a stream and write into it; empty when it may."""
    rows = tx.all(
        "SELECT document FROM logs_policies WHERE name=? OR name NOT LIKE 'arn:%'", (group_arn,)
    )
    texts = [row[0] for row in rows]
    resource = f"{group_arn}:log-stream:{stream}"
    refusals = (
        refusal(texts, asker, f"logs:{action}", resource, tx.now, again=False)
        for action in _WRITING
    )
    return next(filter(None, refusals), "")


def _name(request: dict[str, Any]) -> str:
    """The name that a policy is kept under. Raises Invalid."""
    name = _group(request) or request.get("policyName")
    if not name:
        raise Invalid("InvalidParameterException", "Give a policyName or a resourceArn.")
    return str(name)


def _group(request: dict[str, Any]) -> str:
    return (request.get("resourceArn") or "").removesuffix(":*")


def delete(call: Call, name: str) -> bool:
    """False when there is no such policy."""
    return call.tx.execute("DELETE FROM logs_policies WHERE name=?", (name,)).rowcount > 0


@OPERATIONS.write("PutResourcePolicy")
def put_resource_policy(call: Call, request: dict[str, Any]) -> Result:
    """Creates or replaces a policy."""
    return {"resourcePolicy": put(call, _name(request), request.get("policyDocument") or "")}


@OPERATIONS.write("DeleteResourcePolicy")
def delete_resource_policy(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    if not delete(call, _name(request)):
        raise missing("resource policy")
    return {}


@OPERATIONS.scan("DescribeResourcePolicies")
def describe_resource_policies(call: Call, request: dict[str, Any]) -> Result:
    """By name; those of the account, or one of a group."""
    arn = _group(request)
    rows = call.tx.all("SELECT name, document, updated FROM logs_policies ORDER BY name")
    found = [(row[0], _shown(*row)) for row in rows]
    wanted = [one for one in found if one[1].get("resourceArn", "") == arn]
    return page(wanted, "resourcePolicies", request)
