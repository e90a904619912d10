"""Having a service make or change a resource."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.deploy.early import malformed
from eventmill.kernel.errors import UsageError
from eventmill.services.contract import Call, Created, Resource, ResourceType


def made(
    call: Call, kind: ResourceType, resource: Resource, before: Mapping[str, Any] | None
) -> Created:
    """The resource, new or changed from `before`. Raises UsageError for misshapen properties."""
    try:
        if before is None:
            return kind.create(call, resource)
        return kind.update(call, resource, before)
    except (AttributeError, KeyError, TypeError) as error:
        raise UsageError(malformed(error)) from error
