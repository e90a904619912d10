"""Amazon EventBridge: buses, rules with patterns and schedules, targets.

Below the service's declaration stand the functions that deliver uses.
"""

from eventmill.services.contract import Service
from eventmill.services.events import putting, rules, targets
from eventmill.services.events.buses import DEFAULT, OPERATIONS, exists, name_of
from eventmill.services.events.putting import put
from eventmill.services.events.resources import RESOURCES
from eventmill.services.events.routing import TARGET, Routed, route
from eventmill.services.events.rules import SCHEDULES_KEY, rule_arn
from eventmill.services.events.schedules import fire, next_due, resume
from eventmill.services.events.schema import SCHEMA
from eventmill.services.events.targets import find as find_target
from eventmill.services.events.transform import NotShapable, shape

__all__ = [
    "DEFAULT",
    "SCHEDULES_KEY",
    "SERVICE",
    "TARGET",
    "NotShapable",
    "Routed",
    "exists",
    "find_target",
    "fire",
    "name_of",
    "next_due",
    "put",
    "resume",
    "route",
    "rule_arn",
    "shape",
]

# Importing these registers their operations.
_OPERATION_MODULES = (putting, rules, targets)

SERVICE = Service("events", OPERATIONS.by_name, SCHEMA, RESOURCES)
