"""What a deployment leaves: in its clean-up at the end, and when it fails.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from eventmill.deploy import record
from eventmill.deploy.record import Recorded
from eventmill.kernel.errors import UsageError
from eventmill.services.contract import Call, Resource, ResourceType
from eventmill.store.transaction import Transaction

_BUCKET = "AWS::S3::Bucket"
_LEFT = "what was done until then stays, and the next deployment goes on from there"


@contextmanager
def no_rollback() -> Iterator[None]:
    """Say of a failure that what was done before is not taken back, as on AWS it would be."""
    try:
        yield
    except UsageError as error:
        if _LEFT in str(error):  # an inner stack's deployment has said it
            raise
        raise UsageError(f"{error}\n{_LEFT}") from error


def delete_recorded(call: Call, kind: ResourceType, resource: Resource) -> None:
    """Delete a resource of a stack, and set again what others of the stack set to the same."""
    kind.delete(call, resource)
    if not kind.overlaps:
        return
    for entry in record.resources_of(call.tx, resource.stack).values():
        if entry.type == kind.name and entry.physical_id != resource.physical_id:
            other = Resource(
                resource.stack,
                resource.stack_id,
                entry.logical_id,
                entry.properties,
                {},
                entry.physical_id,
                entry.attributes,
            )
            kind.update(call, other, entry.properties)


def leave_out(tx: Transaction, stack: str, entry: Recorded, *, forget: bool) -> None:
    """Forget one that was replaced, or with `forget` the resource itself, and leave it there."""
    record.let_go(tx, stack, entry)
    if forget:
        record.remove(tx, stack, entry.logical_id)


def left_behind(entry: Recorded) -> str:
    """What has become of a resource that could not be deleted, and what is to be done."""
    todo = "delete it yourself"
    if entry.type == _BUCKET:
        todo = f"empty and delete it with `aws s3 rb s3://{entry.physical_id} --force`"
    return f"{entry.physical_id} stays, and no longer belongs to the stack: {todo}"
