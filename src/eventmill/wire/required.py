"""Members that a request must hold, and what each service says when one is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Fault, Invalid


def check(service: str, shape: Any, params: Mapping[str, Any]) -> None:
    """Raises Fault for the first required member that `params` lacks."""
    for name in shape.required_members:
        if name not in params:
            raise _missing(service, name)


def _missing(service: str, name: str) -> Fault:
    if service == "sqs":
        return Invalid("MissingParameter", f"The request must contain the parameter {name}.")
    if service == "s3":
        return Invalid("InvalidRequest", f"Missing required parameter: {name}")
    text = (
        f"Value null at '{name[0].lower()}{name[1:]}' failed to satisfy constraint: "
        "Member must not be null"
    )
    code = {"sns": "InvalidParameter", "sts": "ValidationError", "iam": "ValidationError"}.get(
        service, "ValidationException"
    )
    return Invalid(code, f"1 validation error detected: {text}")
