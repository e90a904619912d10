"""SQS's own error answers."""

from __future__ import annotations

from eventmill.kernel.errors import Invalid


def no_such_queue() -> Invalid:
    """The queue named does not exist."""
    return Invalid(
        "AWS.SimpleQueueService.NonExistentQueue",
        "The specified queue does not exist.",
    )


def invalid_parameter(message: str) -> Invalid:
    """A parameter that no queue takes."""
    return Invalid("InvalidParameterValue", message)


def value_invalid(value: object, parameter: str, reason: str) -> Invalid:
    """AWS's sentence about one parameter."""
    return invalid_parameter(
        f"Value {value} for parameter {parameter} is invalid. Reason: {reason}"
    )


def missing(parameter: str) -> Invalid:
    """A parameter that the request must hold."""
    return Invalid("MissingParameter", f"The request must contain the parameter {parameter}.")


def handle_invalid(handle: str) -> Invalid:
    """A receipt handle that we never gave."""
    return Invalid("ReceiptHandleIsInvalid", f'The input receipt handle "{handle}" is not valid.')
