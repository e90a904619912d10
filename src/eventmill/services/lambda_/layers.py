"""Layer versions: folders that lie under /opt of the functions that name them.

https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventmill.kernel.arns import parse_arn
from eventmill.kernel.clock import iso_millis
from eventmill.services.contract import Call
from eventmill.services.lambda_.code import Code, location
from eventmill.services.lambda_.faults import missing, parameter

MOST = 5
"""Layers of one function."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One version of a layer; without a folder where it lies in another account."""

    arn: str
    folder: str
    size: int


def layer_arn(call: Call, name: str) -> str:
    """The ARN without a version."""
    return f"arn:aws:lambda:{call.region}:{call.account}:layer:{name}"


def parse(text: str) -> tuple[str, int | None]:
    """(name, version) of a layer's name, ARN or version ARN."""
    parts = text.split(":")
    if len(parts) >= 7 and parts[5] == "layer":
        version = int(parts[7]) if len(parts) > 7 and parts[7].isdigit() else None
        return parts[6], version
    return text, None


def find(call: Call, arns: Sequence[str]) -> list[Layer]:
    """The layers that version ARNs name, in order. Raises Invalid."""
    if len(arns) > MOST:
        raise parameter(f"Cannot reference more than {MOST} layers.")
    return [_one(call, arn) for arn in arns]


def _one(call: Call, arn: str) -> Layer:
    name, version = parse(arn)
    row = call.tx.one(
        "SELECT folder, config ->> '$.Content.CodeSize' FROM lambda_layers"
        " WHERE name=? AND version=? AND config IS NOT NULL",
        (name, version),
    )
    if row is None and arn.startswith("arn:") and parse_arn(arn).account != call.account:
        # Somebody else's, which cannot be had: its name is kept.
        return Layer(arn, "", 0)
    if row is None:
        raise parameter(
            f"Layer version {arn} does not exist. Only layers of this engine can be used: declare "
            "it as AWS::Serverless::LayerVersion, or publish it with PublishLayerVersion."
        )
    return Layer(arn, row[0], row[1])


def adopt(call: Call, arn: str, folder: Path) -> None:
    """Have a folder stand for a layer version of another account."""
    name, version = parse(arn)
    config = {"Content": {"CodeSha256": "", "CodeSize": 0}, "LayerVersionArn": arn}
    call.tx.execute(
        "INSERT OR REPLACE INTO lambda_layers VALUES(?,?,?,?)",
        (name, version, json.dumps(config), str(folder)),
    )


def publish(call: Call, name: str, given: Mapping[str, Any], package: Code) -> dict[str, Any]:
    """The next version of a layer, as the API returns it."""
    name = parse(name)[0]
    newest = call.tx.one("SELECT max(version) FROM lambda_layers WHERE name=?", (name,))
    version = 1 + ((newest[0] if newest else None) or 0)
    arn = layer_arn(call, name)
    config: dict[str, Any] = {
        "Content": {"CodeSha256": package.sha256, "CodeSize": package.size},
        "LayerArn": arn,
        "LayerVersionArn": f"{arn}:{version}",
        "Description": given.get("Description") or "",
        "CreatedDate": iso_millis(call.now).replace("Z", "+0000"),
        "Version": version,
    }
    for member in ("CompatibleArchitectures", "CompatibleRuntimes", "LicenseInfo"):
        if given.get(member):
            config[member] = given[member]
    call.tx.execute(
        "INSERT INTO lambda_layers VALUES(?,?,?,?)",
        (name, version, json.dumps(config), package.folder),
    )
    return shape(call, config, package.folder)


def shape(call: Call, config: dict[str, Any], folder: str) -> dict[str, Any]:
    """A version as the API returns it, with the place of its package."""
    return config | {"Content": config["Content"] | {"Location": location(call, folder)}}


def delete(call: Call, name: str, version: int) -> None:
    """Delete a version; functions that use it keep it, and its number is not used again."""
    call.tx.execute(
        "UPDATE lambda_layers SET config=NULL WHERE name=? AND version=?",
        (parse(name)[0], version),
    )
    arn = f"{layer_arn(call, parse(name)[0])}:{version}"
    call.tx.execute("DELETE FROM lambda_layer_policies WHERE layer=?", (arn,))


def get(call: Call, name: str, version: int | None) -> dict[str, Any]:
    """A version as the API returns it. Raises NotFound."""
    row = call.tx.one(
        "SELECT config, folder FROM lambda_layers WHERE name=? AND version=?", (name, version)
    )
    if row is None or row[0] is None:
        raise missing("The resource you requested does not exist.")
    return shape(call, json.loads(row[0]), row[1])
