"""The API's operations on layers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import Call, Result, Then
from eventmill.services.lambda_ import code, layers
from eventmill.services.lambda_.operations import OPERATIONS
from eventmill.services.lambda_.paging import page

_MOST = 1 << 32
"""More than any version's number."""


@OPERATIONS.scan("PublishLayerVersion")
def publish_layer_version(call: Call, request: dict[str, Any]) -> Result:
    """A new version of the layer."""
    package = code.unpack(call, request["Content"], {})
    return Then(lambda writing: layers.publish(writing, request["LayerName"], request, package))


@OPERATIONS.read("GetLayerVersion")
def get_layer_version(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    return layers.get(call, layers.parse(request["LayerName"])[0], request["VersionNumber"])


@OPERATIONS.read("GetLayerVersionByArn")
def get_layer_version_by_arn(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    return layers.get(call, *layers.parse(request["Arn"]))


@OPERATIONS.scan("ListLayerVersions")
def list_layer_versions(call: Call, request: dict[str, Any]) -> Result:
    """Newest first."""
    rows = call.tx.all(
        "SELECT version, config FROM lambda_layers WHERE name=? AND config IS NOT NULL"
        " ORDER BY version DESC",
        (layers.parse(request["LayerName"])[0],),
    )
    # Keys that rise as the versions fall.
    entries = [(f"{_MOST - version:010}", json.loads(config)) for version, config in rows]
    found = [entry for entry in entries if _runs(entry[1], request)]
    return page(found, "LayerVersions", request)


def _runs(config: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    """Whether a version says that it is for the runtime and the architecture asked for."""
    return all(
        request.get(asked) is None or request[asked] in config.get(told, ())
        for asked, told in (
            ("CompatibleRuntime", "CompatibleRuntimes"),
            ("CompatibleArchitecture", "CompatibleArchitectures"),
        )
    )


@OPERATIONS.scan("ListLayers")
def list_layers(call: Call, request: dict[str, Any]) -> Result:
    """Each layer with its newest version of those that are for what is asked for."""
    rows = call.tx.all(
        "SELECT name, config FROM lambda_layers WHERE config IS NOT NULL ORDER BY name, version"
    )
    read = ((name, json.loads(text)) for name, text in rows)
    newest = {name: config for name, config in read if _runs(config, request)}
    entries = [
        (
            name,
            {
                "LayerName": name,
                "LayerArn": layers.layer_arn(call, name),
                "LatestMatchingVersion": config,
            },
        )
        for name, config in newest.items()
    ]
    return page(entries, "Layers", request)


@OPERATIONS.write("DeleteLayerVersion")
def delete_layer_version(call: Call, request: dict[str, Any]) -> Result:
    """Deleting one that is not there succeeds."""
    layers.delete(call, request["LayerName"], request["VersionNumber"])
    return {}
