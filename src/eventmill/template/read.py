"""A template file → Template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from eventmill.kernel.errors import UsageError
from eventmill.template.assets import take_assets
from eventmill.template.files import find_template
from eventmill.template.foreach import Plain, name_out, unroll
from eventmill.template.form import check_declarations, check_sections
from eventmill.template.include import include
from eventmill.template.local import take_local
from eventmill.template.model import Declared, Output, Parameter, Template
from eventmill.template.parameters import defaults
from eventmill.template.resolve import Resolver
from eventmill.template.sam import SAM, expand
from eventmill.template.text import Repeated, line_of, read_mapping

_LANGUAGE = "AWS::LanguageExtensions"
_NO_LINES: Mapping[str, Mapping[str, int]] = {"Resources": {}, "Outputs": {}}
_TRANSFORMS = {SAM, _LANGUAGE}
_IGNORED = {
    "AWS::CodeDeployBlueGreen",
    "AWS::CodeStar",
    "AWS::SecretsManager-2020-07-23",
    "AWS::SecretsManager-2024-09-16",
}
"""Transforms that only add what has no effect here: hooks and roles of deployments, functions that
change the passwords of databases."""


def read_template(
    path: Path,
    cache: Path,
    region: str,
    parameters: Mapping[str, str],
    *,
    whole: bool = True,
) -> Template:
    """Read and expand. `cache` is a folder for SAM's results. Raises UsageError.

    `parameters` are the values given. They are not the `whole` of them when a template is only
    looked at: those without a default then have some value that they may have.
    """
    file = find_template(path).resolve()
    repeated: list[Repeated] = []
    document: dict[str, Any] = read_mapping(file, repeated)
    transforms = _transforms(document)
    _check_transforms(file, document, transforms)
    include(file, document, repeated)
    check_sections(file, document)
    if not whole:
        parameters = _possible(document) | dict(parameters)
    if _LANGUAGE in transforms:
        known = defaults(document) | dict(parameters) | {"AWS::Region": region}
        plain = _plain(file, document)
        document = unroll(document, known, plain)
        name_out(document, known, plain)
    passed_over = check_declarations(file, document, sam=SAM in transforms)
    take_assets(file, document, repeated)
    take_local(file, document, repeated)
    lines = {section: _lines(document.get(section) or {}) for section in ("Resources", "Outputs")}
    if SAM in transforms:
        try:
            document = expand(file, document, cache, region, parameters, repeated)
        except UsageError as error:
            # What SAM passed over is likely what it misses.
            strays = (f"{file}:{line}: {said}" for line, said in passed_over)
            raise UsageError("\n".join([*strays, str(error)])) from error
    template = _template(file, document, lines)
    return replace(template, repeated=tuple(repeated), passed_over=passed_over)


def _plain(file: Path, document: dict[str, Any]) -> Plain:
    """Evaluates what loops go over, with the mappings and conditions of the template."""
    bare = _template(file, {**document, "Resources": {}, "Outputs": {}}, _NO_LINES)
    return lambda node, values: Resolver(bare, values, {}, {}).value(node)


def _lines(section: Mapping[str, Any]) -> dict[str, int]:
    return {name: line_of(section, name) for name in section}


def _transforms(document: Mapping[str, Any]) -> list[Any]:
    transforms = document.get("Transform") or []
    return transforms if isinstance(transforms, list) else [transforms]


def _possible(document: Mapping[str, Any]) -> dict[str, str]:
    declared = document.get("Parameters") or {}
    return {
        name: str((body.get("AllowedValues") or [name])[0])
        for name, body in declared.items()
        if "Default" not in body
    }


def _check_transforms(file: Path, document: Mapping[str, Any], transforms: list[Any]) -> None:
    problems = [
        f"{file}:{line_of(document, 'Transform')}: the transform {name} is not offered; "
        f"offered are {', '.join(sorted(_TRANSFORMS))}"
        for name in transforms
        if not isinstance(name, str) or name not in _TRANSFORMS | _IGNORED
    ]
    if problems:
        raise UsageError("\n".join(problems))


def _template(
    file: Path, document: Mapping[str, Any], lines: Mapping[str, Mapping[str, int]]
) -> Template:
    return Template(
        file=file,
        description=document.get("Description") or "",
        parameters={
            name: Parameter(name, body.get("Type", "String"), body.get("Default"), body)
            for name, body in (document.get("Parameters") or {}).items()
        },
        mappings=document.get("Mappings") or {},
        conditions=document.get("Conditions") or {},
        resources={
            name: _declared(file, name, body, lines["Resources"])
            for name, body in document["Resources"].items()
        },
        outputs={
            name: Output(
                name,
                body.get("Value"),
                body.get("Condition"),
                body.get("Description") or "",
                (body.get("Export") or {}).get("Name"),
                lines["Outputs"].get(name, 0),
            )
            for name, body in (document.get("Outputs") or {}).items()
        },
        rules=document.get("Rules") or {},
    )


def _declared(file: Path, name: str, body: Mapping[str, Any], lines: Mapping[str, int]) -> Declared:
    depends = body.get("DependsOn") or []
    properties = body.get("Properties") or {}
    inner = properties.get("TemplateURL")
    if body["Type"] == "AWS::CloudFormation::Stack" and isinstance(inner, str):
        place = inner if "://" in inner else str(file.parent / inner)
        properties = {**properties, "TemplateURL": place}
    return Declared(
        logical_id=name,
        type=body["Type"],
        properties=properties,
        depends_on=frozenset([depends] if isinstance(depends, str) else depends),
        condition=body.get("Condition"),
        metadata=body.get("Metadata") or {},
        deletion_policy=body.get("DeletionPolicy", "Delete"),
        replace_policy=body.get("UpdateReplacePolicy", "Delete"),
        line=lines.get(name) or _line_of_source(name, lines),
    )


def _line_of_source(name: str, lines: Mapping[str, int]) -> int:
    """SAM names what it makes after the resource it makes it for: the longest such one."""
    sources = [source for source in lines if name.startswith(source)]
    return lines[max(sources, key=len)] if sources else 0
