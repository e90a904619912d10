"""Serves REST APIs: what a stage's deployment says, compiled once, below the APIs' prefix."""

from eventmill.edge.apis.rest.front import RestFront
from eventmill.edge.apis.rest.trial import Trial

__all__ = ["RestFront", "Trial"]
