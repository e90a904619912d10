"""The service's operations, registered by the modules beside this one."""

from __future__ import annotations

from typing import Any

from eventmill.services import paging
from eventmill.services.apigateway.faults import bad
from eventmill.services.contract import Operations

OPERATIONS = Operations()


def shown(config: dict[str, Any]) -> dict[str, Any]:
    """A part as the API returns it: without members that are not set."""
    return {key: value for key, value in config.items() if value is not None}


def page(items: list[dict[str, Any]], request: dict[str, Any]) -> dict[str, Any]:
    """One page of a listing: `limit` (25 by default, at most 500) from `position` on.

    Raises Invalid (BadRequestException).
    """
    limit = min(int(request.get("limit") or 25), 500)
    refused = bad("Invalid position parameter")
    found, position = paging.page(items, request.get("position"), limit, refused)
    return {"items": found} | ({"position": position} if position else {})
