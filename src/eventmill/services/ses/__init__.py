"""Amazon SES: receiving by receipt rules, sending into a local mailbox.

Below the service's declaration stand the functions that deliver and edge use.
"""

from eventmill.services.contract import Service
from eventmill.services.ses import (
    configuration_sets,
    identities,
    mailbox,
    mime,
    outgoing,
    receiving,
    rule_operations,
    rules,
    sending,
    sending_operations,
    templates,
    v2,
)
from eventmill.services.ses.asking import asker
from eventmill.services.ses.bounces import HOST, bounce
from eventmill.services.ses.operations import OPERATIONS, V2
from eventmill.services.ses.outgoing import EVENT
from eventmill.services.ses.receiving import RECEIPT, Received
from eventmill.services.ses.resources import RESOURCES
from eventmill.services.ses.rules import ACTIVE_KEY, active_set
from eventmill.services.ses.schema import SCHEMA

__all__ = [
    "ACTIVE_KEY",
    "EVENT",
    "HOST",
    "RECEIPT",
    "SERVICE",
    "SERVICE_V2",
    "Received",
    "active_set",
    "asker",
    "bounce",
    "mailbox",
    "mime",
    "outgoing",
    "receiving",
    "rules",
    "sending",
]

# Importing these registers their operations.
_OPERATION_MODULES = (
    configuration_sets,
    identities,
    rule_operations,
    sending_operations,
    templates,
    v2,
)

SERVICE = Service("ses", OPERATIONS.by_name, SCHEMA, RESOURCES)
SERVICE_V2 = Service("sesv2", V2.by_name)
