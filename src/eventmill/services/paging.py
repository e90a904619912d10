"""Lists page by page, whose token is the place at which the next page begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from eventmill.kernel.errors import Fault

_T = TypeVar("_T")
_MOST = 1 << 62
"""Beyond every place, and still a number that SQLite holds."""


def place(token: str | None, refused: Fault) -> int:
    """The place that a token names, 0 without one. Raises `refused` for what is no token."""
    if not token:
        return 0
    # The length first: reading a number of a million digits takes long.
    if len(token) > 19 or not (token.isascii() and token.isdigit()) or int(token) > _MOST:
        raise refused
    return int(token)


def page(
    found: Sequence[_T], token: str | None, limit: int, refused: Fault
) -> tuple[Sequence[_T], str | None]:
    """(one page, the token of the next one or None). Raises `refused` for what is no token."""
    start = place(token, refused)
    end = start + limit
    return found[start:end], str(end) if end < len(found) else None
