"""Parameter mappings: `method.request.header.X`, `context.stage`, `'a text'` … → their values.

https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-data-transformations.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from eventmill.edge.apis.context import value_at
from eventmill.edge.apis.mapping.jsonpath import JsonPathError, find
from eventmill.edge.apis.rest.request import Request

Pairs = Sequence[tuple[str, str]]


def common(expression: str, request: Request) -> str | None:
    """A text in quotes, a stage variable or a value of the context; None for anything else."""
    if len(expression) > 1 and expression.startswith("'") and expression.endswith("'"):
        return expression[1:-1]
    scope, _, path = expression.partition(".")
    if scope == "stageVariables":
        return request.stage.variables.get(path)
    if scope != "context":
        return None
    found = value_at(request.context(), path)
    return None if found is None else as_text(found)


def of_request(expression: str, request: Request) -> str | None:
    """The value of an expression over the method's request; None when it is missing."""
    if not expression.startswith("method.request."):
        return common(expression, request)
    place, _, name = expression.removeprefix("method.request.").partition(".")
    if place == "body":
        return of_body(request.body, name)
    if place == "path":
        return request.labels.get(name)
    if place in ("header", "multivalueheader"):
        return chosen(request.sent, name, several=place != "header", exact=False)
    return chosen(request.pairs, name, several=place != "querystring", exact=True)


def chosen(pairs: Pairs, name: str, *, several: bool, exact: bool) -> str | None:
    """The last value under a name, or all of them joined by commas."""
    wanted = name if exact else name.lower()
    found = [value for key, value in pairs if (key if exact else key.lower()) == wanted]
    if not found:
        return None
    return ",".join(found) if several else found[-1]


def of_body(body: bytes, path: str) -> str | None:
    """The body, or what a JSON path finds in it; None where it finds nothing."""
    if not path:
        return body.decode("utf-8", "replace")
    try:
        found = find(json.loads(body or b"{}"), path)
    except (ValueError, JsonPathError):
        return None
    return None if found is None else as_text(found)


def as_text(value: Any) -> str:
    """Texts as they are, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
