"""Whether a template has the form that CloudFormation wants, short of resources' properties.

What stands under a key that nobody reads would be lost without a word.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from eventmill.kernel.errors import UsageError
from eventmill.kernel.similar import meant
from eventmill.template.events import misrouted
from eventmill.template.foreach import PREFIX
from eventmill.template.text import line_of

Problem = tuple[int, str]
"""(line, 0 when it is not known; what is wrong there)."""

_MAPPINGS = (
    "Conditions",
    "Globals",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
)
SECTIONS = ("AWSTemplateFormatVersion", "Description", "Transform", *_MAPPINGS)

_PARAMETER = (
    "AllowedPattern",
    "AllowedValues",
    "ConstraintDescription",
    "Default",
    "Description",
    "MaxLength",
    "MaxValue",
    "MinLength",
    "MinValue",
    "NoEcho",
    "Type",
)
_TYPES = ("String", "Number", "CommaDelimitedList", "List<Number>", "List<String>")
"""Types of parameters beside those that begin with `AWS::`, which are AWS's to add to."""

_OF_SAM = ("Connectors", "IgnoreGlobals")
_RESOURCE = (
    "Condition",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Description",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
    "Version",
)
_POLICIES = {
    "DeletionPolicy": ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot"),
    "UpdateReplacePolicy": ("Delete", "Retain", "Snapshot"),
}
_OUTPUT = ("Condition", "Description", "Export", "Value")
_NAME = re.compile(r"[A-Za-z0-9]+")


def check_sections(file: Path, document: Mapping[str, Any]) -> None:
    """The sections are AWS's, and the parameters are declared well. Raises UsageError."""
    problems = [
        (line_of(document, key), f"{key} is no section of a template{meant(key, SECTIONS)}")
        for key in document
        if key not in SECTIONS
    ]
    problems += [
        (line_of(document, key), f"{key} is a mapping of names, not {_shown(document[key])}")
        for key in _MAPPINGS
        if not isinstance(document.get(key) or {}, dict)
    ]
    if not problems:
        problems += _each(document, "Parameters", "parameter", _parameter)
    _raise(file, problems)


def check_declarations(
    file: Path, document: Mapping[str, Any], *, sam: bool
) -> tuple[Problem, ...]:
    """What is declared has the keys that AWS has for it, loops written out. Raises UsageError.

    `sam` tells of a template that SAM transforms, which has keys of its own. Returns the keys of
    SAM's resources that are none: it passes them over, and templates with some do deploy.
    """
    if not document.get("Resources"):
        raise UsageError(f"{file}: the template declares no Resources")
    keys = (*_RESOURCE, *_OF_SAM) if sam else _RESOURCE

    passed_over: list[Problem] = []

    def resource(name: str, body: Any) -> Iterator[Problem]:
        return _resource(name, body, keys, passed_over if sam else None)

    problems = [
        *_each(document, "Resources", "resource", resource),
        *_each(document, "Outputs", "output", _output),
        *(misrouted(document) if sam else ()),
    ]
    _raise(file, problems)
    return tuple(passed_over)


def _each(document: Mapping[str, Any], section: str, what: str, judge: Any) -> Iterator[Problem]:
    """What is wrong with the members of a section, each judged with its name."""
    members = document.get(section) or {}
    for name, body in members.items():
        problems = list(judge(name, body))
        if not _NAME.fullmatch(name) and not name.startswith(PREFIX):
            problems.append((0, f"the name of the {what} {name} is not alphanumeric"))
        for line, said in problems:
            yield line or line_of(members, name), said


def _parameter(name: str, body: Any) -> Iterator[Problem]:
    what = f"the parameter {name}"
    if not isinstance(body, dict):
        yield 0, f"{what} is a mapping with a Type, not {_shown(body)}"
        return
    yield from _keys(what, body, _PARAMETER)
    kind = body.get("Type")
    if kind is None:
        yield 0, f"{what} needs a Type"
    elif not isinstance(kind, str):
        yield line_of(body, "Type"), f"{what}: Type is a text, not {_shown(kind)}"
    elif kind not in _TYPES and not kind.removeprefix("List<").startswith("AWS::"):
        near = meant(kind, _TYPES)
        yield line_of(body, "Type"), f"{what}: {kind} is no type of a parameter{near}"
    if not isinstance(body.get("AllowedValues", []), list):
        yield line_of(body, "AllowedValues"), f"{what}: AllowedValues is a list"


def _resource(
    name: str, body: Any, keys: Sequence[str], passed_over: list[Problem] | None
) -> Iterator[Problem]:
    """What is wrong with a resource; keys of SAM's that are none go into `passed_over`."""
    if not isinstance(body, dict) or not isinstance(body.get("Type"), str):
        what = f"the resource {name} needs a Type"
        if name.startswith(PREFIX):
            what = f"the loop {name} needs `Transform: AWS::LanguageExtensions`"
        yield 0, what
        return
    what = f"the resource {name}"
    strays = _keys(what, body, keys, " (one of its properties is indented below Properties)")
    if passed_over is not None and body["Type"].startswith("AWS::Serverless::"):
        passed_over += strays
    else:
        yield from strays
    for key in ("Properties", "Metadata"):
        if not isinstance(body.get(key) or {}, dict):
            yield line_of(body, key), f"{what}: {key} is a mapping, not {_shown(body[key])}"
    for key, allowed in _POLICIES.items():
        value = body.get(key, "Delete")
        # With AWS::LanguageExtensions a function may give it.
        if not isinstance(value, dict) and value not in allowed:
            near = meant(str(value), allowed) or f"; it is one of {', '.join(allowed)}"
            yield line_of(body, key), f"{what}: {key} cannot be {_shown(value)}{near}"
    yield from _condition(what, body)
    depends = body.get("DependsOn", [])
    names = depends if isinstance(depends, list) else [depends]
    if not all(isinstance(one, str) for one in names):
        yield line_of(body, "DependsOn"), f"{what}: DependsOn is a logical id, or a list of them"


def _output(name: str, body: Any) -> Iterator[Problem]:
    what = f"the output {name}"
    if not isinstance(body, dict):
        yield 0, f"{what} is a mapping with a Value, not {_shown(body)}"
        return
    yield from _keys(what, body, _OUTPUT, "; what it gives is its Value")
    if body.get("Value") is None:
        yield 0, f"{what} needs a Value"
    yield from _condition(what, body)
    export = body.get("Export", {"Name": name})
    if not isinstance(export, dict) or list(export) != ["Name"]:
        yield line_of(body, "Export"), f"{what}: Export is a mapping with a Name and nothing else"


def _keys(
    what: str, body: Mapping[str, Any], allowed: Sequence[str], hint: str = ""
) -> Iterator[Problem]:
    """Those that are none of the allowed ones, with the likely one, or a hint."""
    for key in body:
        if key not in allowed:
            near = meant(key, allowed) or hint
            yield line_of(body, key), f"{what}: {key} is no key of it{near}"


def _condition(what: str, body: Mapping[str, Any]) -> Iterator[Problem]:
    if not isinstance(body.get("Condition", ""), str):
        yield line_of(body, "Condition"), f"{what}: Condition is the name of one"


def _shown(value: Any) -> str:
    kinds = {list: "a list", dict: "a mapping", type(None): "nothing"}
    return kinds.get(type(value)) or f"{value!r}"


def _raise(file: Path, problems: Sequence[Problem]) -> None:
    if problems:
        lines = (f"{file}:{line}: {said}" if line else f"{file}: {said}" for line, said in problems)
        raise UsageError("\n".join(lines))
