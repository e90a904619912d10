"""The HTTP request that an API destination or an API gets for an event, but for its authorization.

What the connection adds wins over what the target adds.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from eventmill.kernel.arns import parse_arn
from eventmill.kernel.http import HttpCall
from eventmill.patterns.paths import text_at
from eventmill.services import events

SECONDS = 5.0
"""A destination that takes longer has failed."""

_HEADERS = {
    "User-Agent": "Amazon/EventBridge/ApiDestinations",
    "Content-Type": "application/json; charset=utf-8",
    "Range": "bytes=0-1048575",
    "Accept-Encoding": "gzip,deflate",
}
_FIXED = frozenset({"user-agent", "range", "accept-encoding", "host", "content-length"})
"""Headers that neither a target nor a connection can set."""


def request_of(
    destination: events.Destination, wanted: Mapping[str, Any], event: Any, body: bytes
) -> HttpCall:
    """`wanted` are the HttpParameters, whose paths look into `event`."""
    assert destination.connection is not None
    added = destination.connection.parameters.get("InvocationHttpParameters") or {}
    url = destination.endpoint
    for value in wanted.get("PathParameterValues") or []:
        url = url.replace("*", quote(text_at(event, value), safe=""), 1)
    query = {key: text_at(event, v) for key, v in _items(wanted, "QueryStringParameters")}
    query |= named(added.get("QueryStringParameters"))
    headers = {key: text_at(event, v) for key, v in _items(wanted, "HeaderParameters")}
    headers |= named(added.get("HeaderParameters"))
    return HttpCall(
        destination.method,
        with_query(url, query),
        with_headers(_HEADERS, headers),
        _body(body, named(added.get("BodyParameters"))),
        SECONDS,
    )


def api_request(
    endpoint: str, arn: str, wanted: Mapping[str, Any], event: Any, body: bytes
) -> HttpCall:
    """To an API of the engine: `…:execute-api:<region>:<account>:<api>/<stage>/<method>/<path>`.

    `wanted` are the HttpParameters, whose paths look into `event`.
    """
    api, _, rest = parse_arn(arn).resource.partition("/")
    stage, _, rest = rest.partition("/")
    method, _, path = rest.partition("/")
    for value in wanted.get("PathParameterValues") or []:
        path = path.replace("*", quote(text_at(event, value), safe=""), 1)
    query = wanted.get("QueryStringParameters") or {}
    url = with_query(
        f"{endpoint}/_aws/execute-api/{api}/{stage}/{path}",
        {key: text_at(event, value) for key, value in query.items()},
    )
    headers = {"Content-Type": "application/json"} | (wanted.get("HeaderParameters") or {})
    given = [(key, text_at(event, value)) for key, value in headers.items()]
    return HttpCall("POST" if method == "*" else method, url, given, body, SECONDS)


def named(parameters: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    """A connection's list of `Key` and `Value` as a dictionary."""
    return {one["Key"]: str(one.get("Value") or "") for one in parameters or ()}


def with_query(url: str, query: Mapping[str, str]) -> str:
    """The URL with these parameters after its own."""
    if not query:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query, quote_via=quote)}"


def with_headers(first: Mapping[str, str], more: Mapping[str, str]) -> list[tuple[str, str]]:
    """`first`, with `more` in the place of headers that have the same name."""
    allowed = {name: value for name, value in more.items() if name.lower() not in _FIXED}
    replaced = {name.lower() for name in allowed}
    kept = {name: value for name, value in first.items() if name.lower() not in replaced}
    return [*kept.items(), *allowed.items()]


def _items(wanted: Mapping[str, Any], name: str) -> Iterable[tuple[str, str]]:
    return (wanted.get(name) or {}).items()


def _body(shaped: bytes, added: Mapping[str, str]) -> bytes:
    if not added:
        return shaped
    document = orjson.loads(shaped)
    return orjson.dumps({**document, **added}) if isinstance(document, dict) else shaped
