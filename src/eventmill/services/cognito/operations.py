"""Where the operations of the service register themselves."""

from __future__ import annotations

from eventmill.services.contract import Operations

OPERATIONS = Operations()
