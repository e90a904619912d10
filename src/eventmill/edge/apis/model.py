"""An API as edge serves it: stages, routes with their function and authorizer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eventmill.services.apigatewayv2 import function_of, parts
from eventmill.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Authorizer:
    """A Lambda authorizer. `ttl` in seconds, 0 for none."""

    id: str
    function: str
    version: str
    simple: bool
    sources: tuple[str, ...]
    ttl: int


@dataclass(frozen=True, slots=True)
class Route:
    """`segments` are empty for `$default` and for WebSocket routes."""

    key: str
    method: str
    segments: tuple[str, ...]
    function: str
    version: str
    timeout: float
    authorizer: Authorizer | None
    answers: bool
    """Whether a WebSocket client gets the function's answer."""


@dataclass(frozen=True, slots=True)
class Api:
    """One API."""

    id: str
    websocket: bool
    selection: str
    cors: Mapping[str, Any] | None
    stages: Mapping[str, Mapping[str, str]]
    routes: tuple[Route, ...]
    by_key: Mapping[str, Route] = field(default_factory=dict)


def load(tx: Transaction, api_id: str) -> Api | None:
    """The API, or None."""
    config = parts.apis(tx).get(api_id)
    if config is None:
        return None
    integrations = parts.every(tx, api_id, "integration")
    authorizers = {
        number: _authorizer(number, entry)
        for number, entry in parts.every(tx, api_id, "authorizer").items()
    }
    routes = tuple(
        _route(entry, integrations, authorizers)
        for entry in parts.every(tx, api_id, "route").values()
        if str(entry.get("Target", "")).rpartition("/")[2] in integrations
    )
    return Api(
        id=api_id,
        websocket=config["ProtocolType"] == "WEBSOCKET",
        selection=config.get("RouteSelectionExpression", ""),
        cors=config.get("CorsConfiguration"),
        stages={
            name: entry.get("StageVariables") or {}
            for name, entry in parts.every(tx, api_id, "stage").items()
        },
        routes=routes,
        by_key={route.key: route for route in routes},
    )


def _authorizer(number: str, entry: Mapping[str, Any]) -> Authorizer:
    ttl = entry.get("AuthorizerResultTtlInSeconds")
    return Authorizer(
        number,
        function_of(entry["AuthorizerUri"]) or "",
        entry.get("AuthorizerPayloadFormatVersion") or "1.0",
        bool(entry.get("EnableSimpleResponses")),
        tuple(entry.get("IdentitySource") or ()),
        0 if ttl is None else int(ttl),
    )


def _route(
    entry: Mapping[str, Any],
    integrations: Mapping[str, Mapping[str, Any]],
    authorizers: Mapping[str, Authorizer],
) -> Route:
    integration = integrations[str(entry["Target"]).rpartition("/")[2]]
    key = entry["RouteKey"]
    method, space, path = key.partition(" ")
    return Route(
        key=key,
        method=method if space else "",
        segments=tuple(path.split("/")[1:]) if space else (),
        function=function_of(integration["IntegrationUri"]) or "",
        version=integration.get("PayloadFormatVersion") or "2.0",
        timeout=int(integration.get("TimeoutInMillis") or 29_000) / 1000,
        authorizer=authorizers.get(entry.get("AuthorizerId") or ""),
        answers=bool(entry.get("RouteResponseSelectionExpression")),
    )


def match(api: Api, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of a request and its path parameters.

    A full match comes before a greedy one, a method before ANY, and `$default` last.
    """
    segments = path.split("/")[1:]
    best: tuple[tuple[int, ...], Route, dict[str, str]] | None = None
    for route in api.routes:
        if route.method not in (method, "ANY"):
            continue
        found = _labels(route.segments, segments)
        if found is None:
            continue
        greedy = any(part.endswith("+}") for part in route.segments)
        literal = sum(not part.startswith("{") for part in route.segments)
        rank = (not greedy, literal, len(route.segments), route.method != "ANY")
        if best is None or rank > best[0]:
            best = (rank, route, found)
    if best is not None:
        return best[1], best[2]
    default = api.by_key.get("$default")
    return None if default is None else (default, {})


def _labels(pattern: tuple[str, ...], segments: list[str]) -> dict[str, str] | None:
    labels: dict[str, str] = {}
    for index, part in enumerate(pattern):
        if part.endswith("+}"):
            rest = "/".join(segments[index:])
            return labels | {part[1:-2]: rest} if rest else None
        if index >= len(segments):
            return None
        if part.startswith("{"):
            if not segments[index]:
                return None
            labels[part[1:-1]] = segments[index]
        elif part != segments[index]:
            return None
    return labels if len(pattern) == len(segments) else None
