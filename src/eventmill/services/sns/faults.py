"""SNS's own error answers."""

from __future__ import annotations

from eventmill.kernel.errors import Invalid, NotFound


def no_topic() -> NotFound:
    """The topic named does not exist."""
    return NotFound("NotFound", "Topic does not exist")


def no_subscription() -> NotFound:
    """The subscription named does not exist."""
    return NotFound("NotFound", "Subscription does not exist")


def invalid(reason: str) -> Invalid:
    """A parameter that SNS refuses."""
    return Invalid("InvalidParameter", f"Invalid parameter: {reason}")
