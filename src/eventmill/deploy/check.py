"""What would become of a template: what is refused, or only recorded, or stands in for a value.

All of it is found before anything is created, since a half-made stack helps nobody.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.deploy.connected import misfits
from eventmill.deploy.early import objections, stood_in
from eventmill.deploy.handlers import unfound
from eventmill.deploy.nested import unheard
from eventmill.deploy.outside import REMOTE, is_remote
from eventmill.deploy.types import refusal, type_of
from eventmill.deploy.unadmitted import unadmitted
from eventmill.deploy.undeclared import circular, unmet, unmet_resource
from eventmill.deploy.unmade import unmade
from eventmill.kernel.ports import Runtimes
from eventmill.kernel.similar import meant
from eventmill.services.cloudformation import STACK
from eventmill.services.contract import EVERYTHING, Refused, ResourceType, Support
from eventmill.template import Declared, Repeated, Resolver, Template, mentions

_SILENT = "AWS::CDK::Metadata"
"""Nothing of an application, though in every stack of the CDK."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is to be said of a resource.

    `severity` is `refused`, `recorded` for a property without meaning, or `notice` for what an
    application may miss: a whole type, the value of an attribute, a policy, a handler, what a key
    that stands twice says first. Then `property` is empty and `reason` a sentence of its own;
    `resource` is empty where the notice is about none.
    """

    severity: str
    resource: str
    type: str
    property: str
    reason: str
    file: str
    line: int

    def __str__(self) -> str:
        if self.severity == "notice":
            return f"{self.file}:{self.line}: {self.reason}"
        what = f"{self.type} {self.property}".strip()
        return f"{self.file}:{self.line}: {self.resource}: {what}: {self.reason}"


def check(
    template: Template, types: Mapping[str, ResourceType], resolver: Resolver, runtimes: Runtimes
) -> list[Finding]:
    """Findings in the order of the file; those refused prevent a deployment.

    `resolver` gives what is known of the properties' values.
    """
    found = [_repeated(one) for one in template.repeated]
    found += [
        Finding("notice", "", "", "", f"{said}: SAM passes it over", str(template.file), line)
        for line, said in template.passed_over
    ]
    for declared in template.resources.values():
        found += _resource(template, declared, types)
        known = type_of(types, declared.type)
        amiss = [*(objections(declared, known, resolver, runtimes) if known else ())]
        reasons = [
            *amiss,
            *(() if amiss else misfits(template, declared, resolver)),
            *unmet_resource(template, declared),
            *unmet(template, types, resolver, declared.properties, declared.condition),
            *unmade(template, resolver, declared.properties, declared.condition, "Resources"),
        ]
        found += _refused(template, declared.logical_id, declared.type, declared.line, reasons)
        found += _stand_ins(template, types, declared.line, declared.properties)
    for output in template.outputs.values():
        node = [output.value, output.export]
        reasons = [
            *unmet(template, types, resolver, node, output.condition),
            *unmade(template, resolver, node, output.condition, "Outputs"),
        ]
        found += _refused(template, output.name, "Output", output.line, reasons)
        found += _stand_ins(template, types, output.line, node)
    if round_trip := circular(template, resolver):
        name, reason = round_trip
        kind, line = template.resources[name].type, template.resources[name].line
        found += _refused(template, name, kind, line, [reason])
    told = (*unadmitted(template), *unfound(template), *stood_in(template, resolver, runtimes))
    for name, reason in told:
        kind, line = template.resources[name].type, template.resources[name].line
        found.append(Finding("notice", name, kind, "", reason, str(template.file), line))
    return sorted(found, key=lambda finding: finding.line)


def _repeated(one: Repeated) -> Finding:
    reason = f"{one.key} stands here and in line {one.first}: CloudFormation takes the last one"
    return Finding("notice", "", "", "", reason, str(one.file), one.line)


def _refused(
    template: Template, name: str, kind: str, line: int, reasons: Iterable[str]
) -> Iterator[Finding]:
    for reason in reasons:
        yield Finding("refused", name, kind, "", reason, str(template.file), line)


def _stand_ins(
    template: Template, types: Mapping[str, ResourceType], line: int, node: Any
) -> Iterator[Finding]:
    """Attributes of recorded resources whose value is made up; `line` is where they are used."""
    for name, attribute in sorted(set(mentions(node))):
        declared = template.resources.get(name)
        kind = type_of(types, declared.type) if declared and attribute else None
        if declared and kind and kind.stands_in(attribute):
            reason = (
                f"Fn::GetAtt {name}.{attribute} gives the id of {declared.type} {name}, "
                "which is recorded: the attribute itself has no value here"
            )
            yield Finding("notice", name, declared.type, "", reason, str(template.file), line)


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

    if declared.type == _SILENT:
        return
    kind = type_of(types, declared.type)
    if kind is None:
        yield finding("refused", "", refusal(declared.type))
        return
    if kind.notice:
        said = f"{declared.type} {declared.logical_id} is recorded: {kind.notice}"
        yield finding("notice", "", said)
    if kind.properties.get(EVERYTHING) is Support.RECORDED:
        return
    remark = kind.remark(declared.properties)
    if remark:
        yield finding("notice", "", f"{declared.type} {declared.logical_id}: {remark}")
    address = declared.properties.get("TemplateURL")
    if declared.type == STACK and is_remote(address):
        yield finding("refused", "TemplateURL", REMOTE.format(_written(address)))
    for said in unheard(declared.type, declared.properties, kind.properties):
        yield finding("notice", "", f"{declared.type} {declared.logical_id}: {said}")
    for path in _paths(declared.properties, kind.properties):
        support = support_of(kind, path)
        if support is None:
            reason = "is no property of this type, or not offered"
            yield finding("refused", path, reason + _meant(path, kind))
        elif isinstance(support, Refused):
            yield finding("refused", path, support.reason)
        elif support is Support.RECORDED:
            yield finding("recorded", path, "has no meaning on one machine")


def _meant(path: str, kind: ResourceType) -> str:
    """The property that an unknown one is most like."""
    offered = [key for key, support in kind.properties.items() if not isinstance(support, Refused)]
    return meant(path, offered)


def _written(node: Any) -> str:
    return node if isinstance(node, str) else json.dumps(node)


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
