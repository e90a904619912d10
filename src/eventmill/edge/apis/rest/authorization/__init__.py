"""Who may call a method: its API's policy, and its authorization type."""

from eventmill.edge.apis.rest.authorization.gate import AuthorizationGate

__all__ = ["AuthorizationGate"]
