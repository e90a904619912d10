"""AWS Systems Manager, of which only Parameter Store is here."""

from eventmill.services.contract import Service
from eventmill.services.ssm import records
from eventmill.services.ssm.operations import OPERATIONS
from eventmill.services.ssm.resources import RESOURCES
from eventmill.services.ssm.schema import SCHEMA

__all__ = ["SERVICE"]

# Importing it registers its operations.
_OPERATION_MODULES = (records,)

SERVICE = Service("ssm", OPERATIONS.by_name, SCHEMA, RESOURCES)
