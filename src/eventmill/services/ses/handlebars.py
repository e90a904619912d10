"""Mail templates: the part of Handlebars that SES documents.

`{{name}}`, `{{a.b}}`, `{{#if x}} {{else}} {{/if}}`, `{{#unless}}`, `{{#each list}}` with `{{this}}`
and `{{@index}}`, `{{#with}}`, comments. Nothing is escaped, as in SES.
https://docs.aws.amazon.com/ses/latest/dg/send-personalized-email-advanced.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

_TAG = re.compile(r"\{\{\{?(.*?)\}?\}\}", re.DOTALL)
_NAME = re.compile(r"(@?[A-Za-z_$][\w$-]*|\.|\d+)([./][\w$-]+)*\Z")
_BLOCKS = ("if", "unless", "each", "with")


class TemplateError(Exception):
    """The template is malformed, or names what SES does not know."""


class MissingAttribute(Exception):
    """The data lacks a value that the template needs."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Attribute '{name}' is not present in the rendering data.")
        self.name = name


@dataclass(slots=True, eq=False)
class _Block:
    """`parts` are texts, names and blocks in their order; `otherwise` those behind an else."""

    kind: str
    name: str
    parts: list[Any] = field(default_factory=list)
    otherwise: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Name:
    text: str


def render(template: str, data: Mapping[str, Any]) -> str:
    """The text filled in. Raises TemplateError, MissingAttribute."""
    out: list[str] = []
    _render(parse(template), [data], {}, out)
    return "".join(out)


@lru_cache(maxsize=256)
def parse(template: str) -> tuple[Any, ...]:
    """The template's parts. Raises TemplateError."""
    root = _Block("root", "")
    open_blocks = [root]
    target = root.parts
    place = 0
    for found in _TAG.finditer(template):
        if found.start() > place:
            target.append(template[place : found.start()])
        place = found.end()
        tag = found.group(1).strip()
        if tag.startswith("!"):
            continue
        if tag.startswith("#"):
            kind, _, name = tag[1:].strip().partition(" ")
            if kind not in _BLOCKS or not _NAME.match(name.strip()):
                raise TemplateError(f"{{{{{tag}}}}} is not supported")
            block = _Block(kind, name.strip())
            target.append(block)
            open_blocks.append(block)
            target = block.parts
        elif tag == "else":
            if len(open_blocks) == 1:
                raise TemplateError("{{else}} outside of a block")
            target = open_blocks[-1].otherwise
        elif tag.startswith("/"):
            if len(open_blocks) == 1 or open_blocks[-1].kind != tag[1:].strip():
                raise TemplateError(f"{{{{{tag}}}}} closes no block")
            ended = open_blocks.pop()
            # Behind the end of an inner block its outer one goes on where it was.
            outer = open_blocks[-1]
            target = outer.otherwise if ended in outer.otherwise else outer.parts
        elif _NAME.match(tag):
            target.append(_Name(tag))
        else:
            raise TemplateError(f"{{{{{tag}}}}} is not supported")
    if len(open_blocks) > 1:
        raise TemplateError(f"{{{{#{open_blocks[-1].kind}}}}} is not closed")
    target.append(template[place:])
    return tuple(root.parts)


def _render(parts: Sequence[Any], scopes: list[Any], specials: Any, out: list[str]) -> None:
    for part in parts:
        if isinstance(part, str):
            out.append(part)
        elif isinstance(part, _Name):
            value = _look(part.text, scopes, specials)
            if value is _NOTHING:
                raise MissingAttribute(part.text)
            out.append(_text(value))
        else:
            _block(part, scopes, specials, out)


def _block(block: _Block, scopes: list[Any], specials: Any, out: list[str]) -> None:
    value = _look(block.name, scopes, specials)
    true = value is not _NOTHING and bool(value)
    if block.kind == "each" and true:
        entries = value.items() if isinstance(value, Mapping) else enumerate(value)
        for index, (key, entry) in enumerate(entries):
            told = {"@index": index, "@key": key, "@first": index == 0}
            told["@last"] = index == len(value) - 1
            _render(block.parts, [*scopes, entry], told, out)
    elif block.kind == "with" and true:
        _render(block.parts, [*scopes, value], specials, out)
    elif true == (block.kind != "unless"):
        _render(block.parts, scopes, specials, out)
    else:
        _render(block.otherwise, scopes, specials, out)


_NOTHING = object()


def _look(name: str, scopes: list[Any], specials: Mapping[str, Any]) -> Any:
    """The value of a path; a name that the innermost scope lacks is looked for further out."""
    if name in specials:
        return specials[name]
    if name in ("this", "."):
        return scopes[-1]
    path = re.split(r"[./]", name.removeprefix("this."))
    for scope in reversed(scopes):
        value = scope
        for key in path:
            value = _member(value, key)
        if value is not _NOTHING:
            return value
    return _NOTHING


def _member(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(key, _NOTHING)
    if isinstance(value, list) and key.isdigit() and int(key) < len(value):
        return value[int(key)]
    return _NOTHING


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
