"""AWS Lambda: functions, their policies, event source mappings and asynchronous events.

Running them is invoke's, carrying events to them is deliver's.
"""

from eventmill.services.contract import Service
from eventmill.services.lambda_ import events, functions, invocation, layers, mappings, policies
from eventmill.services.lambda_.operations import OPERATIONS
from eventmill.services.lambda_.resources import RESOURCES
from eventmill.services.lambda_.schema import SCHEMA

__all__ = [
    "SERVICE",
    "events",
    "functions",
    "invocation",
    "layers",
    "mappings",
    "policies",
]

SERVICE = Service("lambda", OPERATIONS.by_name, SCHEMA, RESOURCES)
