"""Local paths where CloudFormation wants places in S3.

`aws cloudformation package` would put what they name into a bucket first; on one machine the path
itself serves. https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eventmill.template.model import CODE
from eventmill.template.text import Repeated, read_mapping

APIS = ("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api")
"""Types whose document may lie in a file."""


def take_local(file: Path, document: Mapping[str, Any], repeated: list[Repeated]) -> None:
    """Let resources name the files themselves, relative to the template's folder.

    Keys that stand twice in an API's document are added to `repeated`. Raises UsageError for a
    document that cannot be read.
    """
    for name, body in document["Resources"].items():
        properties, kind = body.get("Properties") or {}, body["Type"]
        key = CODE.get(kind)
        if key is not None and (path := _path(file, properties.get(key))):
            properties[key] = {"LocalPath": str(path)}
        if kind in APIS and (path := _path(file, properties.get("BodyS3Location"))):
            named = f"{file}: {name}: BodyS3Location {properties.pop('BodyS3Location')}"
            properties["Body"] = read_mapping(path, repeated, named)


def _path(file: Path, place: Any) -> Path | None:
    """The file or folder that a text names; None for what lies elsewhere."""
    if not isinstance(place, str) or "://" in place:
        return None
    return (file.parent / place).resolve()
