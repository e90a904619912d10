"""Layers: versions of folders that functions find under /opt.

https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
"""

from __future__ import annotations

import json
from typing import Any

from eventmill.kernel.clock import iso_millis
from eventmill.kernel.errors import NotFound
from eventmill.services.contract import Call, Result
from eventmill.services.lambda_ import code
from eventmill.services.lambda_.operations import OPERATIONS


def publish(call: Call, name: str, request: dict[str, Any]) -> dict[str, Any]:
    """The next version of a layer."""
    row = call.tx.one("SELECT coalesce(max(version),0)+1 FROM lambda_layers WHERE name=?", (name,))
    assert row is not None
    version = row[0]
    arn = f"arn:aws:lambda:{call.region}:{call.account}:layer:{name}"
    config = {
        "LayerArn": arn,
        "LayerVersionArn": f"{arn}:{version}",
        "Version": version,
        "Description": request.get("Description") or "",
        "CreatedDate": iso_millis(call.now),
        "CompatibleRuntimes": request.get("CompatibleRuntimes") or [],
        "CompatibleArchitectures": request.get("CompatibleArchitectures") or [],
        "LicenseInfo": request.get("LicenseInfo") or "",
        "Content": {"CodeSize": 0, "CodeSha256": "", "Location": ""},
    }
    folder = code.folder_of(call, request["Content"], "")
    call.tx.execute(
        "INSERT INTO lambda_layers VALUES(?,?,?,?)", (name, version, json.dumps(config), folder)
    )
    return config


@OPERATIONS.write("PublishLayerVersion")
def publish_layer_version(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for content that cannot be unpacked."""
    return publish(call, request["LayerName"], request)


@OPERATIONS.read("GetLayerVersion")
def get_layer_version(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    name = request["LayerName"].rpartition(":")[2]
    row = call.tx.one(
        "SELECT config FROM lambda_layers WHERE name=? AND version=?",
        (name, request["VersionNumber"]),
    )
    if row is None:
        raise NotFound("ResourceNotFoundException", "The resource you requested does not exist.")
    return dict(json.loads(row[0]))


@OPERATIONS.scan("ListLayerVersions")
def list_layer_versions(call: Call, request: dict[str, Any]) -> Result:
    """Newest first."""
    rows = call.tx.all(
        "SELECT config FROM lambda_layers WHERE name=? ORDER BY version DESC",
        (request["LayerName"].rpartition(":")[2],),
    )
    return {"LayerVersions": [json.loads(row[0]) for row in rows]}


@OPERATIONS.scan("ListLayers")
def list_layers(call: Call, request: dict[str, Any]) -> Result:
    """Each layer with its newest version."""
    rows = call.tx.all("SELECT name, config, max(version) FROM lambda_layers GROUP BY name")
    return {
        "Layers": [
            {
                "LayerName": name,
                "LayerArn": json.loads(text)["LayerArn"],
                "LatestMatchingVersion": json.loads(text),
            }
            for name, text, _ in rows
        ]
    }


@OPERATIONS.write("DeleteLayerVersion")
def delete_layer_version(call: Call, request: dict[str, Any]) -> Result:
    """Functions that use it keep it."""
    remove(call, request["LayerName"].rpartition(":")[2], request["VersionNumber"])
    return {}


def remove(call: Call, name: str, version: int) -> None:
    """Delete the row."""
    call.tx.execute("DELETE FROM lambda_layers WHERE name=? AND version=?", (name, version))
