"""EventBridge Pipes' own error answers."""

from __future__ import annotations

from eventmill.kernel.errors import Conflict, Invalid, NotFound


def validation(message: str) -> Invalid:
    """A pipe that cannot be."""
    return Invalid("ValidationException", message)


def missing(name: str) -> NotFound:
    """No pipe of that name."""
    return NotFound("NotFoundException", f"Pipe {name} does not exist.")


def taken(name: str) -> Conflict:
    """There is a pipe of that name."""
    return Conflict("ConflictException", f"Pipe {name} already exists.")
