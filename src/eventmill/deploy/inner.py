"""The templates of stacks within a stack, looked at before anything of the outer one is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from eventmill.deploy.outside import REMOTE, is_remote, parameter_text
from eventmill.kernel.errors import UsageError
from eventmill.services.cloudformation import STACK
from eventmill.template import Declared, Resolver, Template
from eventmill.template.parameters import known_values

Read = Callable[[Path, Mapping[str, str]], Template]
"""A template that is only looked at, with those of its parameters that are known. Raises
UsageError."""


def inner_templates(
    template: Template, given: Mapping[str, str] | None, read: Read
) -> Iterator[Template]:
    """Those of the stacks within, at any depth, as far as their places can be known now.

    `given` are the parameters of a deployment: then stacks whose condition is not met, or is not
    known yet, are left out. None looks at every stack. Raises UsageError for a template that
    cannot be read.
    """
    yield from _inner(template, given, read, (), everything=given is None)


def _inner(
    template: Template,
    given: Mapping[str, str] | None,
    read: Read,
    outer: tuple[Path, ...],
    *,
    everything: bool,
) -> Iterator[Template]:
    """`given` is None below the outermost: only an inner template's deployment knows what it gets,
    and so which of its conditions are met."""
    above = (*outer, template.file)
    resolver = Resolver(template, known_values(template, given or {}), {}, {})
    for declared in template.resources.values():
        if declared.type != STACK:
            continue
        if not (
            everything
            or declared.condition is None
            or (given is not None and _met(resolver, declared))
        ):
            continue
        place = _place(template, declared, resolver)
        if place is None:
            continue
        inner = read(place, _told(declared, resolver))
        if inner.file in above:
            raise UsageError(
                f"{template.file}:{declared.line}: {declared.logical_id}: {inner.file} "
                "would be a stack within itself"
            )
        yield inner
        yield from _inner(inner, None, read, above, everything=everything)


def _told(declared: Declared, resolver: Resolver) -> dict[str, str]:
    """The inner template's parameters, but for those that only the deployment will know."""
    told = {}
    for name, node in (declared.properties.get("Parameters") or {}).items():
        with suppress(UsageError):
            told[name] = parameter_text(resolver.value(node))
    return told


def _met(resolver: Resolver, declared: Declared) -> bool:
    try:
        return resolver.condition(declared.condition or "")
    except UsageError:
        return False


def _place(template: Template, declared: Declared, resolver: Resolver) -> Path | None:
    """The file of an inner template; None where only the deployment will know, and for an address
    that is refused with the rest of the template."""
    address = declared.properties.get("TemplateURL")
    try:
        place = resolver.value(address)
    except UsageError:
        return None
    if not isinstance(place, str) or is_remote(address):
        return None
    if is_remote(place):
        where = f"{template.file}:{declared.line}: {declared.logical_id}"
        raise UsageError(f"{where}: TemplateURL {REMOTE.format(place)}")
    return Path(place)
