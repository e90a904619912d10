"""SNS's own error answers."""

from __future__ import annotations

from eventmill.kernel.errors import Denied, Invalid, NotFound


def no_topic() -> NotFound:
    """The topic named does not exist."""
    return NotFound("NotFound", "Topic does not exist")


def no_subscription() -> NotFound:
    """The subscription named does not exist."""
    return NotFound("NotFound", "Subscription does not exist")


def invalid(reason: str) -> Invalid:
    """A parameter that SNS refuses."""
    return Invalid("InvalidParameter", f"Invalid parameter: {reason}")


def missing(name: str) -> Invalid:
    """A parameter that must be there."""
    return invalid(f"{name} Reason: no value for required parameter")


def not_authorized(reason: str) -> Denied:
    """Something that the caller may not do."""
    return Denied("AuthorizationError", reason)
