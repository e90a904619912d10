"""YAML and JSON texts → plain data, with the line of every mapping's keys.

Short tags become the long form: `!Ref X` is `{"Ref": "X"}`, `!GetAtt A.B` is
`{"Fn::GetAtt": ["A", "B"]}`. Dates stay texts: `2012-10-17` is a policy version, not a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from eventmill.kernel.errors import UsageError
from eventmill.kernel.yaml_text import Loader

_MERGE = "tag:yaml.org,2002:merge"
_PLAIN = {"Ref", "Condition"}
_KNOWN = {
    "Ref",
    "Condition",
    "GetAtt",
    "Sub",
    "If",
    "Equals",
    "Not",
    "And",
    "Or",
    "Join",
    "Select",
    "Split",
    "FindInMap",
    "ImportValue",
    "Base64",
    "Cidr",
    "GetAZs",
    "Transform",
    "Length",
    "ToJsonString",
    "ForEach",
    "Contains",
    "EachMemberEquals",
    "EachMemberIn",
    "RefAll",
    "ValueOf",
    "ValueOfAll",
}


@dataclass(frozen=True, slots=True)
class Repeated:
    """A key that stands twice in one mapping. `line` is where it stands again, `first` before."""

    file: Path
    line: int
    key: str
    first: int


class _Loader(Loader):
    """With CloudFormation's tags."""

    def __init__(self, text: str, file: Path, repeated: list[Repeated]) -> None:
        super().__init__(text)
        self.file = file
        self.repeated = repeated


class Lines(dict[str, Any]):
    """A mapping that remembers the line of each of its keys."""

    lines: dict[str, int]


def _key(loader: _Loader, node: yaml.Node) -> str:
    key = loader.construct_object(node, deep=True)
    return str(key).lower() if isinstance(key, bool) else str(key)


def _mapping(loader: _Loader, node: yaml.MappingNode) -> Lines:
    """Of keys that stand twice the last one, as CloudFormation takes it."""
    _note_repeated(loader, node)
    loader.flatten_mapping(node)
    result = Lines()
    result.lines = {}
    for key_node, value_node in node.value:
        key = _key(loader, key_node)
        result[key] = loader.construct_object(value_node, deep=True)
        result.lines[key] = key_node.start_mark.line + 1
    return result


def _note_repeated(loader: _Loader, node: yaml.MappingNode) -> None:
    """Before `<<` is resolved: what a mapping changes of another that it takes in is meant."""
    lines: dict[str, int] = {}
    for key_node, _ in node.value:
        if key_node.tag == _MERGE:
            continue
        key, line = _key(loader, key_node), key_node.start_mark.line + 1
        if key in lines:
            loader.repeated.append(Repeated(loader.file, line, key, lines[key]))
        lines[key] = line


def _tagged(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    if suffix not in _KNOWN:
        line = node.start_mark.line + 1
        raise UsageError(f"line {line}: !{suffix} is no function of CloudFormation")
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = str(value).split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = _mapping(loader, node) if isinstance(node, yaml.MappingNode) else None
    return {suffix if suffix in _PLAIN else f"Fn::{suffix}": value}


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_multi_constructor("!", _tagged)


def _parse(text: str, file: Path, repeated: list[Repeated]) -> Lines:
    if text.lstrip().startswith("{"):
        # JSON may be indented with tabs, which YAML refuses; within its texts they are escaped.
        text = text.replace("\t", "  ")
    try:
        document = _Loader(text, file, repeated).get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise UsageError(f"{where}{error.problem or error}") from None
    except yaml.YAMLError as error:
        raise UsageError(str(error)) from None
    if not isinstance(document, Lines):
        raise UsageError("a template is a mapping with a Resources section")
    return document


def read_mapping(path: Path, repeated: list[Repeated], named: str = "") -> Lines:
    """The document in a file; keys that stand twice in it are added to `repeated`.

    `named` is how a template names it, for when it cannot be opened. Raises UsageError naming
    the file, and the line of what is wrong.
    """
    try:
        return _parse(path.read_text(encoding="utf-8"), path, repeated)
    except OSError as error:
        raise UsageError(f"{named or path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no UTF-8 text") from None
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


def line_of(mapping: Any, key: str) -> int:
    """The line of a key, 0 when it is not known."""
    return mapping.lines.get(key, 0) if isinstance(mapping, Lines) else 0
