"""Amazon CloudWatch Logs: groups, streams, events, and filters on them.

Below the service's declaration stand the functions that deliver uses.
"""

from eventmill.services.contract import Service
from eventmill.services.logs import events, metric_filters, policies, subscriptions, tags
from eventmill.services.logs.events import newest, put_lines
from eventmill.services.logs.groups import OPERATIONS, exists, expire, name_of
from eventmill.services.logs.metric_filters import samples
from eventmill.services.logs.policies import why_not
from eventmill.services.logs.resources import RESOURCES
from eventmill.services.logs.schema import SCHEMA
from eventmill.services.logs.subscriptions import SUBSCRIPTION, asker

__all__ = [
    "SERVICE",
    "SUBSCRIPTION",
    "asker",
    "exists",
    "expire",
    "name_of",
    "newest",
    "put_lines",
    "samples",
    "why_not",
]

# Importing these registers their operations.
_OPERATION_MODULES = (events, metric_filters, policies, subscriptions, tags)

SERVICE = Service("logs", OPERATIONS.by_name, SCHEMA, RESOURCES)
