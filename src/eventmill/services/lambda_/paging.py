"""Lists page by page, by the key that the last page ended with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_LIMIT = 50


def page(
    entries: Sequence[tuple[str, Any]], member: str, request: Mapping[str, Any]
) -> dict[str, Any]:
    """One page of (key, entry) pairs, which are in the order of the list.

    `MaxItems` bounds it, `Marker` is the key after which it begins; with more to come it carries
    `NextMarker`.
    """
    limit = min(request.get("MaxItems") or _LIMIT, _LIMIT)
    marker = request.get("Marker")
    if marker:
        keys = [key for key, _ in entries]
        start = keys.index(marker) + 1 if marker in keys else 0
        entries = entries[start:]
    answer: dict[str, Any] = {member: [entry for _, entry in entries[:limit]]}
    if len(entries) > limit:
        answer["NextMarker"] = entries[limit - 1][0]
    return answer
