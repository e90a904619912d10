"""CloudWatch's errors."""

from __future__ import annotations

from eventmill.kernel.errors import Invalid, NotFound


def value(message: str) -> Invalid:
    """A parameter whose value cannot be."""
    return Invalid("InvalidParameterValue", message)


def combination(message: str) -> Invalid:
    """Parameters that do not go together."""
    return Invalid("InvalidParameterCombination", message)


def validation(message: str) -> Invalid:
    """A metric math expression that is not understood."""
    return Invalid("ValidationError", message)


def bad_token() -> Invalid:
    """A NextToken that no answer gave."""
    return value("The service could not parse the NextToken.")


def missing(message: str) -> NotFound:
    """No alarm of that name."""
    return NotFound("ResourceNotFound", message)
