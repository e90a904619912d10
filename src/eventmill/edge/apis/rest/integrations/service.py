"""AWS service integrations: the method's request becomes a call of a service's API."""

from __future__ import annotations

import asyncio

from eventmill.edge.apis.rest.answers import Answer
from eventmill.edge.apis.rest.binary import is_binary
from eventmill.edge.apis.rest.failures import Failed, internal
from eventmill.edge.apis.rest.incoming import Incoming, answered
from eventmill.edge.apis.rest.outgoing import outgoing
from eventmill.edge.apis.rest.request import Request
from eventmill.edge.apis.service_calls import ServiceCalls


class ServiceCall:
    """What stands behind a method of type AWS that is no function's."""

    def __init__(self, services: ServiceCalls) -> None:
        self._services = services

    async def __call__(self, request: Request) -> Answer:
        """The answer that is set up for the service's. Raises Failed."""
        method = request.method
        assert method is not None
        integration = method.integration
        target = integration.target
        if target is None:
            raise internal(f"{integration.uri} names neither path nor action of a service")
        sent = outgoing(request, integration)
        verb = request.verb if integration.method == "ANY" else integration.method
        try:
            status, headers, body = await asyncio.wait_for(
                self._services.call(target, verb, sent), integration.timeout
            )
        except TimeoutError:
            raise Failed("INTEGRATION_TIMEOUT", "Endpoint request timed out") from None
        except LookupError as error:
            raise internal(str(error)) from None
        request.called.status = status
        kind = next((value for name, value in headers if name == "content-type"), "")
        text = not is_binary(request.stage.binary, kind)
        return answered(request, method, sent, Incoming(str(status), headers, body, text))
