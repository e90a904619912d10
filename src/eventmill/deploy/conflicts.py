"""Whether a resource that was just made is another one of a stack, under another logical id.

CloudFormation refuses that. Where a service's create refuses a name that is taken, nothing is
needed here; others give what is there, which the clean-up under the old logical id would delete.
"""

from __future__ import annotations

from collections.abc import Iterable

from eventmill.deploy import record
from eventmill.deploy.record import Recorded
from eventmill.kernel.errors import UsageError
from eventmill.services.contract import ResourceType
from eventmill.store.transaction import Transaction


def refuse_taken(
    tx: Transaction,
    stack: str,
    kind: ResourceType,
    made: Recorded,
) -> None:
    """Raise UsageError when `made` is a resource of this or another stack already, also one that
    was replaced and will be deleted in the end.

    One that is retained whatever becomes of its logical id may be taken over.
    """
    if kind.adopts is None:
        return
    for entry in record.set_aside_of(tx, stack):
        if _same(entry, made, kind.adopts) and not entry.retain:
            raise UsageError(
                f"CloudFormation cannot update a stack when a custom-named resource requires "
                f"replacing, and {made.physical_id} was {entry.logical_id} until now: give "
                f"{made.logical_id} another name, or deploy once without it"
            )
    for owner, entry in record.holders(tx, stack, made.type, made.physical_id):
        other = (owner, entry.logical_id) != (stack, made.logical_id)
        if other and _same(entry, made, kind.adopts) and not entry.retain:
            raise UsageError(
                f"{made.physical_id} already exists in stack {owner} as {entry.logical_id}: "
                + _mend(made.logical_id, entry.logical_id, same_stack=owner == stack)
            )


def _same(one: Recorded, other: Recorded, beside: Iterable[str]) -> bool:
    """Whether both stand for one thing; `beside` are the properties that its id is below."""
    return (one.type, one.physical_id) == (other.type, other.physical_id) and all(
        one.properties.get(name) == other.properties.get(name) for name in beside
    )


def _mend(logical_id: str, holder: str, *, same_stack: bool) -> str:
    if same_stack:
        return (
            f"it would be deleted with {holder}. Call {logical_id} {holder} again, or give it "
            "another name"
        )
    return f"give {logical_id} another name, or take {holder} out of that stack"
