"""AWS Secrets Manager: secrets with versions and staging labels; rotation is recorded.

Below the service's declaration stand the functions that deliver and the upkeep use.
"""

from eventmill.services.contract import Service
from eventmill.services.secretsmanager import records
from eventmill.services.secretsmanager.operations import OPERATIONS
from eventmill.services.secretsmanager.resources import RESOURCES
from eventmill.services.secretsmanager.schema import SCHEMA
from eventmill.services.secretsmanager.store import DELETIONS_KEY, current_text, purge

__all__ = ["DELETIONS_KEY", "SERVICE", "current_text", "purge"]

# Importing it registers its operations.
_OPERATION_MODULES = (records,)

SERVICE = Service("secretsmanager", OPERATIONS.by_name, SCHEMA, RESOURCES)
