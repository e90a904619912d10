"""Amazon EventBridge: buses, rules with patterns and schedules, targets.

Below the service's declaration stand the functions that deliver uses.
"""

from eventmill.patterns.templates import NotShapable
from eventmill.services.contract import Service
from eventmill.services.events import connections, destinations, putting, replays, rules, targets
from eventmill.services.events.archives import expire
from eventmill.services.events.buses import DEFAULT, OPERATIONS, exists, name_of, reached
from eventmill.services.events.connections import Connection
from eventmill.services.events.destinations import Destination
from eventmill.services.events.destinations import by_arn as find_destination
from eventmill.services.events.putting import put
from eventmill.services.events.resources import RESOURCES
from eventmill.services.events.routing import HTTP_TARGET, TARGET, Routed, route
from eventmill.services.events.rules import SCHEDULES_KEY, rule_arn
from eventmill.services.events.schedules import fire, next_due, resume
from eventmill.services.events.schema import SCHEMA
from eventmill.services.events.targets import find as find_target
from eventmill.services.events.transform import shape

__all__ = [
    "DEFAULT",
    "HTTP_TARGET",
    "SCHEDULES_KEY",
    "SERVICE",
    "TARGET",
    "Connection",
    "Destination",
    "NotShapable",
    "Routed",
    "exists",
    "expire",
    "find_destination",
    "find_target",
    "fire",
    "name_of",
    "next_due",
    "put",
    "reached",
    "replays",
    "resume",
    "route",
    "rule_arn",
    "shape",
]

# Importing these registers their operations.
_OPERATION_MODULES = (connections, destinations, putting, rules, targets)

SERVICE = Service("events", OPERATIONS.by_name, SCHEMA, RESOURCES)
