"""`eventmill coverage`: every service, operation and resource property, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from eventmill.joins import SERVICES
from eventmill.services.cloudformation import NO_EFFECT
from eventmill.services.contract import EVERYTHING, Refused, ResourceType, Service, Support
from eventmill.wire.models import service_model

_MOST = 130
"""Operations that are listed by name when they are missing: of EC2's hundreds nobody reads them."""

_RECORD = {EVERYTHING: Support.RECORDED}
"""The properties of a type of which a name and attributes are kept."""

_HEAD = """\
# What Eventmill covers

Written by `make docs` from the code; do not edit. An operation that is not offered is answered
with 501 and its name. A resource property is *honoured*, or *recorded* (kept and returned, without
meaning on one machine), or *refused* when a template declares it; a property that is not listed is
refused by name. A name speaks for everything below it that is not listed itself, `*` for every
property. Of services that are not listed every type of AWS's is recorded.
"""


@click.command()
def coverage() -> None:
    """Print which operations and resource properties are offered, as Markdown."""
    click.echo("\n".join(page()))


def page() -> Iterator[str]:
    """The lines of the page."""
    yield _HEAD
    yield "| service | operations | resource types |"
    yield "|---|---|---|"
    services = sorted(SERVICES.values(), key=lambda service: service.name)
    for service in services:
        yield (
            f"| [{service.name}](#{service.name}) | {len(service.operations)} of "
            f"{len(_operations(service))} | {len(service.resources)} |"
        )
    for service in services:
        yield from _service(service)


def _operations(service: Service) -> list[str]:
    return sorted(service_model(service.name).operation_names)


def _service(service: Service) -> Iterator[str]:
    yield f"\n## {service.name}\n"
    yield f"Offered: {_listed(sorted(service.operations))}\n"
    missing = [name for name in _operations(service) if name not in service.operations]
    everything = len(missing) > _MOST
    yield f"Not offered: {f'the other {len(missing)}' if everything else _listed(missing)}"
    records = [kind for kind in service.resources if kind.properties == _RECORD]
    for kind in sorted(service.resources, key=lambda kind: kind.name):
        if kind not in records:
            yield from _kind(kind)
    for title, notice in (("without effect", True), ("of services that are not here", False)):
        names = sorted(kind.name for kind in records if (kind.notice == NO_EFFECT) is notice)
        if names:
            yield f"\n### Recorded types {title}\n\nA name and attributes: {_listed(names)}"


def _kind(kind: ResourceType) -> Iterator[str]:
    yield f"\n### {kind.name}\n"
    for support in Support:
        names = sorted(name for name, held in kind.properties.items() if held is support)
        if names:
            yield f"- {support.value}: {_listed(names)}"
    for name, held in sorted(kind.properties.items()):
        if isinstance(held, Refused):
            yield f"- refused: `{name}`: {held.reason}"


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"
