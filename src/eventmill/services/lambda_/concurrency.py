"""Reserved concurrency and the account's limits.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
"""

from __future__ import annotations

from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.lambda_ import functions
from eventmill.services.lambda_.faults import parameter
from eventmill.services.lambda_.names import Named
from eventmill.services.lambda_.operations import OPERATIONS, named
from eventmill.store.code import UNZIPPED_LIMIT
from eventmill.store.transaction import Transaction

ACCOUNT_LIMIT = 1_000
"""Concurrent executions of all functions together."""

UNRESERVED_LEAST = 100


def reserved_total(tx: Transaction, besides: str = "") -> int:
    """What all functions but `besides` have reserved."""
    row = tx.one(
        "SELECT coalesce(sum(reserved), 0) FROM lambda_concurrency WHERE function<>?", (besides,)
    )
    assert row is not None
    return int(row[0])


def reserve(call: Call, name: str, reserved: int | None) -> None:
    """Reserve concurrency for a function (0 stops it), or with None give it up.

    Raises Invalid when less than 100 would stay for the others.
    """
    functions.existing(call, Named(name, ""))
    if reserved is None:
        call.tx.execute("DELETE FROM lambda_concurrency WHERE function=?", (name,))
    elif reserved < _provisioned(call.tx, name):
        raise parameter(
            f"ReservedConcurrentExecutions  {reserved} should not be lower than function's total "
            f"provisioned concurrency [{_provisioned(call.tx, name)}]."
        )
    elif reserved_total(call.tx, name) + reserved > ACCOUNT_LIMIT - UNRESERVED_LEAST:
        raise parameter(
            "Specified ReservedConcurrentExecutions for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{UNRESERVED_LEAST}]."
        )
    else:
        call.tx.execute("INSERT OR REPLACE INTO lambda_concurrency VALUES(?,?)", (name, reserved))
    call.tx.announce(functions.FUNCTIONS_KEY)


def _provisioned(tx: Transaction, name: str) -> int:
    row = tx.one(
        "SELECT coalesce(sum(wanted), 0) FROM lambda_provisioned WHERE function=?", (name,)
    )
    assert row is not None
    return int(row[0])


@OPERATIONS.write("PutFunctionConcurrency")
def put_function_concurrency(call: Call, request: dict[str, Any]) -> Result:
    """Reserve concurrency; 0 stops the function."""
    reserved = request["ReservedConcurrentExecutions"]
    reserve(call, named(request).name, reserved)
    return {"ReservedConcurrentExecutions": reserved}


@OPERATIONS.read("GetFunctionConcurrency")
def get_function_concurrency(call: Call, request: dict[str, Any]) -> Result:
    """The reserved concurrency, if any."""
    who = named(request)
    functions.existing(call, Named(who.name, ""))
    row = call.tx.one("SELECT reserved FROM lambda_concurrency WHERE function=?", (who.name,))
    return {} if row is None else {"ReservedConcurrentExecutions": row[0]}


@OPERATIONS.write("DeleteFunctionConcurrency")
def delete_function_concurrency(call: Call, request: dict[str, Any]) -> Result:
    """Give the reservation up."""
    reserve(call, named(request).name, None)
    return {}


@OPERATIONS.scan("GetAccountSettings")
def get_account_settings(call: Call, request: dict[str, Any]) -> Result:
    """The account's limits and what is used of them."""
    used = call.tx.one(
        "SELECT count(*), coalesce(sum(config ->> 'CodeSize'), 0) FROM lambda_functions"
        " WHERE version='$LATEST'"
    )
    assert used is not None
    return {
        "AccountLimit": {
            "TotalCodeSize": 80_530_636_800,
            "CodeSizeUnzipped": UNZIPPED_LIMIT,
            "CodeSizeZipped": 52_428_800,
            "ConcurrentExecutions": ACCOUNT_LIMIT,
            "UnreservedConcurrentExecutions": ACCOUNT_LIMIT - reserved_total(call.tx),
        },
        "AccountUsage": {"TotalCodeSize": used[1], "FunctionCount": used[0]},
    }
