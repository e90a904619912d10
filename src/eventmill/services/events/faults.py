"""EventBridge's own error answers."""

from __future__ import annotations

from eventmill.kernel.errors import Invalid


def no_bus(name: str) -> Invalid:
    """The event bus named does not exist."""
    return Invalid("ResourceNotFoundException", f"Event bus {name} does not exist.")


def no_rule(name: str, bus: str) -> Invalid:
    """The rule named does not exist."""
    return Invalid("ResourceNotFoundException", f"Rule {name} does not exist on EventBus {bus}.")


def validation(message: str) -> Invalid:
    """A request that cannot be."""
    return Invalid("ValidationException", message)


def parameter(name: str, reason: str = "") -> Invalid:
    """One parameter that is not valid."""
    return validation(f"Parameter {name} is not valid." + (f" Reason: {reason}" if reason else ""))


def missing(message: str) -> Invalid:
    """Anything else that does not exist."""
    return Invalid("ResourceNotFoundException", message)


def taken(message: str) -> Invalid:
    """Anything that exists already."""
    return Invalid("ResourceAlreadyExistsException", message)
