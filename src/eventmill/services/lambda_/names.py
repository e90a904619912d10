"""Function names as callers may write them: a name, a partial ARN or a full one."""

from __future__ import annotations

import re
from typing import NamedTuple

from eventmill.kernel.errors import Invalid, NotFound
from eventmill.services.contract import Call

_PATTERN = re.compile(
    r"(?:(?:arn:aws:lambda:[a-z0-9-]+:)?\d{12}:function:|function:)?"
    r"(?P<name>[A-Za-z0-9_-]{1,140})(?::(?P<qualifier>\$LATEST|[A-Za-z0-9_-]+))?\Z"
)


class Named(NamedTuple):
    """A function and the qualifier asked for; an empty one means none was given."""

    name: str
    qualifier: str


def parse(text: str, qualifier: str | None = None) -> Named:
    """Raises Invalid (ValidationException) when `text` names no function."""
    found = _PATTERN.match(text)
    if found is None:
        raise Invalid(
            "ValidationException",
            f"1 validation error detected: Value '{text}' at 'functionName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern of a function name or ARN",
        )
    return Named(found.group("name"), qualifier or found.group("qualifier") or "")


def function_arn(call: Call, name: str, qualifier: str = "") -> str:
    """The ARN, with the qualifier when there is one."""
    arn = f"arn:aws:lambda:{call.region}:{call.account}:function:{name}"
    return f"{arn}:{qualifier}" if qualifier else arn


def not_found(arn: str) -> NotFound:
    """No such function, version or alias."""
    return NotFound(
        "ResourceNotFoundException", f"Function not found: {arn}", fields={"Type": "User"}
    )
