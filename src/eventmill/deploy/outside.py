"""Resources that are not made in one transaction of the store."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from eventmill.deploy.custom import CustomResources, is_custom
from eventmill.kernel.errors import UsageError
from eventmill.services.cloudformation import STACK
from eventmill.services.contract import Created, Resource, attribute_text

Deploy = Callable[[Path, Mapping[str, str], str], Awaitable[tuple[str, Mapping[str, Any]]]]
"""(template, parameters, stack's name) → (stack's id, outputs). Raises UsageError."""

REMOTE = "{} is no path of a local file; use one"
"""What is said of the address of an inner template."""


def is_remote(place: Any) -> bool:
    """Whether what a template says of another template's place, functions too, is an address."""
    return "://" in json.dumps(place)


def parameter_text(value: Any) -> str:
    """A parameter of an inner stack as its template gets it: `true`, lists with commas."""
    return (
        ",".join(map(attribute_text, value)) if isinstance(value, list) else attribute_text(value)
    )


Remove = Callable[[str], Awaitable[None]]
"""Deletes all that the stack of a name holds. Raises UsageError."""


class Maker(Protocol):
    """Makes, changes and deletes resources of one type."""

    @property
    def always(self) -> bool:
        """Whether a resource may change though its properties stay, so that each deployment asks
        for it."""

    async def make(self, kind: str, resource: Resource, old: Mapping[str, Any] | None) -> Created:
        """The resource as it now is; `old` are the properties before a change, None at first."""

    async def delete(self, kind: str, resource: Resource) -> None:
        """Take it away."""


@dataclass(frozen=True, slots=True)
class Custom:
    """Custom resources."""

    resources: CustomResources
    always = False

    async def make(self, kind: str, resource: Resource, old: Mapping[str, Any] | None) -> Created:
        """Ask its function. Raises UsageError."""
        if not resource.properties.get("ServiceToken"):
            raise UsageError("a custom resource needs a ServiceToken")
        return await self.resources.ask("Create" if old is None else "Update", kind, resource, old)

    async def delete(self, kind: str, resource: Resource) -> None:
        """Ask its function. Raises UsageError."""
        await self.resources.ask("Delete", kind, resource, None)


@dataclass(frozen=True, slots=True)
class Nested:
    """Stacks within stacks. Their templates are files beside the outer one.

    Only the inner deployment finds whether its template, or code that it names, has changed.
    """

    deploy: Deploy
    remove: Remove
    always = True

    async def make(self, kind: str, resource: Resource, old: Mapping[str, Any] | None) -> Created:
        """Deploy the inner template. Raises UsageError."""
        place = str(resource.properties.get("TemplateURL") or "")
        if is_remote(place):
            raise UsageError(f"TemplateURL {REMOTE.format(place)}")
        given = {
            name: parameter_text(value)
            for name, value in (resource.properties.get("Parameters") or {}).items()
        }
        number, outputs = await self.deploy(Path(place), given, _name(resource))
        return Created(number, {f"Outputs.{name}": value for name, value in outputs.items()})

    async def delete(self, kind: str, resource: Resource) -> None:
        """Delete all that the inner stack holds."""
        await self.remove(_name(resource))


def _name(resource: Resource) -> str:
    return f"{resource.stack}-{resource.logical_id}"


@dataclass(frozen=True, slots=True)
class Makers:
    """Who makes which type."""

    custom: Maker
    nested: Maker

    def of(self, kind: str) -> Maker | None:
        """None for a type that a service makes."""
        if is_custom(kind):
            return self.custom
        return self.nested if kind == STACK else None
