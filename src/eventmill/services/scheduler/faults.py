"""EventBridge Scheduler's own error answers."""

from __future__ import annotations

from eventmill.kernel.errors import Conflict, Invalid, NotFound


def validation(message: str) -> Invalid:
    """A request that cannot be."""
    return Invalid("ValidationException", message)


def missing(what: str, name: str) -> NotFound:
    """`what` is `Schedule` or `Schedule group`."""
    return NotFound("ResourceNotFoundException", f"{what} {name} does not exist.")


def taken(what: str, name: str) -> Conflict:
    """A name in use."""
    return Conflict("ConflictException", f"{what} {name} already exists.")


def bad_name(member: str, name: str) -> Invalid:
    """A name that AWS's pattern does not take."""
    return validation(
        f"1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [0-9a-zA-Z-_.]+"
    )
