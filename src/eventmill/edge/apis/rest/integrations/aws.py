"""AWS integrations: a function where the URI names one, else a service."""

from __future__ import annotations

from eventmill.edge.apis.rest.answers import Answer
from eventmill.edge.apis.rest.integrations.function import MappedFunction
from eventmill.edge.apis.rest.integrations.service import ServiceCall
from eventmill.edge.apis.rest.request import Request
from eventmill.edge.apis.rest.variables import with_stage_variables
from eventmill.services.apigateway import function_of


class AwsIntegration:
    """Chooses between the two."""

    def __init__(self, function: MappedFunction, service: ServiceCall) -> None:
        self._function = function
        self._service = service

    async def __call__(self, request: Request) -> Answer:
        """Raises Failed."""
        assert request.method is not None
        uri = with_stage_variables(request.method.integration.uri, request.stage.variables)
        chosen = self._service if function_of(uri) is None else self._function
        return await chosen(request)
