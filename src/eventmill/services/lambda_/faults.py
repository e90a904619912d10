"""Refusals that several operations of Lambda share."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from eventmill.kernel.errors import Conflict, Invalid, NotFound, Throttled


def parameter(message: str) -> Invalid:
    """A setting that Lambda does not take."""
    return Invalid("InvalidParameterValueException", message, fields={"Type": "User"})


def ranged(wire: str, value: Any, low: int, high: int) -> None:
    """Raises Invalid (ValidationException) unless low <= value <= high."""
    bound = "greater than or equal to" if int(value) < low else "less than or equal to"
    if not low <= int(value) <= high:
        raise Invalid(
            "ValidationException",
            f"1 validation error detected: Value '{value}' at '{wire}' failed to satisfy "
            f"constraint: Member must have value {bound} {low if int(value) < low else high}",
        )


def one_of(wire: str, value: Any, choices: Collection[str]) -> None:
    """Raises Invalid (ValidationException) unless `value` is one of `choices`."""
    if value not in choices:
        raise Invalid(
            "ValidationException",
            f"1 validation error detected: Value '{value}' at '{wire}' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{', '.join(choices)}]",
        )


def statement_taken(sid: str) -> Conflict:
    """A resource policy has a statement of this id."""
    return Conflict(
        "ResourceConflictException",
        f"The statement id ({sid}) provided already exists. Please provide a new statement "
        "id, or remove the existing statement.",
        fields={"Type": "User"},
    )


def no_statement(sid: str) -> NotFound:
    """A resource policy has no statement of this id."""
    return missing(f"Statement {sid} is not found in resource policy.")


def missing(message: str) -> NotFound:
    """What the request names does not exist."""
    return NotFound("ResourceNotFoundException", message, fields={"Type": "User"})


def recursive() -> Invalid:
    """The invocation would go round in a loop of the function's own events."""
    return Invalid(
        "RecursiveInvocationException",
        "Lambda has detected your function being invoked in a recursive loop with other Amazon "
        "Web Services resources and stopped your function's invocation.",
        fields={"Type": "User"},
    )


def throttled(reason: str) -> Throttled:
    """The 429 of an invocation that found no free concurrency."""
    return Throttled(
        "TooManyRequestsException",
        "Rate Exceeded.",
        fields={"Type": "User", "Reason": reason, "retryAfterSeconds": "1"},
    )
