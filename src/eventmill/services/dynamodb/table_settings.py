"""Tags and resource policies of tables: they are kept and given back, and mean nothing here.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutResourcePolicy.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Fault, Invalid
from eventmill.services.contract import Call, Result
from eventmill.services.dynamodb import tables
from eventmill.services.dynamodb.faults import no_such_table, validation
from eventmill.services.dynamodb.tables import OPERATIONS, POLICY, TAGS, Table
from eventmill.services.tags import tag_list, tag_map


def _table(call: Call, request: Mapping[str, Any]) -> Table:
    arn = request["ResourceArn"]
    table = tables.find(call.tx, arn, f"Requested resource not found: ResourcArn: {arn} not found")
    if table.arn != arn:
        raise no_such_table(f"Requested resource not found: ResourcArn: {arn} not found")
    return table


@OPERATIONS.write("TagResource")
def tag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    TAGS.put(call.tx, _table(call, request).arn, tag_map(request["Tags"]))
    return {}


@OPERATIONS.write("UntagResource")
def untag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    TAGS.remove(call.tx, _table(call, request).arn, request["TagKeys"])
    return {}


@OPERATIONS.read("ListTagsOfResource")
def list_tags_of_resource(call: Call, request: dict[str, Any]) -> Result:
    """All on one page: there are 50 at the most. Raises Invalid (ResourceNotFoundException)."""
    return {"Tags": tag_list(TAGS.of(call.tx, _table(call, request).arn))}


@OPERATIONS.write("PutResourcePolicy")
def put_resource_policy(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException, PolicyNotFoundException)."""
    table = _table(call, request)
    _expected(table, request)
    definition = tables.with_policy(call, table.definition, request["Policy"])
    tables.put_definition(call, table.name, definition)
    return {"RevisionId": definition[POLICY]["RevisionId"]}


@OPERATIONS.read("GetResourcePolicy")
def get_resource_policy(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException, PolicyNotFoundException)."""
    table = _table(call, request)
    found = table.definition.get(POLICY)
    if not found:
        raise _no_policy(table)
    return dict(found)


@OPERATIONS.write("DeleteResourcePolicy")
def delete_resource_policy(call: Call, request: dict[str, Any]) -> Result:
    """One that is not there is no error. Raises Invalid (ResourceNotFoundException)."""
    table = _table(call, request)
    _expected(table, request)
    found = table.definition.get(POLICY)
    tables.put_definition(call, table.name, tables.with_policy(call, table.definition, None))
    return {"RevisionId": found["RevisionId"]} if found else {}


def _expected(table: Table, request: Mapping[str, Any]) -> None:
    """Raises Invalid when the policy is not of the revision that the caller read."""
    expected, found = request.get("ExpectedRevisionId"), table.definition.get(POLICY)
    revision = found["RevisionId"] if found else "NOPOLICY"
    if expected not in (None, revision):
        raise (
            _no_policy(table)
            if found is None
            else validation(f"The policy's revision is {revision}, not {expected}")
        )


def _no_policy(table: Table) -> Fault:
    return Invalid("PolicyNotFoundException", f"Resource-based policy not found for: {table.arn}")
