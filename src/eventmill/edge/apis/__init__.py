"""Serves the applications' own HTTP and WebSocket APIs below `/_aws/execute-api/<api id>/`."""

from eventmill.edge.apis.front import ApiFront
from eventmill.edge.apis.sockets import OpenConnections

__all__ = ["ApiFront", "OpenConnections"]
