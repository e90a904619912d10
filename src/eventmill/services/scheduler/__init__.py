"""Amazon EventBridge Scheduler: groups, schedules and what their time brings about.

Below the service's declaration stand the functions that deliver uses.
"""

from eventmill.services.contract import Service
from eventmill.services.scheduler import groups, tags
from eventmill.services.scheduler.firing import CALL, TARGET, Due, fire, next_due, resume
from eventmill.services.scheduler.inputs import filled
from eventmill.services.scheduler.operations import OPERATIONS
from eventmill.services.scheduler.resources import RESOURCES
from eventmill.services.scheduler.schedules import SCHEDULES_KEY
from eventmill.services.scheduler.schema import SCHEMA
from eventmill.services.scheduler.targets import universal

__all__ = [
    "CALL",
    "SCHEDULES_KEY",
    "SERVICE",
    "TARGET",
    "Due",
    "filled",
    "fire",
    "next_due",
    "resume",
    "universal",
]

# Importing these registers their operations.
_OPERATION_MODULES = (groups, tags)

SERVICE = Service("scheduler", OPERATIONS.by_name, SCHEMA, RESOURCES)
