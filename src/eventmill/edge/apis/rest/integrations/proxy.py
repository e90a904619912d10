"""Lambda proxy integrations."""

from __future__ import annotations

import orjson

from eventmill.edge.apis.rest.answers import Answer, proxied
from eventmill.edge.apis.rest.events import proxy_event
from eventmill.edge.apis.rest.failures import internal
from eventmill.edge.apis.rest.functions import Functions
from eventmill.edge.apis.rest.request import Request
from eventmill.edge.apis.rest.variables import with_stage_variables


class LambdaProxy:
    """Gives the whole request to a function, whose answer is the client's."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions

    async def __call__(self, request: Request) -> Answer:
        """The function's answer. Raises Failed."""
        method = request.method
        assert method is not None
        integration = method.integration
        if integration.method != "POST":
            # Lambda's Invoke is a POST; API Gateway passes on whatever verb the integration says.
            raise internal()
        invocation = self._functions.invocation(
            request,
            with_stage_variables(integration.uri, request.stage.variables),
            request.arn(request.verb, method.resource_path),
            orjson.dumps(proxy_event(request)),
            role=bool(integration.credentials),
        )
        outcome = await self._functions.run(invocation, integration.timeout)
        if outcome.failed:
            raise internal(502)
        return proxied(request, outcome.payload)
