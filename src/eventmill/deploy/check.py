"""What would become of a template: every type and property that is refused, or only recorded.

All of it is found before anything is created, since a half-made stack helps nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.deploy.outside import type_of
from eventmill.services.contract import EVERYTHING, Refused, ResourceType, Support
from eventmill.template import Declared, Template

_EVERY_TYPE = {"AWS::CDK::Metadata": "recorded"}


@dataclass(frozen=True, slots=True)
class Finding:
    """`severity` is `refused` or `recorded`; `property` is empty for a whole type."""

    severity: str
    resource: str
    type: str
    property: str
    reason: str
    file: str
    line: int

    def __str__(self) -> str:
        what = f"{self.type} {self.property}".strip()
        return f"{self.file}:{self.line}: {self.resource}: {what}: {self.reason}"


def check(template: Template, types: Mapping[str, ResourceType]) -> list[Finding]:
    """Findings in the order of the file; those refused prevent a deployment."""
    return [
        finding
        for declared in template.resources.values()
        for finding in _resource(template, declared, types)
    ]


def _resource(
    template: Template, declared: Declared, types: Mapping[str, ResourceType]
) -> Iterator[Finding]:
    def finding(severity: str, path: str, reason: str) -> Finding:
        return Finding(
            severity,
            declared.logical_id,
            declared.type,
            path,
            reason,
            str(template.file),
            declared.line,
        )

    if declared.type in _EVERY_TYPE:
        yield finding("recorded", "", "has no meaning on one machine")
        return
    kind = type_of(types, declared.type)
    if kind is None:
        yield finding("refused", "", "this resource type is not offered")
        return
    if kind.notice:
        yield finding("recorded", "", kind.notice)
        return
    for path in _paths(declared.properties, kind.properties):
        support = support_of(kind, path)
        if support is None:
            yield finding("refused", path, "is no property of this type, or not offered")
        elif isinstance(support, Refused):
            yield finding("refused", path, support.reason)
        elif support is Support.RECORDED:
            yield finding("recorded", path, "has no meaning on one machine")


def support_of(kind: ResourceType, path: str) -> Support | Refused | None:
    """The support of a property by the longest key that speaks for it."""
    while path:
        if path in kind.properties:
            return kind.properties[path]
        path = path.rpartition(".")[0]
    return kind.properties.get(EVERYTHING)


def _paths(
    properties: Any, known: Mapping[str, Support | Refused], prefix: str = ""
) -> Iterator[str]:
    """The paths that are set, as deep as `known` goes."""
    for name, value in properties.items():
        path = f"{prefix}{name}"
        yield path
        deeper = any(key.startswith(f"{path}.") for key in known)
        entries = value if isinstance(value, list) else [value]
        if deeper:
            for entry in entries:
                if isinstance(entry, dict):
                    for found in _paths(entry, known, f"{path}."):
                        if found in known:
                            yield found
