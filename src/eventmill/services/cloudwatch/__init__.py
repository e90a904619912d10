"""Amazon CloudWatch: alarms, recorded. No metrics are kept, so none is evaluated."""

from eventmill.services.cloudwatch.operations import OPERATIONS
from eventmill.services.cloudwatch.resources import RESOURCES
from eventmill.services.cloudwatch.schema import SCHEMA
from eventmill.services.contract import Service

__all__ = ["SERVICE"]

SERVICE = Service("cloudwatch", OPERATIONS.by_name, SCHEMA, RESOURCES)
