"""Having a service make or change a resource."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eventmill.deploy.early import malformed
from eventmill.deploy.record import Recorded
from eventmill.kernel.errors import UsageError
from eventmill.services.contract import Call, Created, Resource, ResourceType


def going_on(
    earlier: Iterable[Recorded], declared: str, properties: Mapping[str, Any], kind: ResourceType
) -> Recorded | None:
    """The first of the earlier resources that goes on, as it is or changed in place."""
    for one in earlier:
        if one.type == declared and all(
            one.properties.get(key) == properties.get(key) for key in kind.replaces
        ):
            return one
    return None


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
