"""Lists page by page, by the key that the last page ended with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eventmill.services.paging import keyed

_LIMIT = 50


def page(
    entries: Sequence[tuple[str, Any]], member: str, request: Mapping[str, Any]
) -> dict[str, Any]:
    """One page of (key, entry) pairs, which are in the order of their keys.

    `MaxItems` bounds it, `Marker` is the key after which it begins; with more to come it carries
    `NextMarker`.
    """
    limit = min(request.get("MaxItems") or _LIMIT, _LIMIT)
    found, marker = keyed(entries, request.get("Marker"), limit)
    return {member: found} | ({"NextMarker": marker} if marker is not None else {})
