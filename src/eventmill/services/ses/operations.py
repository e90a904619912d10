"""The operations of both versions of the API."""

from eventmill.services.contract import Operations

OPERATIONS = Operations()
"""Of `ses`."""
V2 = Operations()
"""Of `sesv2`."""
