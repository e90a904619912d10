"""The integration response: which of the method's answers an outcome becomes, and its mapping.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from eventmill.edge.apis.rest.answers import Answer, Headers
from eventmill.edge.apis.rest.binary import as_text, wants_binary
from eventmill.edge.apis.rest.expressions import chosen, common, of_body
from eventmill.edge.apis.rest.failures import internal
from eventmill.edge.apis.rest.model import IntegrationResponse, Method
from eventmill.edge.apis.rest.outgoing import Outgoing, overridden, rendered
from eventmill.edge.apis.rest.request import Request


@dataclass(frozen=True, slots=True)
class Incoming:
    """`outcome` is what selection patterns look at: a status, or a function's error message.

    None for a function that did not fail, which takes the default response.
    """

    outcome: str | None
    headers: Headers
    body: bytes
    text: bool = True
    """Whether the body is text by its nature."""


def answered(request: Request, method: Method, sent: Outgoing, incoming: Incoming) -> Answer:
    """The method's answer. Raises Failed when no response is set up for the outcome."""
    response = _selected(method, incoming)
    if response.status not in method.statuses:
        # A response that the method does not declare is an error of the API's configuration.
        raise internal(f"Output mapping refers to an invalid method response: {response.status}")
    headers = _mapped(request, response, incoming)
    media, template = "application/json", ""
    if response.templates:
        media, template = request.accepted(response.templates)
    if not template:
        # Its type stays JSON, too, unless the response maps the backend's.
        body = _converted(request, response, incoming)
    else:
        body = rendered(request, template, incoming.body, sent.context).encode()
    override = sent.context.get("responseOverride")
    for name, value in overridden(override, "header").items():
        headers = [entry for entry in headers if entry[0].lower() != name.lower()]
        headers.append((name, value))
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", media))
    return Answer(_status(response, override), headers, body)


def _status(response: IntegrationResponse, override: Any) -> int:
    wanted = override.get("status") if isinstance(override, dict) else None
    try:
        status = int(wanted or response.status)
    except (TypeError, ValueError):
        raise internal(f"{wanted} is no status") from None
    return status if 200 <= status <= 599 else response.status


def _selected(method: Method, incoming: Incoming) -> IntegrationResponse:
    responses = method.integration.responses
    if incoming.outcome is not None:
        for response in responses:
            if response.pattern is not None and response.pattern.fullmatch(incoming.outcome):
                return response
    for response in responses:
        if response.pattern is None:
            return response
    raise internal(
        "No match for output mapping and no default output mapping configured. Endpoint Response "
        f"Status Code: {incoming.outcome}"
    )


def _mapped(request: Request, response: IntegrationResponse, incoming: Incoming) -> Headers:
    headers: Headers = []
    for target, expression in response.parameters.items():
        value = _value(request, str(expression), incoming)
        if value is not None and target.startswith("method.response.header."):
            headers.append((target.removeprefix("method.response.header."), value))
    return headers


def _value(request: Request, expression: str, incoming: Incoming) -> str | None:
    if not expression.startswith("integration.response."):
        return common(expression, request)
    place, _, name = expression.removeprefix("integration.response.").partition(".")
    if place == "body":
        return of_body(incoming.body, name)
    return chosen(incoming.headers, name, several=place == "multivalueheader", exact=False)


def _converted(request: Request, response: IntegrationResponse, incoming: Incoming) -> bytes:
    """The body as contentHandling has it."""
    if response.content_handling == "CONVERT_TO_BINARY":
        try:
            return base64.b64decode(incoming.body)
        except binascii.Error as error:
            raise internal(f"The body cannot be converted to binary: {error}") from None
    if incoming.text:
        return as_text(incoming.body)
    wanted = wants_binary(request.stage.binary, request.headers.get("accept", ""))
    if response.content_handling == "CONVERT_TO_TEXT" or not wanted:
        return base64.b64encode(incoming.body)
    return incoming.body
