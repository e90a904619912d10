"""A template as frozen data. Intrinsic functions are still in it, in their long form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eventmill.template.text import Repeated

ANY_ATTRIBUTE = "*"
"""Among a resource's attributes: the value of each that is not there itself."""

CODE = {"AWS::Lambda::Function": "Code", "AWS::Lambda::LayerVersion": "Content"}
"""Types with code of their own, and the property that holds it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter's declaration."""

    name: str
    type: str
    default: Any
    declaration: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Declared:
    """One resource. `line` is where its logical id stands in the file, 0 when SAM made it."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    depends_on: frozenset[str]
    condition: str | None
    metadata: Mapping[str, Any]
    deletion_policy: Any
    """Its name, or a function that gives it."""
    replace_policy: Any
    """What becomes of the resource when another takes its place; as `deletion_policy`."""
    line: int


@dataclass(frozen=True, slots=True)
class Output:
    """One output. `line` is as a resource's."""

    name: str
    value: Any
    condition: str | None
    description: str
    export: Any
    line: int


@dataclass(frozen=True, slots=True)
class Template:
    """Everything that one file declares. Resources are in the order of the file."""

    file: Path
    description: str
    parameters: Mapping[str, Parameter]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, Any]
    resources: Mapping[str, Declared]
    outputs: Mapping[str, Output]
    rules: Mapping[str, Any] = field(default_factory=dict)
    repeated: tuple[Repeated, ...] = ()
    """Keys that stand twice, in this file or one that it takes in."""
    passed_over: tuple[tuple[int, str], ...] = ()
    """(line, what is said) of keys of SAM's resources that SAM does not know."""
