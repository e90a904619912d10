"""API Gateway's errors."""

from __future__ import annotations

from eventmill.kernel.errors import Conflict, Fault, Invalid, NotFound


def bad(message: str) -> Fault:
    """A request or setting that is not taken."""
    return Invalid("BadRequestException", message)


def missing(message: str) -> Fault:
    """What the request names does not exist."""
    return NotFound("NotFoundException", message)


def taken(message: str) -> Fault:
    """The name is in use."""
    return Conflict("ConflictException", message)
