"""Message attributes: validation, storage form, and the digest that SDKs check.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services.sqs.faults import invalid_parameter

_NAME = re.compile(r"(?!.*\.\.)(?!\.)[A-Za-z0-9_.-]{1,256}(?<!\.)\Z")
_RESERVED = re.compile(r"(?i)(aws|amazon)\.")
_TYPE = re.compile(r"(String|Number|Binary)(\..{1,256})?\Z")

Attributes = Mapping[str, Mapping[str, Any]]


def validate(attributes: Attributes) -> None:
    """Raises Invalid (InvalidParameterValue) with AWS's sentence for the first fault."""
    if len(attributes) > 10:
        raise invalid_parameter(
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [10]."
        )
    for name, value in attributes.items():
        if not _NAME.match(name) or _RESERVED.match(name):
            raise invalid_parameter(
                f"Message (user) attribute name '{name}' is invalid. It can contain letters, "
                "digits, '_', '-' and '.', no leading, trailing or double '.', and must not "
                "start with AWS. or Amazon."
            )
        _validate_value(name, value)


def _validate_value(name: str, value: Mapping[str, Any]) -> None:
    if value.get("StringListValues") or value.get("BinaryListValues"):
        raise Invalid(
            "AWS.SimpleQueueService.UnsupportedOperation",
            f"Message attribute list values are not supported: '{name}'.",
        )
    kind = value.get("DataType") or ""
    if not _TYPE.match(kind):
        raise invalid_parameter(
            f"The message attribute '{name}' has an invalid message attribute type, the set of "
            "supported type prefixes is Binary, Number, and String."
        )
    base = kind.partition(".")[0]
    held = value.get("BinaryValue") if base == "Binary" else value.get("StringValue")
    if not held:
        raise invalid_parameter(
            f"Message (user) attribute '{name}' must contain a non-empty value of type '{base}'."
        )
    if base == "Number":
        try:
            float(held)
        except ValueError:
            raise invalid_parameter(
                f"Could not cast message attribute '{name}' value to number."
            ) from None


def size(attributes: Attributes) -> int:
    """Bytes that count towards the message's size: names, types and values."""
    total = 0
    for name, value in attributes.items():
        held = value.get("BinaryValue")
        total += len(name.encode()) + len(value["DataType"].encode())
        total += len(held) if held is not None else len(value["StringValue"].encode())
    return total


def digest(attributes: Attributes) -> str:
    """MD5 over the sorted attributes, each part with its length in four bytes before it."""
    md5 = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        value = attributes[name]
        kind = value["DataType"]
        _add(md5, name.encode())
        _add(md5, kind.encode())
        if kind.startswith("Binary"):
            md5.update(b"\x02")
            _add(md5, value["BinaryValue"])
        else:
            md5.update(b"\x01")
            _add(md5, value["StringValue"].encode())
    return md5.hexdigest()


def _add(md5: Any, data: bytes) -> None:
    md5.update(len(data).to_bytes(4, "big"))
    md5.update(data)


def pack(attributes: Attributes) -> str | None:
    """The storage form; None for no attributes."""
    if not attributes:
        return None
    packed: dict[str, dict[str, str]] = {}
    for name, value in attributes.items():
        entry = {"DataType": value["DataType"]}
        if value.get("BinaryValue") is not None:
            entry["BinaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
        else:
            entry["StringValue"] = value["StringValue"]
        packed[name] = entry
    return json.dumps(packed)


def unpack(text: str | None) -> dict[str, dict[str, Any]]:
    """The attributes as the API has them."""
    if not text:
        return {}
    attributes: dict[str, dict[str, Any]] = json.loads(text)
    for value in attributes.values():
        if "BinaryValue" in value:
            value["BinaryValue"] = base64.b64decode(value["BinaryValue"])
    return attributes


def select(attributes: dict[str, dict[str, Any]], names: Sequence[str]) -> dict[str, Any]:
    """The attributes that a receive asks for: `All`, `.*`, a name, or `prefix.*`."""
    if "All" in names or ".*" in names:
        return attributes
    prefixes = tuple(name[:-1] for name in names if name.endswith(".*"))
    return {
        name: value
        for name, value in attributes.items()
        if name in names or (prefixes and name.startswith(prefixes))
    }
