"""Resource policies of log groups, kept: every service of this machine may write.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
"""

from __future__ import annotations

from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.logs.groups import OPERATIONS, missing


def put(call: Call, name: str, document: str) -> dict[str, Any]:
    """Create or replace one; returns it as the API shows it."""
    now = int(call.now * 1000)
    call.tx.execute("INSERT OR REPLACE INTO logs_policies VALUES(?,?,?)", (name, document, now))
    return {"policyName": name, "policyDocument": document, "lastUpdatedTime": now}


def delete(call: Call, name: str) -> bool:
    """False when there is no such policy."""
    return call.tx.execute("DELETE FROM logs_policies WHERE name=?", (name,)).rowcount > 0


@OPERATIONS.write("PutResourcePolicy")
def put_resource_policy(call: Call, request: dict[str, Any]) -> Result:
    """Creates or replaces a policy."""
    return {"resourcePolicy": put(call, request["policyName"], request["policyDocument"])}


@OPERATIONS.write("DeleteResourcePolicy")
def delete_resource_policy(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    if not delete(call, request["policyName"]):
        raise missing("resource policy")
    return {}


@OPERATIONS.scan("DescribeResourcePolicies")
def describe_resource_policies(call: Call, request: dict[str, Any]) -> Result:
    """By name."""
    rows = call.tx.all("SELECT * FROM logs_policies ORDER BY name")
    return {
        "resourcePolicies": [
            {"policyName": name, "policyDocument": document, "lastUpdatedTime": updated}
            for name, document, updated in rows
        ]
    }
