"""A stage of a REST API as edge serves it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Authorizer:
    """`kind` is TOKEN, REQUEST or COGNITO_USER_POOLS; `ttl` in seconds, 0 for none."""

    id: str
    name: str
    kind: str
    uri: str
    """Stage variables are filled in already."""
    function: str | None
    """The function's ARN where the URI names one."""
    sources: tuple[str, ...]
    """Identity sources: `method.request.header.X`, `context.identity.sourceIp` …"""
    pattern: re.Pattern[str] | None
    """What a token must look like before the function is asked."""
    ttl: int
    pools: tuple[str, ...]
    """ARNs of Cognito user pools."""
    role: bool
    """Whether it has credentials to invoke its function with, which need no permission."""


@dataclass(frozen=True, slots=True)
class IntegrationResponse:
    """One of the answers that an integration's outcome may become."""

    status: int
    pattern: re.Pattern[str] | None
    """None for the default one."""
    parameters: Mapping[str, str]
    templates: Mapping[str, str]
    content_handling: str | None


@dataclass(frozen=True, slots=True)
class Integration:
    """What stands behind a method. `timeout` in seconds."""

    kind: str
    method: str
    uri: str
    """Stage variables are filled in already."""
    function: str | None
    """The ARN of the function that the URI names."""
    target: tuple[str, str, str] | None
    """(service, `path` or `action`, the rest) where the URI names a service of AWS."""
    role: bool
    """Whether it has credentials, with which functions need no permission."""
    parameters: Mapping[str, str]
    templates: Mapping[str, str]
    passthrough: str
    content_handling: str | None
    timeout: float
    responses: tuple[IntegrationResponse, ...]
    streams: bool


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a resource, `verb` perhaps ANY."""

    verb: str
    resource_id: str
    resource_path: str
    authorization: str
    authorizer: Authorizer | None
    scopes: tuple[str, ...]
    key_required: bool
    validates_body: bool
    validates_parameters: bool
    parameters: Mapping[str, bool]
    models: Mapping[str, str]
    """Model names by content type."""
    statuses: frozenset[int]
    """Those of its method responses."""
    integration: Integration


@dataclass(slots=True)
class Node:
    """A place in the tree of resources. `label` is the name of its path variable, if any."""

    methods: dict[str, Method] = field(default_factory=dict)
    literals: dict[str, Node] = field(default_factory=dict)
    label: str = ""
    variable: Node | None = None
    greedy: Node | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage with the deployment that it serves."""

    api_id: str
    api_name: str
    """As metrics name the API."""
    name: str
    deployment: str
    variables: Mapping[str, str]
    settings: Mapping[str, Mapping[str, Any]]
    """Of methods, by `<path with ~1>/<METHOD>`, `*/*` for all."""
    binary: tuple[str, ...]
    root: Node
    responses: Mapping[str, Mapping[str, Any]]
    """Customised gateway responses by type."""
    models: Mapping[str, Mapping[str, Any]]
    policy: Mapping[str, Any] | None
    compresses_from: int | None
    """Bytes of an answer from which on it is compressed for clients that take it; None: never."""
    keys_from: str
    """HEADER or AUTHORIZER."""
    access_log: tuple[str, str] | None = None
    """(log group, format)."""
    canary: tuple[float, Stage] | None = None
    """(percentage of the requests, what serves them instead)."""


def place(root: Node, path: str) -> Node:
    """The node of a resource's path, made where it is missing."""
    node = root
    for segment in path.split("/")[1:] if path != "/" else ():
        if segment.endswith("+}"):
            node.greedy = node.greedy or Node(label=segment[1:-2])
            node = node.greedy
        elif segment.startswith("{"):
            node.variable = node.variable or Node(label=segment[1:-1])
            node = node.variable
        else:
            node = node.literals.setdefault(segment, Node())
    return node


def match(root: Node, path: str) -> tuple[Node, dict[str, str]] | None:
    """The place of a path and its variables, still percent-encoded.

    A literal segment comes before a variable, and that before a greedy one; a slash at the end
    does not count.
    """
    trimmed = path.strip("/") if path.endswith("/") else path[1:]
    return _search(root, trimmed.split("/") if trimmed else [], 0)


def _search(node: Node, segments: list[str], index: int) -> tuple[Node, dict[str, str]] | None:
    if index == len(segments):
        return (node, {}) if node.methods else None
    segment = segments[index]
    below = node.literals.get(segment)
    found = _search(below, segments, index + 1) if below is not None else None
    if found is None and node.variable is not None and segment:
        found = _search(node.variable, segments, index + 1)
        if found is not None:
            found[1][node.variable.label] = segment
    if found is None and node.greedy is not None:
        return node.greedy, {node.greedy.label: "/".join(segments[index:])}
    return found
