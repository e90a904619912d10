"""What the parts that speak HTTP share: a call to somebody else's server, values by their name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Headers = Sequence[tuple[str, str]]


def grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """All values of each name, of headers or of a query."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Values by their name, those of a repeated one joined by commas."""
    values: dict[str, str] = {}
    for name, value in pairs:
        values[name] = f"{values[name]},{value}" if name in values else value
    return values


@dataclass(frozen=True, slots=True)
class HttpCall:
    """`seconds` bounds the whole call, the answer's body included. Redirects are not followed."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What the server said, whatever its status."""

    status: int
    headers: Headers
    body: bytes


class HttpFailed(Exception):
    """No answer came. `timed_out` tells a silent server from one that cannot be reached."""

    def __init__(self, reason: str, *, timed_out: bool = False) -> None:
        super().__init__(reason)
        self.timed_out = timed_out
