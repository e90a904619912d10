"""Resource policies: who may do what with a resource, by the document that lies on it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from eventmill.kernel.conditions import BadPolicy, Situation, like, listed, met, timeless

__all__ = [
    "ANONYMOUS",
    "Asker",
    "BadPolicy",
    "effect",
    "judge",
    "listed",
    "of_account",
    "of_service",
    "refusal",
]


@dataclass(frozen=True, slots=True, eq=False)
class Asker:
    """Who asks. `names` are what a policy may call it, under `kind` in its Principal element.

    `context` has condition keys in lower case. An `owner` needs no Allow, but a Deny holds for it.
    Each is equal to itself alone, so that what was judged for one is kept by it.
    """

    kind: str
    names: tuple[str, ...]
    context: Mapping[str, str]
    owner: bool = False

    def __str__(self) -> str:
        return self.names[0] if self.names else "anonymous"


ANONYMOUS = Asker("", (), {})


@lru_cache(maxsize=4_096)
def of_service(*names: str, source: str, account: str, **more: str) -> Asker:
    """An AWS service that acts for `source`, an ARN, of `account`.

    `names` are its principals (`s3.amazonaws.com`); `more` are further keys below `aws:`.
    """
    context = {
        "aws:sourcearn": source,
        "aws:sourceaccount": account,
        "aws:resourceaccount": account,
        "aws:principalisawsservice": "true",
        "aws:principalservicename": names[0],
    }
    return Asker("Service", names, context | {f"aws:{key}": more[key] for key in more})


@lru_cache(maxsize=64)
def of_account(account: str) -> Asker:
    """Anybody of the account that owns the resource: a client, or a service by a role."""
    root = f"arn:aws:iam::{account}:root"
    context = {
        "aws:principalarn": root,
        "aws:principalaccount": account,
        "aws:resourceaccount": account,
        "aws:principalisawsservice": "false",
    }
    return Asker("AWS", (root, account), context, owner=True)


def refusal(
    texts: Iterable[str | None],
    asker: Asker,
    action: str,
    resource: str,
    now: float,
    *,
    again: bool = True,
) -> str:
    """Why the policies `texts` do not let the asker do it; empty when it may.

    Without a policy only the owner may. `again` is whether the same resource will be asked for
    again: a new name each time would push out what is kept of the others.
    """
    try:
        said = {_said(text, asker, action, resource, now, again) for text in texts if text}
    except BadPolicy as error:
        return f"The policy of {resource} cannot be judged: {error}"
    if "Deny" in said:
        why = "with an explicit deny in a resource-based policy"
    elif "Allow" in said or asker.owner:
        return ""
    else:
        why = f"because no resource-based policy allows the {action} action"
    return f"User: {asker} is not authorized to perform: {action} on resource: {resource} {why}"


def _said(
    text: str, asker: Asker, action: str, resource: str, now: float, again: bool
) -> str | None:
    """Policies change rarely, and each delivery asks: what one said of a source is kept."""
    if again and timeless(text):
        return _kept(text, asker, action, resource)
    return effect(_parsed(text), asker, action, resource, now)


@lru_cache(maxsize=4_096)
def _kept(text: str, asker: Asker, action: str, resource: str) -> str | None:
    return effect(_parsed(text), asker, action, resource)


@lru_cache(maxsize=4_096)
def _parsed(text: str) -> Any:
    """The document. Raises BadPolicy."""
    try:
        return json.loads(text)
    except ValueError:
        raise BadPolicy("it is no JSON") from None


def effect(
    policy: Any, asker: Asker, action: str, resource: str, now: float | None = None
) -> str | None:
    """`Deny` or `Allow` as the policy says, None when it says nothing of it. Raises BadPolicy."""
    if not isinstance(policy, dict) or "Statement" not in policy:
        raise BadPolicy("a policy has a Statement")
    return judge(listed(policy["Statement"]), asker, action, resource, now)


def judge(
    statements: Iterable[Any],
    asker: Asker,
    action: str,
    resource: str,
    now: float | None = None,
) -> str | None:
    """As `effect`, for statements that are kept one by one."""
    found, situation = None, Situation(asker.context, now)
    for statement in statements:
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            raise BadPolicy("a statement has the Effect Allow or Deny")
        if _concerns(statement, asker, action, resource) and met(statement, situation):
            if statement["Effect"] == "Deny":
                return "Deny"
            found = "Allow"
    return found


def _concerns(statement: Mapping[str, Any], asker: Asker, action: str, resource: str) -> bool:
    """Whether a statement speaks of this. One without a Resource lies on the resource it means."""
    if "Action" not in statement and "NotAction" not in statement:
        raise BadPolicy("a statement has an Action")
    asked = action.lower()
    return (
        _covers(statement, "Action", lambda given: like(str(given).lower()).fullmatch(asked))
        and _covers(statement, "Resource", lambda given: like(str(given)).fullmatch(resource))
        and _covers(statement, "Principal", lambda given: _means(given, asker))
    )


def _covers(statement: Mapping[str, Any], element: str, test: Callable[[Any], object]) -> bool:
    if element in statement:
        return any(test(given) for given in listed(statement[element]))
    return not any(test(given) for given in listed(statement.get(f"Not{element}")))


def _means(principal: Any, asker: Asker) -> bool:
    if not isinstance(principal, dict):
        return bool(principal == "*")
    if "*" in listed(principal.get("AWS")):
        return True
    return any(str(given) in asker.names for given in listed(principal.get(asker.kind)))
