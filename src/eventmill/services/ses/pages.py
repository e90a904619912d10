"""Lists page by page, in both versions of the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eventmill.services import paging
from eventmill.services.ses import faults


def paged(
    found: Sequence[Any], member: str, request: Mapping[str, Any], most: int = 1_000
) -> dict[str, Any]:
    """One page of a list, `most` at the most. Raises Invalid for what is no token."""
    asked = request.get("MaxItems") or request.get("PageSize") or most
    refused = faults.invalid("The NextToken is invalid.")
    page, token = paging.page(found, request.get("NextToken"), min(asked, most), refused)
    return {member: page} | ({"NextToken": token} if token is not None else {})
