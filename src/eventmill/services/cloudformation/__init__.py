"""What CloudFormation itself provides, and resources that no service here provides."""

from eventmill.services.cloudformation import elsewhere, outside
from eventmill.services.cloudformation.elsewhere import unlisted
from eventmill.services.cloudformation.outside import CUSTOM, STACK

__all__ = ["CUSTOM", "RESOURCES", "STACK", "unlisted"]

RESOURCES = (*outside.RESOURCES, *elsewhere.RESOURCES)
