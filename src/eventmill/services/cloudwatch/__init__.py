"""Amazon CloudWatch: metrics by the minute, and alarms that watch them.

Below the service's declaration stand the functions that deliver and observe use.
"""

from eventmill.services.cloudwatch import operations, tags
from eventmill.services.cloudwatch.alarms import KEY
from eventmill.services.cloudwatch.metrics import OPERATIONS
from eventmill.services.cloudwatch.points import add, expire
from eventmill.services.cloudwatch.resources import RESOURCES
from eventmill.services.cloudwatch.schema import SCHEMA
from eventmill.services.cloudwatch.watching import ACTION, Gauge, next_due, watch
from eventmill.services.contract import Service

__all__ = [
    "ACTION",
    "KEY",
    "SERVICE",
    "Gauge",
    "add",
    "expire",
    "next_due",
    "watch",
]

# Importing these registers their operations.
_OPERATION_MODULES = (operations, tags)

SERVICE = Service("cloudwatch", OPERATIONS.by_name, SCHEMA, RESOURCES)
