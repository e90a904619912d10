"""Lists page by page.

The token is the place at which the next page begins, or (`keyed`) the key that the last one ended
with, behind which a list goes on whatever has come and gone since.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


def keyed(
    entries: Iterable[tuple[str, _T]], after: str | None, limit: int
) -> tuple[list[_T], str | None]:
    """(the entries behind a key, the key that this page ends with or None where it is the last).

    `entries` are (key, entry) in the order of their keys.
    """
    rest = [entry for entry in entries if entry[0] > (after or "")]
    token = rest[limit - 1][0] if len(rest) > limit else None
    return [entry for _, entry in rest[:limit]], token
