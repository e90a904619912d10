"""Provisioned concurrency: environments of a version or alias that are kept ready.

https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from eventmill.kernel.errors import Conflict, NotFound
from eventmill.kernel.functions import FunctionSpec
from eventmill.services.contract import Call, Result
from eventmill.services.lambda_ import functions
from eventmill.services.lambda_.concurrency import ACCOUNT_LIMIT, UNRESERVED_LEAST, reserved_total
from eventmill.services.lambda_.faults import parameter, ranged
from eventmill.services.lambda_.names import Named, function_arn
from eventmill.services.lambda_.operations import OPERATIONS, named
from eventmill.services.lambda_.paging import page
from eventmill.store.transaction import Row, Transaction


@dataclass(frozen=True, slots=True)
class Provision:
    """What is to be kept ready for one version or alias."""

    function: str
    qualifier: str
    spec: FunctionSpec
    wanted: int


def provisions(tx: Transaction) -> Iterator[Provision]:
    """All, in the order in which they were asked for; an alias stands for its first version."""
    rows = tx.all(
        "SELECT p.function, p.qualifier, p.wanted, coalesce(a.version, p.qualifier)"
        " FROM lambda_provisioned p LEFT JOIN lambda_aliases a"
        " ON a.function=p.function AND a.name=p.qualifier ORDER BY p.modified, p.function"
    )
    for function, qualifier, wanted, version in rows:
        try:
            spec = functions.resolve(tx, function, version)
        except NotFound:
            continue
        yield Provision(function, qualifier, spec, wanted)


def set_ready(tx: Transaction, provision: Provision, ready: int) -> None:
    """Record how many environments are ready."""
    tx.execute(
        "UPDATE lambda_provisioned SET ready=? WHERE function=? AND qualifier=?",
        (ready, provision.function, provision.qualifier),
    )


def put(call: Call, who: Named, wanted: int) -> dict[str, Any]:
    """Keep `wanted` environments ready. Raises NotFound, Conflict, Invalid."""
    if who.qualifier in ("", functions.LATEST):
        raise parameter(
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
        )
    functions.existing(call, who)
    check(wanted)
    _refuse_twice(call, who)
    _check_room(call, who, wanted)
    # Of those that are ready already none has to become so again.
    call.tx.execute(
        "INSERT INTO lambda_provisioned VALUES(?,?,?,0,?) ON CONFLICT DO UPDATE SET"
        " wanted=excluded.wanted, ready=min(ready, excluded.wanted), modified=excluded.modified",
        (*who, wanted, call.now),
    )
    call.tx.announce(functions.FUNCTIONS_KEY)
    return _shape(_row(call, who))


def check(wanted: int) -> None:
    """Raises Invalid for what no version can have."""
    ranged("provisionedConcurrentExecutions", wanted, 1, ACCOUNT_LIMIT)


def remove(call: Call, who: Named) -> None:
    """Keep none ready any more. What is not there is removed too."""
    call.tx.execute("DELETE FROM lambda_provisioned WHERE function=? AND qualifier=?", who)
    call.tx.announce(functions.FUNCTIONS_KEY)


def _refuse_twice(call: Call, who: Named) -> None:
    """A version and an alias that points to it cannot both be provisioned."""
    others = {
        row[0]
        for row in call.tx.all(
            "SELECT qualifier FROM lambda_provisioned WHERE function=? AND qualifier<>?", who
        )
    }
    if who.qualifier.isdigit():
        aliases = call.tx.all("SELECT name FROM lambda_aliases WHERE function=? AND version=?", who)
        if others & {row[0] for row in aliases}:
            raise Conflict(
                "ResourceConflictException",
                "Version is pointed to by a Provisioned Concurrency alias",
                fields={"Type": "User"},
            )
    elif functions.version_of(call.tx, *who) in others:
        raise parameter(
            "Alias can't be used for Provisioned Concurrency configuration on an already "
            "Provisioned version"
        )


def _check_room(call: Call, who: Named, wanted: int) -> None:
    row = call.tx.one("SELECT reserved FROM lambda_concurrency WHERE function=?", (who.name,))
    if row is not None:
        others = call.tx.one(
            "SELECT coalesce(sum(wanted), 0) FROM lambda_provisioned"
            " WHERE function=? AND qualifier<>?",
            who,
        )
        assert others is not None
        if others[0] + wanted > row[0]:
            raise parameter(
                "Requested Provisioned Concurrency should not be greater than the "
                "reservedConcurrentExecution for function"
            )
        return
    others = call.tx.one(
        "SELECT coalesce(sum(wanted), 0) FROM lambda_provisioned"
        " WHERE (function<>? OR qualifier<>?)"
        " AND function NOT IN (SELECT function FROM lambda_concurrency)",
        who,
    )
    assert others is not None
    room = ACCOUNT_LIMIT - UNRESERVED_LEAST - reserved_total(call.tx) - others[0]
    if wanted > room:
        raise parameter(
            "Specified ConcurrentExecutions for function is greater than account's unreserved "
            f"concurrency [{max(room, 0)}]."
        )


def _row(call: Call, who: Named) -> Row:
    row = call.tx.one(
        "SELECT wanted, ready, modified FROM lambda_provisioned WHERE function=? AND qualifier=?",
        who,
    )
    if row is None:
        raise NotFound(
            "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function",
            fields={"Type": "User"},
        )
    return row


def _shape(row: Row) -> dict[str, Any]:
    wanted, ready, modified = row
    moment = datetime.fromtimestamp(modified, UTC)
    return {
        "RequestedProvisionedConcurrentExecutions": wanted,
        "AvailableProvisionedConcurrentExecutions": ready,
        "AllocatedProvisionedConcurrentExecutions": ready,
        "Status": "READY" if ready >= wanted else "IN_PROGRESS",
        "LastModified": f"{moment:%Y-%m-%dT%H:%M:%S}+0000",
    }


@OPERATIONS.write("PutProvisionedConcurrencyConfig")
def put_provisioned_concurrency_config(call: Call, request: dict[str, Any]) -> Result:
    """The environments start at once."""
    return put(call, named(request), request["ProvisionedConcurrentExecutions"])


@OPERATIONS.read("GetProvisionedConcurrencyConfig")
def get_provisioned_concurrency_config(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    who = named(request)
    functions.existing(call, who)
    return _shape(_row(call, who))


@OPERATIONS.scan("ListProvisionedConcurrencyConfigs")
def list_provisioned_concurrency_configs(call: Call, request: dict[str, Any]) -> Result:
    """All of a function, by qualifier."""
    name = named(request).name
    functions.existing(call, Named(name, ""))
    rows = call.tx.all(
        "SELECT wanted, ready, modified, qualifier FROM lambda_provisioned WHERE function=?"
        " ORDER BY qualifier",
        (name,),
    )
    entries = [
        (row[3], _shape(row[:3]) | {"FunctionArn": function_arn(call, name, row[3])})
        for row in rows
    ]
    return page(entries, "ProvisionedConcurrencyConfigs", request)


@OPERATIONS.write("DeleteProvisionedConcurrencyConfig")
def delete_provisioned_concurrency_config(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    who = named(request)
    functions.existing(call, who)
    _row(call, who)
    remove(call, who)
    return {}
