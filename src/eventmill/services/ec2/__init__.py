"""Amazon EC2, its networking alone and as records: functions and load balancers need no network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import Call, Created, Resource, ResourceType, Service, Support
from eventmill.services.ec2.kinds import KINDS, Kind
from eventmill.services.ec2.schema import SCHEMA

__all__ = ["SERVICE"]


def _type(kind: Kind) -> ResourceType:
    """The CloudFormation type of a kind: kept as it is declared."""

    def keep(call: Call, number: str, given: Mapping[str, Any]) -> Created:
        call.tx.execute(
            "INSERT INTO ec2_records VALUES(?,?,?,?)"
            " ON CONFLICT(id) DO UPDATE SET config=excluded.config",
            (number, kind.name, json.dumps(dict(given)), call.now),
        )
        return Created(number, kind.attributes(number, given, call.region))

    def create(call: Call, resource: Resource) -> Created:
        number = f"{kind.prefix}-{call.ids.hex(17)}" if kind.prefix else _public(call)
        return keep(call, number, resource.properties)

    def update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
        return keep(call, resource.physical_id or "", resource.properties)

    def delete(call: Call, resource: Resource) -> None:
        call.tx.execute("DELETE FROM ec2_records WHERE id=?", (resource.physical_id,))

    return ResourceType(
        f"AWS::EC2::{kind.name}",
        dict.fromkeys(kind.properties, Support.RECORDED),
        create,
        update,
        delete,
    )


def _public(call: Call) -> str:
    """An address of the block for benchmarks, by which nobody is reached."""
    number = int(call.ids.hex(4), 16)
    return f"198.18.{number >> 8}.{number & 255}"


SERVICE = Service("ec2", {}, SCHEMA, tuple(_type(kind) for kind in KINDS))
