"""Amazon CloudWatch Logs: groups, streams and events."""

from eventmill.services.contract import Service
from eventmill.services.logs.operations import OPERATIONS, exists, expire, put_lines
from eventmill.services.logs.resources import RESOURCES
from eventmill.services.logs.schema import SCHEMA

__all__ = ["SERVICE", "exists", "expire", "put_lines"]

SERVICE = Service("logs", OPERATIONS.by_name, SCHEMA, RESOURCES)
