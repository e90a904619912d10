"""What listeners and rules do with a request: forward, answer, redirect.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Action.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eventmill.services.elbv2 import records
from eventmill.services.elbv2.records import validation
from eventmill.store.transaction import Transaction

REFUSED = {
    "AuthenticateCognitoConfig": "no sign-in pages are served; let the function check its callers",
    "AuthenticateOidcConfig": "signing users in is not offered; let the function check its callers",
    "JwtValidationConfig": "tokens are not checked here; let the function check its callers",
}
_TYPES = {
    "authenticate-cognito": "AuthenticateCognitoConfig",
    "authenticate-oidc": "AuthenticateOidcConfig",
    "jwt-validation": "JwtValidationConfig",
}
_CONTENT_TYPES = (
    "text/plain",
    "text/css",
    "text/html",
    "application/javascript",
    "application/json",
)
_SAME_PLACE = {
    "Protocol": "#{protocol}",
    "Port": "#{port}",
    "Host": "#{host}",
    "Path": "/#{path}",
}
"""What a redirect changes nothing by, and takes where it is not told otherwise."""


def checked(tx: Transaction, given: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The actions with whole numbers and their defaults. Raises Invalid."""
    actions = [_action(tx, dict(action)) for action in given]
    if not actions:
        raise validation("An action must be specified")
    last = max(actions, key=lambda action: action.get("Order", 0))
    if sum(action["Type"] in ("forward", "fixed-response", "redirect") for action in actions) != 1:
        raise validation(
            "The actions must contain exactly one of forward, fixed-response, redirect"
        )
    return [last]


def _action(tx: Transaction, action: dict[str, Any]) -> dict[str, Any]:
    kind = action["Type"]
    if kind in _TYPES:
        raise validation(
            f"Actions of type {kind} are not offered by Eventmill: {REFUSED[_TYPES[kind]]}."
        )
    if "Order" in action:
        action["Order"] = int(action["Order"])
    if kind == "forward":
        return _forward(tx, action)
    if kind == "fixed-response":
        return _fixed(action)
    if kind == "redirect":
        return _redirect(action)
    raise validation(f"Action type '{kind}' must be one of forward, fixed-response, redirect")


def _forward(tx: Transaction, action: dict[str, Any]) -> dict[str, Any]:
    config = action.get("ForwardConfig") or {}
    groups = [dict(entry) for entry in config.get("TargetGroups") or ()]
    if not groups:
        if not action.get("TargetGroupArn"):
            raise validation("A target group ARN must be specified")
        groups = [{"TargetGroupArn": action["TargetGroupArn"]}]
    if len(groups) > 5:
        raise validation("The maximum number of target groups in a forward action is 5")
    for entry in groups:
        entry["Weight"] = int(entry.get("Weight", 1))
        if not 0 <= entry["Weight"] <= 999:
            raise validation(f"Weight '{entry['Weight']}' must be between 0 and 999 inclusive")
        records.get(tx, "group", entry["TargetGroupArn"])
    sticky = config.get("TargetGroupStickinessConfig") or {"Enabled": False}
    made = action | {
        "ForwardConfig": {"TargetGroups": groups, "TargetGroupStickinessConfig": sticky}
    }
    if len(groups) == 1:
        made["TargetGroupArn"] = groups[0]["TargetGroupArn"]
    return made


def _fixed(action: dict[str, Any]) -> dict[str, Any]:
    config = dict(action.get("FixedResponseConfig") or {})
    code = str(config.get("StatusCode", ""))
    if len(code) != 3 or code[0] not in "245" or not code.isdigit():
        raise validation(f"The status code '{code}' is not valid; it must be 2XX, 4XX or 5XX")
    if config.get("ContentType") and config["ContentType"] not in _CONTENT_TYPES:
        raise validation(f"The content type '{config['ContentType']}' is not valid")
    if len(config.get("MessageBody") or "") > 1_024:
        raise validation("The message body must be at most 1024 characters long")
    return action | {"FixedResponseConfig": config | {"StatusCode": code}}


def _redirect(action: dict[str, Any]) -> dict[str, Any]:
    given = action.get("RedirectConfig") or {}
    config = {"Query": "#{query}", **_SAME_PLACE}
    config |= {name: str(value) for name, value in given.items() if value is not None}
    if config.get("StatusCode") not in ("HTTP_301", "HTTP_302"):
        raise validation("The redirect status code must be HTTP_301 or HTTP_302")
    if config.items() >= _SAME_PLACE.items():
        raise validation(
            "The RedirectConfig is not valid because it creates a redirect loop: change the "
            "protocol, port, host or path"
        )
    return action | {"RedirectConfig": config}


def groups_of(actions: Sequence[Mapping[str, Any]]) -> list[str]:
    """The target groups that actions forward to."""
    return [
        entry["TargetGroupArn"]
        for action in actions
        for entry in (action.get("ForwardConfig") or {}).get("TargetGroups") or ()
    ]
