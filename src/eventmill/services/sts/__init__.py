"""AWS STS: who the caller is, and credentials for a role.

https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import re
from typing import Any

from eventmill.config import ACCESS_KEY, SECRET_KEY
from eventmill.kernel.errors import Invalid
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


_ROLE = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):role/(?:.*/)?([\w+=,.@-]+)\Z")
_SECONDS = 3_600


@OPERATIONS.read("AssumeRole")
def assume_role(call: Call, request: dict[str, Any]) -> Result:
    """The engine's own credentials: roles are records, and one user may do everything.

    Raises Invalid for what is no ARN of a role.
    """
    found = _ROLE.match(request["RoleArn"])
    if found is None:
        raise Invalid("ValidationError", f"{request['RoleArn']} is invalid")
    account, role = found.groups()
    session = request["RoleSessionName"]
    return {
        "Credentials": _credentials(call, request),
        "AssumedRoleUser": {
            "AssumedRoleId": f"AROAEVENTMILL:{session}",
            "Arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
        },
    }


@OPERATIONS.read("GetSessionToken")
def get_session_token(call: Call, request: dict[str, Any]) -> Result:
    """As for a role."""
    return {"Credentials": _credentials(call, request)}


def _credentials(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return {
        "AccessKeyId": ACCESS_KEY,
        "SecretAccessKey": SECRET_KEY,
        "SessionToken": call.ids.token(64),
        "Expiration": call.now + (request.get("DurationSeconds") or _SECONDS),
    }


SERVICE = Service("sts", OPERATIONS.by_name)
