"""Files beside a template that the CDK made: what its resources take from S3 lies there.

`cdk deploy` would put each into a bucket of the account first; on one machine the path itself
serves. `*.assets.json` beside the template tells which object is which file.
https://docs.aws.amazon.com/cdk/v2/guide/assets.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eventmill.kernel.errors import UsageError
from eventmill.template.local import APIS
from eventmill.template.model import CODE
from eventmill.template.text import Repeated, read_mapping

_MANIFESTS = "*.assets.json"
_STACK = "AWS::CloudFormation::Stack"


def take_assets(file: Path, document: Mapping[str, Any], repeated: list[Repeated]) -> None:
    """Let resources name local files where they name assets. Raises UsageError.

    Keys that stand twice in an API's document are added to `repeated`.
    """
    files = _files(file.parent)
    if not files:
        return
    for body in document["Resources"].values():
        properties, kind = body.get("Properties") or {}, body["Type"]
        key = CODE.get(kind)
        code = properties.get(key) if key else None
        if key and (found := _at(code, "S3Key", files)):
            properties[key] = {"LocalPath": str(found)}
        if kind in APIS and (found := _at(properties.get("BodyS3Location"), "Key", files)):
            del properties["BodyS3Location"]
            properties["Body"] = read_mapping(found, repeated)
        if kind == _STACK:
            for found in _named(properties.get("TemplateURL"), files):
                properties["TemplateURL"] = str(found)


def _files(folder: Path) -> dict[str, Path]:
    """The assets by the keys of their objects, which are hashes of the content."""
    found: dict[str, Path] = {}
    for manifest in sorted(folder.glob(_MANIFESTS)):
        try:
            read = json.loads(manifest.read_text())
            # Other tools name files so too; and what a program makes, is nowhere yet.
            entries = read.get("files", {}) if isinstance(read, dict) else {}
            for entry in entries.values():
                if "path" not in entry["source"]:
                    continue
                path = folder / entry["source"]["path"]
                found |= {place["objectKey"]: path for place in entry["destinations"].values()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(f"{manifest} is no list of assets: {error!r}") from None
    return found


def _at(place: Any, member: str, files: Mapping[str, Path]) -> Path | None:
    """The file that a place in S3 names by its key."""
    key = place.get(member) if isinstance(place, dict) else None
    return files.get(key) if isinstance(key, str) else None


def _named(address: Any, files: Mapping[str, Path]) -> list[Path]:
    """The file that an address of S3 ends with; the address is put together by functions."""
    text = json.dumps(address)
    return [path for key, path in files.items() if f'/{key}"' in text]
