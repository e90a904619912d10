"""The service's operations, and the paging they share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from eventmill.services import paging
from eventmill.services.contract import Operations
from eventmill.services.scheduler import faults

OPERATIONS = Operations()
DEFAULT_GROUP = "default"

_NAME = re.compile(r"[0-9a-zA-Z\-_.]{1,64}\Z")


def checked_name(member: str, name: str) -> str:
    """The name. Raises Invalid."""
    if not _NAME.match(name):
        raise faults.bad_name(member, name)
    return name


def page(
    request: Mapping[str, Any], member: str, entries: list[tuple[str, dict[str, Any]]]
) -> dict[str, Any]:
    """One page of (key, shown) entries in the order of their keys, after the NextToken."""
    limit = request.get("MaxResults") or 100
    found, token = paging.keyed(entries, request.get("NextToken"), limit)
    return {member: found} | ({"NextToken": token} if token is not None else {})
