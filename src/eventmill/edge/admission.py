"""Whether a service may invoke a function for one of its resources."""

from __future__ import annotations

from eventmill.kernel.errors import NotFound
from eventmill.kernel.functions import FunctionSpec
from eventmill.kernel.policies import of_service
from eventmill.services import lambda_
from eventmill.store.transaction import Transaction


class Refused(Exception):
    """The function's policy does not let the service invoke it, or there is no such function."""


def admitted(
    tx: Transaction, function: str, principal: str, source: str, account: str
) -> FunctionSpec:
    """The function to run. Raises Refused, which says why."""
    asker = of_service(principal, source=source, account=account)
    if not lambda_.may_invoke(tx, function, asker):
        raise Refused(
            f"Invalid permissions on Lambda function {function}: it must allow {principal} to "
            f"invoke it for {source}"
        )
    return existing(tx, function)


def existing(tx: Transaction, function: str) -> FunctionSpec:
    """The function to run for who needs no permission. Raises Refused without one."""
    try:
        return lambda_.resolve(tx, function)
    except NotFound:
        raise Refused(f"There is no function {function}") from None
