"""Elastic Load Balancing: application load balancers. Edge serves their listeners."""

from eventmill.services.contract import Service
from eventmill.services.elbv2 import (
    actions,
    attributes,
    balancers,
    conditions,
    events,
    groups,
    health,
    listeners,
    records,
    rules,
    settings,
    targets,
)
from eventmill.services.elbv2.records import KEY, OPERATIONS
from eventmill.services.elbv2.resources import RESOURCES
from eventmill.services.elbv2.schema import SCHEMA

# Importing these registers their operations.
_OPERATION_MODULES = (balancers, groups, listeners, rules, settings, targets)

SERVICE = Service("elbv2", OPERATIONS.by_name, SCHEMA, RESOURCES)

__all__ = [
    "KEY",
    "SERVICE",
    "actions",
    "attributes",
    "balancers",
    "conditions",
    "events",
    "groups",
    "health",
    "listeners",
    "records",
    "rules",
    "targets",
]
