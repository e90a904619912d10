"""Amazon SNS: standard and FIFO topics, filter policies, queues and functions as subscribers.

Below the service's declaration stand the functions that deliver uses.
"""

from eventmill.services.contract import Service
from eventmill.services.sns import publishing, subscriptions
from eventmill.services.sns.publishing import DELIVERY, envelope, event, publish, raw_text
from eventmill.services.sns.resources import RESOURCES
from eventmill.services.sns.schema import SCHEMA
from eventmill.services.sns.subscriptions import Subscription
from eventmill.services.sns.subscriptions import find as find_subscription
from eventmill.services.sns.topics import OPERATIONS
from eventmill.services.sns.topics import find as find_topic

__all__ = [
    "DELIVERY",
    "SERVICE",
    "Subscription",
    "envelope",
    "event",
    "find_subscription",
    "find_topic",
    "publish",
    "raw_text",
]

# Importing these registers their operations.
_OPERATION_MODULES = (publishing, subscriptions)

SERVICE = Service("sns", OPERATIONS.by_name, SCHEMA, RESOURCES)
