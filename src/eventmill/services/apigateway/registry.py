"""The service's operations, registered by the modules beside this one."""

from __future__ import annotations

from typing import Any

from eventmill.services.contract import Operations

OPERATIONS = Operations()


def shown(config: dict[str, Any]) -> dict[str, Any]:
    """A part as the API returns it: without members that are not set."""
    return {key: value for key, value in config.items() if value is not None}


def page(items: list[dict[str, Any]], request: dict[str, Any]) -> dict[str, Any]:
    """One page of a listing: `limit` (25 by default, at most 500) from `position` on."""
    limit = min(int(request.get("limit") or 25), 500)
    start = int(request.get("position") or 0)
    result: dict[str, Any] = {"items": items[start : start + limit]}
    if start + limit < len(items):
        result["position"] = str(start + limit)
    return result
