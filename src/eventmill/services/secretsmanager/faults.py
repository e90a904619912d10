"""Secrets Manager's own error answers; all of them have the status 400."""

from __future__ import annotations

from eventmill.kernel.errors import Invalid


def no_secret() -> Invalid:
    """The secret named does not exist."""
    return Invalid("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")


def no_value(what: str) -> Invalid:
    """The secret has no such version; `what` names the version asked for."""
    return Invalid(
        "ResourceNotFoundException",
        f"Secrets Manager can't find the specified secret value for {what}",
    )


def marked() -> Invalid:
    """The secret waits for its deletion."""
    return Invalid(
        "InvalidRequestException",
        "You can't perform this operation on the secret because it was marked for deletion.",
    )


def exists(message: str) -> Invalid:
    """A name or a token is taken."""
    return Invalid("ResourceExistsException", message)


def bad_token() -> Invalid:
    """A NextToken that no answer gave."""
    return Invalid("InvalidNextTokenException", "The NextToken value is invalid.")


def parameter(message: str) -> Invalid:
    """A parameter that is not valid."""
    return Invalid("InvalidParameterException", message)


def request(message: str) -> Invalid:
    """A parameter that is not valid in the secret's present state."""
    return Invalid("InvalidRequestException", message)
