"""Values of parameters from the file in which `sam deploy --guided` keeps its answers.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from eventmill.kernel.errors import UsageError
from eventmill.template.files import find_template, is_usual
from eventmill.template.text import read_mapping

_NAMES = ("samconfig.toml", "samconfig.yaml", "samconfig.yml")
_COMMANDS = ("global", "deploy")
_TEMPLATE = ("template_file", "template")
_PAIR = re.compile(
    r"(?:ParameterKey=(?P<key>[^,]+),ParameterValue=|(?P<name>[^=]+)=)(?P<value>.*)\Z", re.S
)


def kept_values(path: Path, given: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """(values, places) of parameters that a template has no default for and nobody gives.

    Raises UsageError for a file that cannot be read.
    """
    template = find_template(path)
    file = _beside(template)
    kept = dict(_overrides(file, _read(file))) if file is not None else {}
    if not kept:
        return {}, {}
    declared = read_mapping(template, []).get("Parameters") or {}
    values = {
        name: value
        for name, value in kept.items()
        if name in declared and "Default" not in declared[name] and name not in given
    }
    return values, dict.fromkeys(values, f"{file}:")


def source_of(template: Path) -> str:
    """Which of its folder's stacks a template file is for: empty for the one of the folder's name.

    The usual names and the file that samconfig names are for that one; others go by their stem.
    """
    if is_usual(template):
        return ""
    file = _beside(template)
    kept = _read(file) if file is not None else {}
    named = {str(kept[key]) for key in _TEMPLATE if key in kept}
    main = any((template.parent / name).resolve() == template.resolve() for name in named)
    return "" if main else template.stem


def _beside(template: Path) -> Path | None:
    places = (template.parent / name for name in _NAMES)
    return next((place for place in places if place.is_file()), None)


def _read(file: Path) -> Mapping[str, Any]:
    """The parameters of `sam deploy` in the default environment."""
    if file.suffix == ".toml":
        try:
            document = tomllib.loads(file.read_text())
        except ValueError as error:
            raise UsageError(f"{file}: {error}") from None
    else:
        document = dict(read_mapping(file, []))
    found: dict[str, Any] = {}
    environment = document.get("default") or {}
    for command in _COMMANDS:
        found |= (environment.get(command) or {}).get("parameters") or {}
    return found


def _overrides(file: Path, parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Names and values, of one text for all, of a text for each, or of a table."""
    given = parameters.get("parameter_overrides") or ()
    if isinstance(given, Mapping):
        yield from ((name, str(value)) for name, value in given.items())
        return
    for text in [given] if isinstance(given, str) else given:
        try:
            parts = shlex.split(str(text))
        except ValueError as error:
            raise UsageError(f"{file}: parameter_overrides: {error}") from None
        for part in parts:
            pair = _PAIR.match(part)
            if pair:
                yield pair["key"] or pair["name"], pair["value"]
