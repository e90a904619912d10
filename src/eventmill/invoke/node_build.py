"""What npm has to do for a function's folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from eventmill.kernel.errors import UsageError


def needs_install(source: Path) -> bool:
    """Whether package.json names dependencies that the folder does not bring along."""
    package = source / "package.json"
    if not package.is_file() or (source / "node_modules").exists():
        return False
    try:
        return bool(json.loads(package.read_text()).get("dependencies"))
    except (ValueError, AttributeError):
        raise UsageError(f"{package} is no JSON object") from None


def command(source: Path, logical_id: str) -> list[str]:
    """The installer's command line. Raises UsageError where there is none."""
    npm = shutil.which("npm")
    if npm is None:
        raise UsageError(
            f"{logical_id}: {source / 'package.json'} has dependencies and there is no `npm` on "
            "this machine's PATH: install it, or put node_modules beside it"
        )
    way = "ci" if (source / "package-lock.json").is_file() else "install"
    return [npm, way, "--omit=dev", "--no-audit", "--no-fund"]
