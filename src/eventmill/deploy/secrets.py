"""Secret parameters that nobody gave: made once, kept in the data directory.

A template that demands a secret (`NoEcho`, no default) is right to do so where it is deployed for
others; on one machine its owner should not have to invent one.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from eventmill.store.syncing import replace_file
from eventmill.template.model import Template
from eventmill.template.parameters import is_stored

_FILE = "secrets.json"
_LENGTH = 40


def with_secrets(
    folder: Path,
    stack: str,
    template: Template,
    given: Mapping[str, str],
    progress: Callable[[str], None],
) -> dict[str, str]:
    """`given` with values for the template's secret parameters that have none.

    The same ones at every start on this data directory; `progress` is told each that is made.
    """
    wanted = [
        name
        for name, parameter in template.parameters.items()
        if parameter.default is None
        and not is_stored(parameter)
        and name not in given
        and str(parameter.declaration.get("NoEcho", "")).lower() == "true"
    ]
    if not wanted:
        return dict(given)
    file = folder / _FILE
    kept: dict[str, dict[str, str]] = json.loads(file.read_text()) if file.exists() else {}
    mine = kept.setdefault(stack, {})
    missing = [name for name in wanted if name not in mine]
    for name in missing:
        limit = int(template.parameters[name].declaration.get("MaxLength", _LENGTH))
        mine[name] = secrets.token_hex(_LENGTH)[: min(limit, _LENGTH)]
        progress(f"{name}: {mine[name]} (made for this data directory, kept in {file})")
    if missing:
        replace_file(file, json.dumps(kept), 0o600)
    return {**given, **{name: mine[name] for name in wanted}}
