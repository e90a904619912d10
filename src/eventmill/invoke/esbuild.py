"""SAM's BuildMethod esbuild: TypeScript and JavaScript bundled into one file for each entry.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-using-build-typescript.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_DEFAULTS = {"Platform": "node", "Format": "cjs", "Target": "es2020", "Minify": True}
_OURS = ("EntryPoints", "Bundle", "Outdir")
_SDK = ("@aws-sdk/", "@smithy/", "aws-sdk")
"""What Lambda brings along and this machine does not: it is bundled whatever `External` says."""


def command(program: str, source: Path, out: Path, options: Mapping[str, Any]) -> list[str]:
    """The bundler's command line; `options` are the template's BuildProperties."""
    entries = options.get("EntryPoints") or [_default_entry(source)]
    return [
        program,
        *map(str, entries),
        "--bundle",
        f"--outdir={out}",
        *_flags(_DEFAULTS | dict(options)),
    ]


def _default_entry(source: Path) -> str:
    return "app.ts" if (source / "app.ts").is_file() else "app.js"


def _flags(options: Mapping[str, Any]) -> Iterator[str]:
    """`OutExtension: [.js=.mjs]` becomes `--out-extension:.js=.mjs`, and so on."""
    for name, value in options.items():
        if name in _OURS:
            continue
        flag = "--" + re.sub(r"(?<!^)([A-Z])", r"-\1", name).lower()
        if isinstance(value, list):
            kept = [str(item) for item in value]
            if name == "External":
                kept = [item for item in kept if not item.startswith(_SDK)]
            yield from (f"{flag}:{item}" for item in kept)
        elif str(value).lower() == "true":
            yield flag
        elif str(value).lower() != "false":
            yield f"{flag}={value}"
