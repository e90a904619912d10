"""The values of a template's parameters.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import UsageError
from eventmill.template.model import Parameter, Template

_STAND_INS = {
    "AWS::EC2::AvailabilityZone::Name": ("us-east-1a", "us-east-1b"),
    "AWS::EC2::Image::Id": ("ami-00000000",),
    "AWS::EC2::KeyPair::KeyName": ("key",),
    "AWS::EC2::SecurityGroup::GroupName": ("default",),
    "AWS::EC2::SecurityGroup::Id": ("sg-00000000",),
    "AWS::EC2::Subnet::Id": ("subnet-00000001", "subnet-00000002"),
    "AWS::EC2::VPC::Id": ("vpc-00000000",),
    "AWS::Route53::HostedZone::Id": ("Z00000000000000000000",),
}
"""Values for parameters that name parts of a network, which has no meaning on one machine."""

STORED = "AWS::SSM::Parameter::Value<"
"""Begins the types of parameters whose value lies in Parameter Store."""


def defaults(document: Mapping[str, Any]) -> dict[str, Any]:
    """Of the parameters that a template as it was read declares with one."""
    declared = document.get("Parameters") or {}
    return {name: body["Default"] for name, body in declared.items() if "Default" in body}


def listed(document: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a template as it was read, those of lists as lists, as macros get them."""
    declared = document.get("Parameters") or {}
    return {
        name: split_list(str((declared.get(name) or {}).get("Type")), value)
        if isinstance(value, str)
        else value
        for name, value in values.items()
    }


def known_values(template: Template, given: Mapping[str, str]) -> dict[str, Any]:
    """Of the parameters that are given, or have a value of their own where nobody gives one."""
    texts = {name: given.get(name, one.default) for name, one in template.parameters.items()}
    return {
        name: split_list(template.parameters[name].type, _text(text))
        for name, text in texts.items()
        if text is not None and not is_stored(template.parameters[name])
    }


def parameter_values(
    template: Template, given: Mapping[str, str], places: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Values by name, lists split; `places` tells where those were given that a file gives.

    Raises UsageError listing every mistake.
    """
    where = places or {}
    problems = [
        f"{where.get(name, '--parameter')} {name}: the template has no such parameter; it has: "
        f"{', '.join(template.parameters) or 'none'}"
        for name in given
        if name not in template.parameters
    ]
    values: dict[str, Any] = {}
    for name, parameter in template.parameters.items():
        value = given.get(name, parameter.default)
        value = stand_in(parameter.type) if value is None else value
        if value is None:
            problems.append(f"the parameter {name} has no default: give --parameter {name}=VALUE")
            continue
        text = ",".join(map(str, value)) if isinstance(value, list) else _text(value)
        problem = _problem(parameter, text)
        if problem:
            place = f"{where[name]} " if name in where else ""
            problems.append(f"{place}the parameter {name}: {problem}")
        # The text of a stored one is the name that its value is stored under.
        values[name] = text if is_stored(parameter) else split_list(parameter.type, text)
    if problems:
        raise UsageError(f"{template.file}:\n" + "\n".join(problems))
    return values


def stand_in(kind: str) -> Any:
    """What a parameter is given that nobody gave, where it may be anything; else None."""
    if kind.startswith("List<"):
        found = _STAND_INS.get(kind[5:-1])
        return None if found is None else list(found)
    return _STAND_INS.get(kind, (None,))[0]


def is_stored(parameter: Parameter) -> bool:
    """Whether its value lies in Parameter Store."""
    return parameter.type.startswith(STORED)


def split_list(kind: str, text: str) -> Any:
    """The text, or the list that it stands for as a parameter of that type."""
    if not kind.removeprefix(STORED).startswith(("CommaDelimitedList", "List<")):
        return text
    return [part.strip() for part in text.split(",")]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _problem(parameter: Parameter, text: str) -> str:
    declared = parameter.declaration
    why = declared.get("ConstraintDescription")
    allowed = declared.get("AllowedValues")
    if allowed is not None and text not in [_text(value) for value in allowed]:
        return why or f"{text!r} is none of {', '.join(map(_text, allowed))}"
    pattern = declared.get("AllowedPattern")
    if pattern is not None and not re.fullmatch(pattern, text):
        return why or f"{text!r} does not match {pattern}"
    if (
        not int(declared.get("MinLength", 0))
        <= len(text)
        <= int(declared.get("MaxLength", 1 << 30))
    ):
        return why or f"{text!r} is shorter or longer than allowed"
    if parameter.type == "Number":
        try:
            number = float(text)
        except ValueError:
            return f"{text!r} is no number"
        low, high = declared.get("MinValue", "-inf"), declared.get("MaxValue", "inf")
        if not float(low) <= number <= float(high):
            return why or f"{text} is not between {low} and {high}"
    return ""
