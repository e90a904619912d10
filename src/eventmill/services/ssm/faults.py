"""Parameter Store's own error answers; all of them have the status 400."""

from __future__ import annotations

from eventmill.kernel.errors import Invalid


def validation(message: str) -> Invalid:
    """A request that cannot be."""
    return Invalid("ValidationException", message)


def bad_token() -> Invalid:
    """A NextToken that no answer gave."""
    return Invalid("InvalidNextToken", "The specified token isn't valid.")


def no_parameter(name: str = "") -> Invalid:
    """The parameter named does not exist."""
    text = f"Parameter {name} not found." if name else ""
    return Invalid("ParameterNotFound", text)


def no_version(name: str, version: str) -> Invalid:
    """The parameter has no version of that number or label."""
    return Invalid(
        "ParameterVersionNotFound",
        f"Systems Manager could not find version {version} of {name}. Verify the version and try "
        "again.",
    )
