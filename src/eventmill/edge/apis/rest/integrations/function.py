"""Lambda integrations with mapping templates.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-custom-integrations.html
"""

from __future__ import annotations

import orjson

from eventmill.edge.apis.rest.answers import Answer
from eventmill.edge.apis.rest.failures import Failed, internal
from eventmill.edge.apis.rest.functions import Functions
from eventmill.edge.apis.rest.incoming import Incoming, answered
from eventmill.edge.apis.rest.outgoing import TENANT, Outgoing, outgoing
from eventmill.edge.apis.rest.request import Request
from eventmill.edge.payloads import returned
from eventmill.kernel.errors import Fault
from eventmill.kernel.functions import Invocation
from eventmill.kernel.ports import ApiCaller


class MappedFunction:
    """Gives a function what the template made of the request."""

    def __init__(self, functions: Functions, api: ApiCaller) -> None:
        self._functions = functions
        self._api = api

    async def __call__(self, request: Request) -> Answer:
        """The answer that is set up for the function's outcome. Raises Failed."""
        method = request.method
        assert method is not None
        integration = method.integration
        if integration.method != "POST":
            raise internal("Lambda is invoked with POST, set integrationHttpMethod to it")
        sent = outgoing(request, integration)
        invocation = self._functions.invocation(
            request,
            integration,
            request.arn(request.verb, method.resource_path),
            _payload(sent),
            sent.header(TENANT),
        )
        if (sent.header("X-Amz-Invocation-Type") or "RequestResponse") != "RequestResponse":
            return answered(request, method, sent, await self._later(invocation, sent))
        outcome = await self._functions.run(invocation, integration.timeout)
        request.called.status = 200
        said: str | None = None
        if outcome.failed:
            error = returned(outcome.payload)
            said = str(error.get("errorMessage") or "") if isinstance(error, dict) else ""
        return answered(request, method, sent, Incoming(said, [], outcome.payload))

    async def _later(self, invocation: Invocation, sent: Outgoing) -> Incoming:
        """`Event` puts the call into Lambda's own queue, `DryRun` only checks it."""
        try:
            result = await self._api.call(
                "lambda",
                "Invoke",
                {
                    "FunctionName": invocation.invoked_arn,
                    "InvocationType": sent.header("X-Amz-Invocation-Type"),
                    "Payload": invocation.payload,
                }
                | ({"TenantId": tenant} if (tenant := invocation.spec.tenant) else {}),
            )
        except Fault as fault:
            return Incoming(str(fault.status or fault.default_status), [], fault.message.encode())
        return Incoming(str(result.get("StatusCode", 202)), [], b"")


def _payload(sent: Outgoing) -> bytes:
    """What the function gets: JSON, an empty object for an empty body."""
    body = sent.body.strip() or b"{}"
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError as error:
        message = f"Could not parse request body into json: {error}"
        raise Failed("BAD_REQUEST_BODY", message, 400) from None
    return body
