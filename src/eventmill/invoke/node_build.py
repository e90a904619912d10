"""What npm has to do for a function's folder.

Lambda's Node.js runtimes bring the AWS SDK along, so many functions use it without naming it in
package.json. Those parts of it that the code names are installed beside its own packages.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eventmill.kernel.errors import UsageError

_SDK = re.compile(r"""['"](@aws-sdk/[a-z0-9-]+|@smithy/[a-z0-9-]+|aws-sdk)(?:/[^'"]*)?['"]""")
_ENDINGS = (".js", ".mjs", ".cjs", ".ts", ".mts", ".tsx")
_LONGEST = 2_000_000
"""Bytes; a longer file is a bundle, which holds what it needs."""


def _package(source: Path) -> dict[str, Any]:
    file = source / "package.json"
    if not file.is_file():
        return {}
    try:
        held = json.loads(file.read_text())
    except ValueError:
        held = None
    if not isinstance(held, dict):
        raise UsageError(f"{file} is no JSON object")
    return held


def needs_install(source: Path, *, development: bool = False) -> bool:
    """Whether package.json names dependencies that the folder does not bring along."""
    package = _package(source)
    named = package.get("dependencies") or (development and package.get("devDependencies"))
    return bool(named) and not (source / "node_modules").exists()


def sdk_parts(source: Path) -> list[str]:
    """The packages of the AWS SDK that the code names and that come from nowhere else."""
    known = _package(source).get("dependencies") or {}
    found = {
        name
        for file in _sources(source)
        for name in _SDK.findall(file.read_text("utf-8", "replace"))
    }
    return sorted(
        name
        for name in found
        if name not in known and not (source / "node_modules" / name).exists()
    )


def _sources(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.is_dir() and entry.name != "node_modules" and not entry.name.startswith("."):
            yield from _sources(entry)
        elif entry.suffix in _ENDINGS and entry.is_file() and entry.stat().st_size <= _LONGEST:
            yield entry


def npm(logical_id: str) -> str:
    """The installer. Raises UsageError where there is none."""
    found = shutil.which("npm")
    if found is None:
        raise UsageError(
            f"{logical_id}: its packages need `npm`, and there is none on this machine's PATH: "
            "install it, or put node_modules beside package.json"
        )
    return found


def install(source: Path, logical_id: str, *, development: bool = False) -> list[str]:
    """The command that installs what package.json names, for running or for building."""
    way = "ci" if (source / "package-lock.json").is_file() else "install"
    omit = [] if development else ["--omit=dev"]
    return [npm(logical_id), way, *omit, "--no-audit", "--no-fund"]


def link(packages: Path, into: Path) -> None:
    """Links to packages of one node_modules in another, where it has none of that name."""
    into.mkdir(exist_ok=True)
    for entry in packages.iterdir():
        place = into / entry.name
        if entry.name.startswith("@"):
            link(entry, place)
        elif not place.exists():
            place.symlink_to(entry.resolve())
