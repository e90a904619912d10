"""Where a function's code comes from: an uploaded archive, text in a template, a built folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import UsageError
from eventmill.services.contract import Call
from eventmill.services.lambda_.settings import parameter


def folder_of(call: Call, code: Mapping[str, Any], handler: str) -> str:
    """The folder that becomes the task root. Raises Invalid."""
    if "LocalPath" in code:
        return str(code["LocalPath"])
    archive = code.get("ZipFile")
    try:
        if isinstance(archive, bytes):
            return str(call.code.from_zip(archive))
        if isinstance(archive, str):
            module = handler.rpartition(".")[0] or "index"
            return str(call.code.from_text({f"{module}.py": archive}))
    except UsageError as error:
        raise parameter(str(error)) from None
    if "ImageUri" in code:
        raise parameter("ImageUri needs a container engine; package the function as Zip.")
    raise parameter(
        "Code must be given as ZipFile. S3Bucket and S3Key are not read by Eventmill: deploy the "
        "template's own folder with CodeUri, or upload the archive as ZipFile."
    )


def layers_of(call: Call, arns: list[str]) -> list[str]:
    """The folders of layer versions. Raises Invalid for one that does not exist."""
    folders = []
    for arn in arns:
        parts = arn.split(":")
        row = None
        if len(parts) == 8 and parts[7].isdigit():
            row = call.tx.one(
                "SELECT folder FROM lambda_layers WHERE name=? AND version=?",
                (parts[6], int(parts[7])),
            )
        if row is None:
            raise parameter(
                f"Layer version {arn} does not exist. Only layers of this engine can be used: "
                "declare it as AWS::Serverless::LayerVersion, or publish it with "
                "PublishLayerVersion."
            )
        folders.append(row[0])
    return folders


def layers_json(call: Call, arns: list[str]) -> str:
    """The folders as they are stored."""
    return json.dumps(layers_of(call, arns))
