"""Amazon EventBridge Pipes: from a source over filter and enrichment to a target.

What a pipe is stands here; deliver runs it.
"""

from eventmill.services.contract import Service
from eventmill.services.pipes.operations import OPERATIONS
from eventmill.services.pipes.pipes import KEY, Pipe, ids, running, set_reason
from eventmill.services.pipes.resources import RESOURCES
from eventmill.services.pipes.schema import SCHEMA
from eventmill.services.pipes.settings import BATCH_SIZES, SELF_MANAGED, kind_of

__all__ = [
    "BATCH_SIZES",
    "KEY",
    "SELF_MANAGED",
    "SERVICE",
    "Pipe",
    "ids",
    "kind_of",
    "running",
    "set_reason",
]

SERVICE = Service("pipes", OPERATIONS.by_name, SCHEMA, RESOURCES)
