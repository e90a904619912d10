"""What answers the routes of WebSocket APIs, with mapping templates where they are not proxies.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integrations.html
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from eventmill.edge.apis.context import value_at
from eventmill.edge.apis.functions import Functions
from eventmill.edge.apis.mapping import Input, render
from eventmill.edge.apis.model import Integration, Route, Stage
from eventmill.edge.apis.parameters import select, text
from eventmill.edge.apis.service_calls import ServiceCalls, ServiceRequest
from eventmill.edge.payloads import returned
from eventmill.kernel.http import HttpCall, HttpFailed
from eventmill.kernel.ports import HttpSender
from eventmill.services.apigateway import target_of
from eventmill.velocity import VelocityError

_FORM = "application/x-www-form-urlencoded"
_STATUS = re.compile(r"""["']?statusCode["']?\s*:\s*["']?(\d{3})["']?""")


class Failed(Exception):
    """The integration gave no answer: the client is told `Internal server error`."""


class Reply(NamedTuple):
    """An integration's answer. `headers` have lower-case names; `body` is None for none."""

    status: int
    body: bytes | None
    headers: Mapping[str, str]


class SocketIntegrations:
    """Each kind of integration by its type."""

    def __init__(self, functions: Functions, http: HttpSender, services: ServiceCalls) -> None:
        self._functions = functions
        self._http = http
        self._services = services

    async def reply(self, stage: Stage, route: Route, event: dict[str, Any]) -> Reply:
        """Raises Failed, Refused, ConcurrencyExceeded, TimeoutError."""
        integration = route.integration
        if integration is None:
            return Reply(200, None, {})
        if integration.kind == "AWS_PROXY":
            return _proxied(await self._run(stage, route, integration, orjson.dumps(event)))
        body = _message(integration, event)
        if integration.kind == "HTTP_PROXY":
            return await self._web(integration, event, body)
        body = _mapped(stage, integration, event, body)
        if integration.kind == "HTTP":
            answer = await self._web(integration, event, body)
            return _answered(stage, integration, event, str(answer.status), answer.body or b"")
        if integration.kind == "MOCK":
            found = _STATUS.search(body.decode("utf-8", "replace"))
            return _answered(stage, integration, event, found.group(1) if found else "200", b"")
        if integration.function:
            said = await self._run(stage, route, integration, body or b"null")
            return _answered(stage, integration, event, "200", said)
        return _answered(stage, integration, event, *await self._service(integration, event, body))

    async def _run(
        self, stage: Stage, route: Route, integration: Integration, payload: bytes
    ) -> bytes:
        outcome = await self._functions.run(
            integration.function,
            payload,
            self._functions.arn(stage.api, f"{stage.name}/{route.key}"),
            integration.timeout,
            role=integration.role,
        )
        if outcome.failed and integration.kind == "AWS_PROXY":
            said = outcome.payload.decode("utf-8", "replace")
            raise Failed(f"The Lambda function failed: {said}")
        return outcome.payload

    async def _web(self, integration: Integration, event: Mapping[str, Any], body: bytes) -> Reply:
        context = event["requestContext"]
        headers = [("content-type", "application/json"), ("connectionid", context["connectionId"])]
        headers += _parameters("header", integration, event).items()
        method = integration.method if integration.method not in ("", "ANY") else "POST"
        call = HttpCall(method, integration.uri, headers, body, integration.timeout)
        try:
            answer = await self._http.send(call)
        except HttpFailed as failed:
            raise Failed(str(failed)) from None
        return Reply(answer.status, answer.body, {})

    async def _service(
        self, integration: Integration, event: Mapping[str, Any], body: bytes
    ) -> tuple[str, bytes]:
        """An operation of AWS's API: `…:sqs:action/SendMessage`, or a queue's path with a form.

        Raises Failed, TimeoutError.
        """
        target = target_of(integration.uri)
        if target is None:
            raise Failed(f"{integration.uri} names neither path nor action of a service")
        headers = _parameters("header", integration, event)
        if not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = _FORM if body.startswith(b"Action=") else "application/json"
        query = _parameters("querystring", integration, event)
        sent = ServiceRequest(headers, query, _parameters("path", integration, event), body)
        verb = integration.method if integration.method not in ("", "ANY") else "POST"
        try:
            answer = await asyncio.wait_for(
                self._services.call(target, verb, sent), integration.timeout
            )
        except LookupError as error:
            raise Failed(str(error)) from None
        return str(answer.status), answer.body


def _message(integration: Integration, event: Mapping[str, Any]) -> bytes:
    """What the client sent. Raises Failed when it should be base64 and is not."""
    body = (event.get("body") or "").encode()
    if not integration.decoded:
        return body
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        raise Failed("the message is no base64, as CONVERT_TO_BINARY asks for") from None


def _as_text(body: bytes) -> bytes:
    """Base64 of a body that is no text."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return base64.b64encode(body)
    return body


def _proxied(payload: bytes) -> Reply:
    """Raises Failed."""
    answer = returned(payload)
    if not isinstance(answer, dict):
        raise Failed("the function returned no object")
    try:
        status = int(answer.get("statusCode", 200))
        headers = {str(k).lower(): str(v) for k, v in (answer.get("headers") or {}).items()}
    except (TypeError, ValueError, AttributeError):
        raise Failed("the function's answer has no form of a proxy's") from None
    body = answer.get("body")
    if body is None:
        return Reply(status, None, headers)
    data = body.encode() if isinstance(body, str) else orjson.dumps(body)
    return Reply(status, data, headers)


def _parameter(expression: str, event: Mapping[str, Any]) -> str:
    """`route.request.body.x`, `context.x`, `stageVariables.x` or a `'static'` text."""
    if expression.startswith("'"):
        return expression.strip("'")
    source, _, rest = expression.partition(".")
    if source == "context":
        return text(value_at(event["requestContext"], rest))
    if source == "stageVariables":
        return str((event.get("stageVariables") or {}).get(rest, ""))
    kind, _, name = rest.removeprefix("request.").partition(".")
    if kind == "body":
        return str(select((event.get("body") or "").encode(), name) or "")
    named = {"header": "headers", "querystring": "queryStringParameters"}.get(kind, "")
    return str((event.get(named) or {}).get(name, ""))


def _parameters(place: str, integration: Integration, event: Mapping[str, Any]) -> dict[str, str]:
    """What the integration's parameters put there: `header`, `querystring` or `path`."""
    prefix = f"integration.request.{place}."
    return {
        name.removeprefix(prefix): _parameter(value, event)
        for name, value in integration.request.items()
        if name.startswith(prefix)
    }


def _mapped(stage: Stage, integration: Integration, event: Mapping[str, Any], body: bytes) -> bytes:
    """The integration's request: its template over the message, or the message itself."""
    templates = integration.templates
    key = _selected(integration.template_selection, event)
    template = templates.get(key, templates.get("$default"))
    if template is None and len(templates) == 1 and not integration.template_selection:
        (template,) = templates.values()
    if template is None:
        if integration.passthrough == "NEVER" or (
            integration.passthrough == "WHEN_NO_TEMPLATES" and templates
        ):
            raise Failed("no template is for this message")
        return body
    return _rendered(stage, template, event, body)


def _selected(expression: str, event: Mapping[str, Any]) -> str:
    if not expression.startswith(("$request.body.", "${request.body.")):
        return expression.replace("\\", "")
    path = expression.strip("${}").removeprefix("request.body.")
    return str(select((event.get("body") or "").encode(), path))


def _rendered(stage: Stage, template: str, event: Mapping[str, Any], body: bytes) -> bytes:
    parameters = {
        "querystring": event.get("queryStringParameters") or {},
        "header": event.get("headers") or {},
    }
    given = Input(body.decode("utf-8", "replace"), parameters)
    context = dict(event["requestContext"])
    try:
        return render(template, given, context, stage.variables).encode()
    except VelocityError as error:
        raise Failed(str(error)) from None


def _answered(
    stage: Stage, integration: Integration, event: Mapping[str, Any], status: str, body: bytes
) -> Reply:
    """The integration response whose key is the status' or the error's; `$default` otherwise."""
    error = select(body, "errorMessage") if integration.function else None
    chosen: Mapping[str, Any] | None = None
    for entry in integration.responses:
        key = entry["IntegrationResponseKey"]
        if key == "$default":
            chosen = chosen or entry
        elif key.startswith("/") and re.search(key.strip("/"), str(error or status)):
            chosen = entry
            break
    if integration.function and error is not None and chosen is None:
        raise Failed(str(error))
    if (chosen or {}).get("ContentHandlingStrategy") == "CONVERT_TO_TEXT":
        body = _as_text(body)
    templates = (chosen or {}).get("ResponseTemplates") or {}
    selection = ((chosen or {}).get("TemplateSelectionExpression") or "").replace("\\", "")
    template = templates.get(selection, templates.get("$default"))
    if template is None and len(templates) == 1:
        (template,) = templates.values()
    said = body if template is None else _rendered(stage, template, event, body)
    return Reply(int(status), said or None, {})
