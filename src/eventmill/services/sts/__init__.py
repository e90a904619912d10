"""AWS STS: who the caller is, and credentials for a role.

https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from typing import Any

from eventmill.services.contract import Call, Operations, Result, Service

OPERATIONS = Operations()


@OPERATIONS.read("GetCallerIdentity")
def get_caller_identity(call: Call, request: dict[str, Any]) -> Result:
    """The one account of this engine."""
    return {
        "UserId": call.principal or "AIDAEVENTMILL",
        "Account": call.account,
        "Arn": f"arn:aws:iam::{call.account}:root",
    }


SERVICE = Service("sts", OPERATIONS.by_name)
