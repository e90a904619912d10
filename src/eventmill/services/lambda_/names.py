"""Function names as callers may write them: a name, a partial ARN or a full one."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from eventmill.kernel.errors import Invalid, NotFound
from eventmill.services.contract import Call

_PATTERN = re.compile(
    r"(?:(?:arn:aws[a-z-]*:lambda:[a-z0-9-]+:)?\d{12}:(?:function:)?|function:)?"
    r"(?P<name>[A-Za-z0-9_-]{1,64})(?::(?P<qualifier>\$LATEST|[A-Za-z0-9_-]{1,128}))?\Z"
)


class Named(NamedTuple):
    """A function and the qualifier asked for; an empty one means none was given."""

    name: str
    qualifier: str


@lru_cache(maxsize=4_096)
def parse(text: str, qualifier: str | None = None) -> Named:
    """Raises Invalid when `text` names no function, or another qualifier than `qualifier`."""
    found = _PATTERN.match(text)
    if found is None:
        raise Invalid(
            "ValidationException",
            f"1 validation error detected: Value '{text}' at 'functionName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: "
            r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\d{1}:)?(\d{12}:)?"
            r"(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?",
        )
    inside = found.group("qualifier")
    if inside and qualifier and inside != qualifier:
        raise Invalid(
            "InvalidParameterValueException",
            "The derived qualifier from the function name does not match the specified qualifier.",
        )
    return Named(found.group("name"), qualifier or inside or "")


def function_arn(call: Call, name: str, qualifier: str = "") -> str:
    """The ARN, with the qualifier when there is one."""
    arn = f"arn:aws:lambda:{call.region}:{call.account}:function:{name}"
    return f"{arn}:{qualifier}" if qualifier else arn


def unqualified(arn: str) -> str:
    """A function's ARN without version or alias."""
    return ":".join(arn.split(":", 7)[:7])


def not_found(arn: str) -> NotFound:
    """No such function, version or alias."""
    return NotFound(
        "ResourceNotFoundException", f"Function not found: {arn}", fields={"Type": "User"}
    )
