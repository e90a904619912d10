"""Requests and answers as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class HttpRequest:
    """`path` and `query` are as sent, still percent-encoded; header names are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""
    client: str = "127.0.0.1"


@dataclass(slots=True)
class HttpResponse:
    """`body` is bytes, or a streaming body that the service made and edge sends."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: Any = b""
