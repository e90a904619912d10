"""Method, path and query of a rest request → operation and path labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from eventmill.wire.models import service_model

_COPY_SOURCE = "x-amz-copy-source"


@dataclass(frozen=True, slots=True)
class Route:
    """One operation's place. `segments` are literals or `{label}` / `{label+}`."""

    operation: str
    segments: tuple[str, ...]
    fixed: tuple[tuple[str, str], ...]
    needed: tuple[str, ...]
    """Query parameters that the operation cannot do without."""
    needed_headers: tuple[str, ...]
    greedy: bool
    deprecated: bool

    @property
    def demands(self) -> int:
        """How many things a request must have besides its method and path."""
        return len(self.fixed) + len(self.needed) + len(self.needed_headers)

    @property
    def weight(self) -> tuple[int, int, int]:
        """More demanding routes are tried first."""
        literal = sum(not segment.startswith("{") for segment in self.segments)
        return self.demands, literal, len(self.segments)


class Router:
    """The routes of one service."""

    def __init__(self, service: str) -> None:
        model = service_model(service)
        self._by_method: dict[str, list[Route]] = {}
        self._plain: dict[str, list[Route]] = {}
        for name in model.operation_names:
            operation = model.operation_model(name)
            route = _route(operation)
            self._by_method.setdefault(operation.http["method"], []).append(route)
        for routes in self._by_method.values():
            # Where an operation replaced a deprecated one at its place, it answers.
            routes.sort(key=lambda route: (not route.deprecated, route.weight), reverse=True)
        for method, routes in self._by_method.items():
            self._plain[method] = [route for route in routes if not route.demands]

    def match(
        self, method: str, path: str, query: str, headers: Mapping[str, str]
    ) -> tuple[str, dict[str, str]] | None:
        """(operation, labels still percent-encoded), or None."""
        parts = path.split("/")[1:]
        keys = dict(parse_qsl(query, keep_blank_values=True)) if query else {}
        # Most requests have neither: the dozens of routes that demand something cannot be theirs.
        plain = not keys and _COPY_SOURCE not in headers
        for route in (self._plain if plain else self._by_method).get(method, ()):
            if plain or _demands_met(route, keys, headers):
                labels = _labels(route, parts)
                if labels is not None:
                    return route.operation, labels
        return None


def _demands_met(route: Route, keys: Mapping[str, str], headers: Mapping[str, str]) -> bool:
    for key, value in route.fixed:
        if key not in keys or (value and keys[key] != value):
            return False
    return all(key in keys for key in route.needed) and all(
        key in headers for key in route.needed_headers
    )


def _labels(route: Route, parts: list[str]) -> dict[str, str] | None:
    segments = route.segments
    if len(parts) > len(segments) and parts[-1] == "" and not route.greedy:
        parts = parts[:-1]
    if len(parts) < len(segments) or (len(parts) > len(segments) and not route.greedy):
        return None
    labels: dict[str, str] = {}
    for index, segment in enumerate(segments):
        if segment.endswith("+}"):
            labels[segment[1:-2]] = "/".join(parts[index:])
        elif segment.startswith("{"):
            labels[segment[1:-1]] = parts[index]
        elif segment != parts[index]:
            return None
    return labels if all(labels.values()) else None


def _route(operation: Any) -> Route:
    uri, _, query = operation.http["requestUri"].partition("?")
    segments = tuple(uri.split("/")[1:])
    if segments and segments[-1] == "" and len(segments) > 1:
        segments = segments[:-1]
    fixed = tuple(
        (key, value) for key, value in parse_qsl(query, keep_blank_values=True) if key != "x-id"
    )
    needed, headers = [], []
    shape = operation.input_shape
    for name in shape.required_members if shape else ():
        serialization = shape.members[name].serialization
        wire = serialization.get("name", name)
        if serialization.get("location") == "querystring":
            needed.append(wire)
        elif serialization.get("location") == "header" and wire == _COPY_SOURCE:
            headers.append(wire)
    greedy = bool(segments) and segments[-1].endswith("+}")
    return Route(
        operation.name,
        segments,
        fixed,
        tuple(needed),
        tuple(headers),
        greedy,
        bool(operation.deprecated),
    )


@lru_cache(maxsize=32)
def router(service: str) -> Router:
    """The routes of `service`, made once."""
    return Router(service)
