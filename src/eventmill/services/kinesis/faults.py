"""Kinesis's own error answers."""

from __future__ import annotations

from collections.abc import Collection

from eventmill.kernel.errors import Invalid


def argument(message: str) -> Invalid:
    """A parameter that does not fit the state of things."""
    return Invalid("InvalidArgumentException", message)


def validation(message: str) -> Invalid:
    """A request that can never be."""
    return Invalid("ValidationException", message)


def constraint(name: str, value: object, text: str) -> Invalid:
    """A member outside of what its model allows."""
    return validation(
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
        f"Member must {text}"
    )


def missing(message: str) -> Invalid:
    """Nothing of that name."""
    return Invalid("ResourceNotFoundException", message)


def in_use(message: str) -> Invalid:
    """The name is taken, or the resource is in a state that does not allow it."""
    return Invalid("ResourceInUseException", message)


def limit(message: str) -> Invalid:
    """More than there may be."""
    return Invalid("LimitExceededException", message)


def ranged(name: str, value: int | None, low: int, high: int) -> None:
    """Raises Invalid for a number outside of `low` to `high`."""
    if value is not None and value < low:
        raise constraint(name, value, f"have value greater than or equal to {low}")
    if value is not None and value > high:
        raise constraint(name, value, f"have value less than or equal to {high}")


def one_of(name: str, value: str, choices: Collection[str]) -> None:
    """Raises Invalid unless `value` is one of `choices`."""
    if value not in choices:
        raise constraint(name, value, f"satisfy enum value set: [{', '.join(choices)}]")
