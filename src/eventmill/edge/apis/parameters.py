"""Parameter mapping of HTTP APIs: values named by expressions, changes of requests and answers.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

import orjson

from eventmill.edge.apis import events
from eventmill.edge.apis.responses import Answer

Lookup = Callable[[str], Any]
"""The value behind `request.header.x`, `context.stage` …; None when there is none."""

_NAME = r"(?:request|response|context|stageVariables)[\w.\-\[\]]*"
_WHOLE = re.compile(rf"\$({_NAME})|\$\{{({_NAME})\}}")
_INSIDE = re.compile(rf"\$\{{({_NAME})\}}|\$({_NAME})")


def value_of(expression: str, lookup: Lookup) -> Any:
    """The value of an expression: one name keeps its type, a text with names in it is a text."""
    whole = _WHOLE.fullmatch(expression)
    if whole is not None:
        return lookup(whole.group(1) or whole.group(2))
    return _INSIDE.sub(lambda found: text(lookup(found.group(1) or found.group(2))), expression)


def text(value: Any) -> str:
    """A value as headers and query parameters have it; empty for none."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def select(body: bytes, path: str) -> Any:
    """The member of a JSON body behind `a.b[0]`; the text of the whole for an empty path."""
    if not path:
        return body.decode("utf-8", "replace")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    for name in re.findall(r"[^.\[\]]+", path):
        if isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        elif isinstance(value, dict):
            value = value.get(name)
        else:
            return None
    return value


def of_request(request: events.Request) -> Lookup:
    """Looks into a request."""

    def lookup(name: str) -> Any:
        source, _, rest = name.partition(".")
        if source == "stageVariables":
            return request.stage.variables.get(rest)
        if source == "context":
            return context_value(request, rest)
        kind, _, key = rest.partition(".")
        if kind == "header":
            return request.headers.get(key.lower())
        if kind == "querystring":
            return request.parameters.get(key)
        if kind == "body":
            return select(request.body, key)
        if kind == "path":
            return (
                unquote(request.labels[key])
                if key in request.labels
                else (None if key else request.path)
            )
        return request.method if kind == "method" else None

    return lookup


def context_value(request: events.Request, name: str) -> Any:
    """A variable of `$context`.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
    """
    if name.startswith("authorizer."):
        given = request.authorizer or {}
        key = name.removeprefix("authorizer.")
        if key.startswith("claims."):
            claims = (given.get("jwt") or {}).get("claims") or {}
            return claims.get(key.removeprefix("claims."))
        return (given.get("lambda") or {}).get(key)
    if name.startswith("identity."):
        iam = (request.authorizer or {}).get("iam") or {}
        known = {
            "sourceIp": request.client,
            "userAgent": request.headers.get("user-agent"),
            "accountId": iam.get("accountId"),
            "caller": iam.get("callerId"),
            "user": iam.get("userId"),
            "userArn": iam.get("userArn"),
        }
        return known.get(name.removeprefix("identity."))
    whole = request.context
    plain = {
        "httpMethod": request.method,
        "path": request.raw_path,
        "protocol": "HTTP/1.1",
        "requestTime": whole["time"],
        "requestTimeEpoch": whole["timeEpoch"],
        "extendedRequestId": request.request_id,
        "integrationErrorMessage": request.called.error,
        "integration.error": request.called.error,
    }
    value = plain.get(name, whole.get(name))
    return None if isinstance(value, dict) else value


class Outgoing(NamedTuple):
    """A request on its way to an HTTP server."""

    path: str | None
    """What replaces the path of the server's address; None keeps it."""
    pairs: list[tuple[str, str]]
    headers: list[tuple[str, str]]


def change_request(changes: Mapping[str, str], out: Outgoing, lookup: Lookup) -> Outgoing:
    """Apply `overwrite:header.x`, `append:querystring.y`, `remove:…` and `overwrite:path`.

    What names a value that is not there changes nothing.
    """
    path, pairs, headers = out
    for target, expression in changes.items():
        action, _, place = target.partition(":")
        kind, _, name = place.partition(".")
        found = None if action == "remove" else value_of(str(expression), lookup)
        if found is None and action != "remove":
            continue
        value = None if found is None else text(found)
        if kind == "path":
            path = value
        elif kind == "querystring":
            pairs = _changed(pairs, action, name, value, lower=False)
        elif kind == "header":
            headers = _changed(headers, action, name.lower(), value, lower=True)
    return Outgoing(path, pairs, headers)


def _changed(
    pairs: Iterable[tuple[str, str]], action: str, name: str, value: str | None, *, lower: bool
) -> list[tuple[str, str]]:
    kept = list(pairs)
    if action != "append":
        kept = [pair for pair in kept if (pair[0].lower() if lower else pair[0]) != name]
    return kept if value is None else [*kept, (name, value)]


def change_answer(
    changes: Mapping[str, Mapping[str, str]], answer: Answer, of_the_request: Lookup
) -> Answer:
    """Apply an integration's response parameters for the answer's status."""
    status, headers, body = answer
    given = changes.get(str(status))
    if not given:
        return answer
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]

    def lookup(name: str) -> Any:
        source, _, rest = name.partition(".")
        if source != "response":
            return of_the_request(name)
        kind, _, key = rest.partition(".")
        if kind == "header":
            values = [value for held, value in pairs if held == key.lower()]
            return ",".join(values) if values else None
        return select(body, key) if kind == "body" else str(status)

    for target, expression in given.items():
        action, _, place = target.partition(":")
        found = None if action == "remove" else value_of(str(expression), lookup)
        if found is None and action != "remove":
            continue
        value = None if found is None else text(found)
        if place == "statuscode" and value and value.isdigit():
            status = int(value)
        elif place.startswith("header."):
            name = place.removeprefix("header.").lower()
            pairs = _changed(pairs, action, name, value, lower=True)
    return status, [(n.encode("latin-1"), v.encode("latin-1", "replace")) for n, v in pairs], body
