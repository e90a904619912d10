"""DynamoDB's own error answers; all are 400."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Fault, Invalid


def validation(message: str) -> Fault:
    """A request that DynamoDB does not take."""
    return Invalid("ValidationException", message)


def no_such_table(message: str = "Requested resource not found") -> Fault:
    """The table or index is not there."""
    return Invalid("ResourceNotFoundException", message)


def condition_failed(item: Mapping[str, Any] | None = None) -> Fault:
    """A condition did not hold; `item` is given back when the caller asked for it."""
    return Invalid(
        "ConditionalCheckFailedException",
        "The conditional request failed",
        fields={} if item is None else {"Item": item},
    )


def short_code(fault: Fault) -> str:
    """A fault's code as the members of batches and transactions have it."""
    return {"ValidationException": "ValidationError"}.get(
        fault.code, fault.code.removesuffix("Exception")
    )
