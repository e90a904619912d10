"""What a call counts towards DynamoDB's metrics: how long it took, or how it failed.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eventmill.kernel.errors import Fault
from eventmill.kernel.metrics import Count, milliseconds
from eventmill.services.dynamodb.partiql.grammar import parse


def counts(
    operation: str, request: Mapping[str, Any], outcome: Mapping[str, Any] | Fault, seconds: float
) -> list[Count]:
    """See contract.Meter."""
    if isinstance(outcome, Fault):
        return _of_fault(operation, request, outcome)
    took = milliseconds(seconds)
    name = request.get("TableName")
    if name is not None and "Count" not in outcome and "/" not in name:
        # Single items, by the table's name: what is called most.
        return [("dynamodb.done", name, operation, took)]
    tables = _tables(operation, request)
    found: list[Count] = [("dynamodb.done", table, operation, took) for table in tables]
    returned = outcome.get("Count")
    if operation == "ExecuteStatement":
        returned = len(outcome["Items"])
    if returned is not None:
        found += [("dynamodb.returned", table, operation, returned) for table in tables]
    return found


def _of_fault(operation: str, request: Mapping[str, Any], fault: Fault) -> list[Count]:
    tables = _tables(operation, request)
    if fault.code == "ConditionalCheckFailedException":
        return [("dynamodb.refused", table, 1.0) for table in tables]
    if (fault.status or fault.default_status) < 500:
        return [("dynamodb.invalid", 1.0)]
    return [("dynamodb.failed", table, operation, 1.0) for table in tables]


def _tables(operation: str, request: Mapping[str, Any]) -> Iterable[str]:
    """The names of the tables that a request is for."""
    name = request.get("TableName")
    if name is not None:
        return (name.rpartition("/")[2],)
    if operation == "ExecuteStatement":
        try:
            return (parse(request["Statement"]).statement.table.rpartition("/")[2],)
        except Fault:
            return ()
    entries = request.get("TransactItems") or ()
    named = [body["TableName"] for entry in entries for body in entry.values()]
    return {each.rpartition("/")[2] for each in (*(request.get("RequestItems") or ()), *named)}
