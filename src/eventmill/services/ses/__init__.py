"""Amazon SES: a local mailbox for what is sent.

Below the service's declaration stand the functions that deliver and edge use.
"""

from eventmill.services.contract import Operations, Service
from eventmill.services.ses import mailbox
from eventmill.services.ses.schema import SCHEMA

__all__ = ["SERVICE", "mailbox"]

OPERATIONS = Operations()
SERVICE = Service("ses", OPERATIONS.by_name, SCHEMA)
