"""The account's settings, and the tags of everything.

https://docs.aws.amazon.com/apigateway/latest/api/API_GetAccount.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from eventmill.services.apigateway import parts
from eventmill.services.apigateway.faults import bad
from eventmill.services.apigateway.patch import patched
from eventmill.services.apigateway.registry import OPERATIONS, shown
from eventmill.services.contract import Call, Result
from eventmill.store.transaction import Transaction

_ACCOUNT = {
    "throttleSettings": {"burstLimit": 5000, "rateLimit": 10000.0},
    "features": ["UsagePlans"],
    "apiKeyVersion": "4",
}
_NUMBER = "account"


def settings(tx: Transaction) -> dict[str, Any]:
    """The account's settings."""
    return _ACCOUNT | (parts.find(tx, parts.ACCOUNT, "account", _NUMBER) or {})


def change(tx: Transaction, given: Mapping[str, Any]) -> dict[str, Any]:
    """Set members."""
    config = settings(tx) | dict(given)
    parts.put(tx, parts.ACCOUNT, "account", _NUMBER, config)
    return config


@OPERATIONS.read("GetAccount")
def get_account(call: Call, request: dict[str, Any]) -> Result:
    """Always there."""
    return shown(settings(call.tx))


@OPERATIONS.write("UpdateAccount")
def update_account(call: Call, request: dict[str, Any]) -> Result:
    """The role for logs. Raises Invalid."""
    fixed = ("throttleSettings", "apiKeyVersion")
    config = patched(settings(call.tx), request.get("patchOperations") or (), fixed)
    return shown(change(call.tx, config))


_PLURALS = {
    "restapis": "api",
    "stages": "stage",
    "apikeys": "key",
    "usageplans": "plan",
    "domainnames": "domain",
    "vpclinks": "vpclink",
    "clientcertificates": "certificate",
}


def _tagged(tx: Transaction, arn: str) -> tuple[str, str, str, dict[str, Any]]:
    """(API, kind, id, config) of what an ARN names. Raises NotFound, Invalid."""
    steps = unquote(arn).partition("::/")[2].split("/")
    if len(steps) not in (2, 4) or steps[0] not in _PLURALS:
        raise bad(f"Invalid ARN specified in the request: {arn}")
    kind, number = _PLURALS[steps[0]], steps[1]
    api = number if kind == "api" else parts.ACCOUNT
    if len(steps) == 4:
        kind, number = _PLURALS.get(steps[2], "stage"), steps[3]
    return api, kind, number, parts.get(tx, api, kind, number)


@OPERATIONS.read("GetTags")
def get_tags(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound, Invalid."""
    return {"tags": _tagged(call.tx, request["resourceArn"])[3].get("tags") or {}}


@OPERATIONS.write("TagResource")
def tag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound, Invalid."""
    api, kind, number, config = _tagged(call.tx, request["resourceArn"])
    config["tags"] = (config.get("tags") or {}) | request["tags"]
    parts.put(call.tx, api, kind, number, config)
    return {}


@OPERATIONS.write("UntagResource")
def untag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound, Invalid."""
    api, kind, number, config = _tagged(call.tx, request["resourceArn"])
    gone = request.get("tagKeys") or ()
    config["tags"] = {k: v for k, v in (config.get("tags") or {}).items() if k not in gone}
    parts.put(call.tx, api, kind, number, config)
    return {}
