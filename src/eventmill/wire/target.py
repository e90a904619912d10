"""What a request is for, with its operation compiled once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel, OperationNotFoundError

from eventmill.kernel.errors import Fault, Invalid
from eventmill.wire.models import metadata, query_model, service_model


@dataclass(slots=True, eq=False)
class Target:
    """One operation of one service over one protocol; one object for all its requests.

    `compiled` is a place for the closures that a protocol makes for it.
    """

    service: str
    operation: str
    protocol: str
    model: OperationModel
    streaming_input: str | None
    """The member that is the raw request body."""
    streaming_output: str | None
    """The member that is the raw response body."""
    unsigned: bool
    """Whether AWS takes it without a signature."""
    compiled: dict[str, Callable[..., Any]] = field(default_factory=dict)


def _streaming(shape: Any) -> str | None:
    if shape is None:
        return None
    payload = shape.serialization.get("payload")
    if payload and shape.members[payload].serialization.get("streaming"):
        return str(payload)
    return None


@lru_cache(maxsize=4096)
def target(service: str, operation: str, protocol: str = "") -> Target:
    """Raises Fault when there is no such service or operation in AWS's models."""
    try:
        models = query_model if protocol == "query" else service_model
        model = models(service).operation_model(operation)
    except UnknownServiceError:
        raise unknown_operation(service, operation) from None
    except OperationNotFoundError:
        raise unknown_operation(service, operation) from None
    return Target(
        service,
        operation,
        protocol or metadata(service)["protocol"],
        model,
        _streaming(model.input_shape),
        _streaming(model.output_shape),
        model.auth_type == "none",
    )


def unknown_operation(service: str, operation: str) -> Fault:
    """The answer to an operation that AWS does not have either."""
    code = "InvalidAction" if service in ("sns", "sts", "iam") else "UnknownOperationException"
    return Invalid(code, f"{service} has no operation {operation}.")
