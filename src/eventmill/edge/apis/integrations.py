"""What answers the routes of HTTP APIs: functions, other HTTP servers, and services of AWS.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import orjson

from eventmill.edge.admission import Refused
from eventmill.edge.apis import events, responses
from eventmill.edge.apis.functions import Functions
from eventmill.edge.apis.model import Integration
from eventmill.edge.apis.parameters import Outgoing, change_request, of_request, text, value_of
from eventmill.edge.apis.responses import Answer, Stopped
from eventmill.kernel.errors import Fault
from eventmill.kernel.functions import ConcurrencyExceeded
from eventmill.kernel.http import HttpCall, HttpFailed
from eventmill.kernel.ports import ApiCaller, HttpSender, Ports

Listeners = Callable[[str], str | None]
"""The address of a load balancer's listener of this machine by its ARN; None for others'."""

_NOT_SENT = frozenset(
    ("host", "content-length", "connection", "keep-alive", "transfer-encoding", "upgrade")
)
_NOT_RETURNED = frozenset(
    ("content-length", "connection", "keep-alive", "transfer-encoding", "date", "server")
)
_JSON = (b"content-type", b"application/json")


class Integrations:
    """Each kind of integration by its type."""

    def __init__(self, functions: Functions, ports: Ports, listeners: Listeners) -> None:
        self._functions = functions
        self._listeners = listeners
        self._http: HttpSender = ports.http
        self._api: ApiCaller = ports.api

    async def answer(self, request: events.Request) -> Answer:
        """The integration's answer. Raises Stopped."""
        integration = request.route.integration
        if integration is None:
            raise Stopped(500)
        if integration.subtype:
            return await self._service(request, integration)
        if integration.kind == "HTTP_PROXY":
            return await self._web(request, integration)
        return await self._function(request, integration)

    async def _function(self, request: events.Request, integration: Integration) -> Answer:
        stage = request.stage
        method, _, path = request.route.key.partition(" ")
        # Permissions name the route, not the path that was called, and SAM's no slash at its end.
        path = path[:1] + path[1:].removesuffix("/")
        rest = f"{request.method if method != 'ANY' else '*'}{path}" if path else method
        try:
            outcome = await self._functions.run(
                integration.function,
                orjson.dumps(events.payload(request)),
                self._functions.arn(stage.api, f"{stage.name}/{rest}"),
                integration.timeout,
                role=integration.role,
                trace=request.headers.get("x-amzn-trace-id"),
            )
        except TimeoutError:
            raise Stopped(503, "The function did not answer in time") from None
        except ConcurrencyExceeded as error:
            raise Stopped(503, str(error)) from None
        except Refused as refused:
            raise Stopped(500, str(refused)) from None
        if outcome.failed:
            said = outcome.payload.decode("utf-8", "replace")
            raise Stopped(500, f"The Lambda function failed: {said}")
        return responses.answer_of(outcome.payload, integration.version)

    async def _web(self, request: events.Request, integration: Integration) -> Answer:
        sent = change_request(
            integration.request,
            Outgoing(
                None,
                list(request.pairs),
                [
                    entry
                    for entry in request.lines
                    if entry[0] not in _NOT_SENT and entry[0] != "x-amzn-trace-id"
                ],
            ),
            of_request(request),
        )
        method = integration.method or "ANY"
        uri = integration.uri
        if uri.startswith("arn:"):
            # A private integration: to a load balancer's listener, below which the path is kept.
            found = self._listeners(uri)
            if found is None:
                raise Stopped(503)
            uri = found + request.raw_path
        call = HttpCall(
            request.method if method == "ANY" else method,
            _address(uri, request, sent),
            sent.headers,
            request.body,
            integration.timeout,
        )
        try:
            answer = await self._http.send(call)
        except HttpFailed as failed:
            raise Stopped(504 if failed.timed_out else 503) from None
        headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
            for name, value in answer.headers
            if name.lower() not in _NOT_RETURNED
        ]
        return answer.status, headers, answer.body

    async def _service(self, request: events.Request, integration: Integration) -> Answer:
        """A first-class integration: the service's result as JSON, its error with its status.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html
        """
        lookup = of_request(request)
        given = {
            name: value
            for name, expression in integration.request.items()
            if (value := value_of(str(expression), lookup)) is not None
        }
        service, operation, params = _operation(integration.subtype, given)
        try:
            result = await self._api.call_json(service, operation, orjson.dumps(params).decode())
        except Fault as fault:
            status = fault.status or fault.default_status
            body = {"__type": fault.code, "message": fault.message}
            return status, [_JSON], orjson.dumps(body)
        return 200, [_JSON], orjson.dumps(result, default=str)


def _address(uri: str, request: events.Request, sent: Outgoing) -> str:
    """The server's URL with path variables, the path that was set, and the query."""
    for name, value in request.labels.items():
        uri = uri.replace(f"{{{name}}}", value).replace(f"{{{name}+}}", value)
    scheme, netloc, path, query, _ = urlsplit(uri)
    if sent.path is not None:
        path = quote(sent.path if sent.path.startswith("/") else f"/{sent.path}", safe="/%:@+,;=~")
    query = "&".join(part for part in (query, urlencode(sent.pairs)) if part)
    return urlunsplit((scheme, netloc, path, query, ""))


def _operation(subtype: str, given: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """(service, operation, its request) of a first-class integration."""
    name, _, operation = subtype.partition("-")
    service = {"EventBridge": "events"}.get(name, name.lower())
    params = {key: value for key, value in given.items() if key != "Region"}
    if operation == "PutEvents":
        if "Detail" in params:
            params["Detail"] = text(params["Detail"])
        if "Resources" in params:
            params["Resources"] = _structure(params["Resources"])
        return service, operation, {"Entries": [params]}
    for key in (
        "MessageAttributes",
        "MessageSystemAttributes",
        "AttributeNames",
        "MessageAttributeNames",
        "MessageSystemAttributeNames",
    ):
        if key in params:
            params[key] = _structure(params[key])
    for key in ("DelaySeconds", "MaxNumberOfMessages", "VisibilityTimeout", "WaitTimeSeconds"):
        if key in params:
            params[key] = int(params[key])
    for key in ("MessageBody", "PartitionKey"):
        if key in params:
            params[key] = text(params[key])
    return service, operation, params


def _structure(value: Any) -> Any:
    """A list or map that the request's parameter holds as JSON."""
    try:
        return orjson.loads(value) if isinstance(value, str) else value
    except orjson.JSONDecodeError:
        return [value]
