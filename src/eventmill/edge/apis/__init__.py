"""Serves the applications' own HTTP and WebSocket APIs below `/_aws/execute-api/<api id>/`."""

from eventmill.edge.apis.connections import OpenConnections
from eventmill.edge.apis.front import ApiFront
from eventmill.edge.apis.joined import api_front

__all__ = ["ApiFront", "OpenConnections", "api_front"]
