"""AWS IAM: roles and policies as records.

They are kept so that templates and SDKs find what they declared. They decide nothing here: on one
machine with one user every call that is signed with the engine's key is allowed.
"""

from eventmill.services.contract import Service
from eventmill.services.iam.operations import OPERATIONS
from eventmill.services.iam.resources import RESOURCES
from eventmill.services.iam.schema import SCHEMA

__all__ = ["SERVICE"]

SERVICE = Service("iam", OPERATIONS.by_name, SCHEMA, RESOURCES)
