"""AWS integrations: a function where the URI names one, else a service."""

from __future__ import annotations

from eventmill.edge.apis.rest.answers import Answer
from eventmill.edge.apis.rest.integrations.function import MappedFunction
from eventmill.edge.apis.rest.integrations.service import ServiceCall
from eventmill.edge.apis.rest.request import Request


class AwsIntegration:
    """Chooses between the two."""

    def __init__(self, function: MappedFunction, service: ServiceCall) -> None:
        self._function = function
        self._service = service

    async def __call__(self, request: Request) -> Answer:
        """Raises Failed."""
        assert request.method is not None
        names_function = request.method.integration.function is not None
        chosen = self._function if names_function else self._service
        return await chosen(request)
