"""Requests to operations that are called by name, with a document of JSON.

Scheduler's universal targets write members with a capital first letter whatever the API's own
names are, times as text and blobs as plain text.
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
"""

from __future__ import annotations

import json
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.wire import required
from eventmill.wire.target import target
from eventmill.wire.timestamps import to_epoch


def request_of(service: str, operation: str, document: str) -> tuple[dict[str, Any], str | None]:
    """The request as botocore names it, and the member of it that is a stream (PutObject's Body).

    Raises Fault for an operation or members that do not exist.
    """
    to = target(service, operation)
    try:
        given = json.loads(document)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise Invalid("ValidationException", "The request is no JSON object.")
    if to.model.input_shape is None:
        return {}, None
    request: dict[str, Any] = _converted(to.model.input_shape, given, operation)
    required.check(service, to.model.input_shape, request)
    return request, to.streaming_input


def _converted(shape: Any, value: Any, place: str) -> Any:
    kind = shape.type_name
    if value is None:
        return None
    if kind == "structure" and isinstance(value, dict):
        return dict(_member(shape, key, entry, place) for key, entry in value.items())
    if kind == "list" and isinstance(value, list):
        return [_converted(shape.member, entry, place) for entry in value]
    if kind == "map" and isinstance(value, dict):
        return {key: _converted(shape.value, entry, place) for key, entry in value.items()}
    if kind == "blob":
        return (value if isinstance(value, str) else json.dumps(value)).encode()
    if kind == "timestamp":
        return to_epoch(value)
    if kind == "string":
        return value if isinstance(value, str) else json.dumps(value)
    if kind in ("integer", "long") and isinstance(value, str) and value.isdigit():
        return int(value)
    if kind in ("structure", "list", "map"):
        raise Invalid("ValidationException", f"{place} is no {kind}.")
    return value


def _member(shape: Any, key: str, value: Any, place: str) -> tuple[str, Any]:
    for name in (key, key[:1].lower() + key[1:]):
        if name in shape.members:
            return name, _converted(shape.members[name], value, f"{place}.{name}")
    raise Invalid("ValidationException", f"{place} has no member {key}.")
