"""The templates of stacks within a stack, looked at before anything of the outer one is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from eventmill.deploy.outside import REMOTE, is_remote
from eventmill.kernel.errors import UsageError
from eventmill.services.cloudformation import STACK
from eventmill.template import Declared, Resolver, Template

Read = Callable[[Path], Template]
"""A template that is only looked at. Raises UsageError."""


def inner_templates(
    template: Template,
    given: Mapping[str, str],
    read: Read,
    outer: tuple[Path, ...] = (),
) -> Iterator[Template]:
    """Those of all stacks within, at any depth, as far as their places can be known now.

    `given` are values of the outer template's parameters. What an inner one gets for its own is
    known only when it is deployed. Raises UsageError for one that cannot be read.
    """
    above = (*outer, template.file)
    values = {name: one.default for name, one in template.parameters.items()} | dict(given)
    for declared in template.resources.values():
        place = _place(template, declared, values) if declared.type == STACK else None
        if place is None:
            continue
        inner = read(place)
        if inner.file in above:
            raise UsageError(
                f"{template.file}:{declared.line}: {declared.logical_id}: {inner.file} "
                "would be a stack within itself"
            )
        yield inner
        yield from inner_templates(inner, {}, read, above)


def _place(template: Template, declared: Declared, values: Mapping[str, Any]) -> Path | None:
    """The file of an inner template; None where only the deployment will know, and for an address
    that is refused with the rest of the template."""
    address = declared.properties.get("TemplateURL")
    try:
        place = Resolver(template, values, {}, {}).value(address)
    except UsageError:
        return None
    if not isinstance(place, str) or is_remote(address):
        return None
    if is_remote(place):
        where = f"{template.file}:{declared.line}: {declared.logical_id}"
        raise UsageError(f"{where}: TemplateURL {REMOTE.format(place)}")
    return Path(place)
