"""A call to somebody else's HTTP server, as the parts that need one describe it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Headers = Sequence[tuple[str, str]]


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
