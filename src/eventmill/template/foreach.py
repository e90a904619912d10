"""What AWS::LanguageExtensions writes out before anything else is read: `Fn::ForEach`, which is
one fragment for each value of a list, and the names of resources that functions give.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-foreach.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from eventmill.kernel.errors import UsageError
from eventmill.template.text import Lines, line_of

PREFIX = "Fn::ForEach::"
"""Begins the names of loops."""

Plain = Callable[[Any, Mapping[str, Any]], Any]
"""(what stands for a list, values of parameters) → the list, or a text that holds it."""


def unroll(node: Any, values: Mapping[str, Any], plain: Plain) -> Any:
    """`node` with its loops written out; `values` are the parameters'. Raises UsageError."""
    if isinstance(node, list):
        return [unroll(entry, values, plain) for entry in node]
    if not isinstance(node, dict):
        return node
    if not any(str(key).startswith(PREFIX) for key in node):
        # Kept as it is where nothing changes: it remembers the lines of its keys.
        for key, held in node.items():
            node[key] = unroll(held, values, plain)
        return node
    found = Lines()
    found.lines = {}
    for key, held in node.items():
        if str(key).startswith(PREFIX):
            made = _loop(str(key), held, values, plain)
        else:
            made = {key: unroll(held, values, plain)}
        found |= made
        found.lines |= dict.fromkeys(made, line_of(node, key))
    return found


def name_out(node: Any, values: Mapping[str, Any], plain: Plain) -> None:
    """Put the names in, in place, of `Ref` and `Fn::GetAtt` with functions where a name stands.

    Raises UsageError for a name that only the deployment knows.
    """
    for held in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        name_out(held, values, plain)
    if not isinstance(node, dict) or len(node) != 1:
        return
    if isinstance(node.get("Ref"), dict):
        node["Ref"] = plain(node["Ref"], values)
    asked = node.get("Fn::GetAtt")
    if isinstance(asked, list) and any(isinstance(part, dict) for part in asked):
        node["Fn::GetAtt"] = [plain(part, values) for part in asked]


def _loop(name: str, loop: Any, values: Mapping[str, Any], plain: Plain) -> dict[str, Any]:
    if not isinstance(loop, list) or len(loop) != 3 or not isinstance(loop[2], dict):
        raise UsageError(f"{name} takes an identifier, a list of values and a fragment")
    identifier, collection, fragment = loop
    found: dict[str, Any] = {}
    for value in _collection(name, collection, values, plain):
        filled = _filled(fragment, str(identifier), str(value))
        found |= unroll(filled, values, plain)
    return found


def _collection(name: str, given: Any, values: Mapping[str, Any], plain: Plain) -> list[Any]:
    try:
        held = plain(given, values)
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from None
    if isinstance(held, str):
        return [part.strip() for part in held.split(",") if part.strip()]
    if isinstance(held, list):
        return held
    raise UsageError(f"{name}: its values are no list, nor anything that holds one")


def _filled(node: Any, identifier: str, value: str) -> Any:
    """`${X}` and `{"Ref": X}` become the value; `&{X}` the value without what no id may hold."""
    if isinstance(node, list):
        return [_filled(entry, identifier, value) for entry in node]
    if isinstance(node, str):
        plain = re.sub(r"[^A-Za-z0-9]", "", value)
        return node.replace(f"${{{identifier}}}", value).replace(f"&{{{identifier}}}", plain)
    if not isinstance(node, dict):
        return node
    if node == {"Ref": identifier}:
        return value
    return {
        _filled(key, identifier, value): _filled(held, identifier, value)
        for key, held in node.items()
    }
