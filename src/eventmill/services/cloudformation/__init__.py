"""What CloudFormation itself provides, and resources that no service here provides."""

from eventmill.services.cloudformation import elsewhere, outside
from eventmill.services.cloudformation.elsewhere import ABSENT, NO_EFFECT, unlisted
from eventmill.services.cloudformation.known import aws_types
from eventmill.services.cloudformation.outside import CUSTOM, STACK

__all__ = ["ABSENT", "CUSTOM", "NO_EFFECT", "RESOURCES", "STACK", "aws_types", "unlisted"]

RESOURCES = (*outside.RESOURCES, *elsewhere.RESOURCES)
