"""Amazon EC2, its networking alone and as records: functions and load balancers need no network."""

from __future__ import annotations

from eventmill.services.contract import Service
from eventmill.services.ec2.kinds import KINDS, TABLE
from eventmill.services.ec2.operations import OPERATIONS
from eventmill.services.records import resource_types, schema

__all__ = ["SERVICE"]

SERVICE = Service("ec2", OPERATIONS.by_name, (schema(TABLE),), resource_types(KINDS, TABLE))
