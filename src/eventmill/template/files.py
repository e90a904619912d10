"""Where a template lies, and which stack it is for."""

from __future__ import annotations

import re
from pathlib import Path

from eventmill.kernel.errors import UsageError

_NAMES = ("template.yaml", "template.yml", "template.json")
_OF_CDK = "*.template.json"
"""In a folder `cdk.out`, one for each stack."""
_INNER = ".nested."
_BUILT = (".aws-sam", "build")


def find_template(path: Path) -> Path:
    """The template in a folder, or the file itself. Raises UsageError."""
    if path.is_dir():
        for name in _NAMES:
            if (path / name).is_file():
                return path / name
        made = [entry for entry in sorted(path.glob(_OF_CDK)) if _INNER not in entry.name]
        if len(made) == 1:
            return made[0]
        several = f", but {', '.join(entry.name for entry in made)}" if made else ""
        raise UsageError(
            f"{path} holds none of {', '.join(_NAMES)}{several}; name the template's file"
        )
    if not path.is_file():
        raise UsageError(f"{path} does not exist; name a template or its folder")
    return path


def is_built(file: Path) -> bool:
    """Whether `sam build` wrote the template, an inner one too, with what it built beside it."""
    return _BUILT in zip(file.parent.parts, file.parent.parts[1:], strict=False)


def is_usual(file: Path) -> bool:
    """Whether the file's name is one that a folder's only template has, or the CDK gave it."""
    return file.name in _NAMES or file.match(_OF_CDK)


def stack_name(file: Path) -> str:
    """The name of the stack that a template is for: its folder's, or the CDK's."""
    made = file.match(_OF_CDK)
    folder = file.parents[2] if file.parent.parts[-2:] == _BUILT else file.parent
    name = file.name.removesuffix(_OF_CDK[1:]) if made else folder.name
    return re.sub(r"[^A-Za-z0-9-]", "-", name) or "stack"
