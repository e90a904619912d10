"""HTTP integrations, with mapping and as proxies.

https://docs.aws.amazon.com/apigateway/latest/developerguide/setup-http-integrations.html
"""

from __future__ import annotations

from urllib.parse import urlencode

from eventmill.edge.apis.rest.answers import Answer, remapped
from eventmill.edge.apis.rest.binary import as_text, is_binary
from eventmill.edge.apis.rest.events import forwarded_headers
from eventmill.edge.apis.rest.failures import Failed
from eventmill.edge.apis.rest.incoming import Incoming, answered
from eventmill.edge.apis.rest.model import Integration
from eventmill.edge.apis.rest.outgoing import Outgoing, outgoing
from eventmill.edge.apis.rest.request import Request
from eventmill.kernel.http import HttpAnswer, HttpCall, HttpFailed
from eventmill.kernel.ports import HttpSender

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "date"})
_NOT_SENT = frozenset({"host", "content-length"})


class HttpIntegration:
    """`HTTP`: the request and the answer are mapped."""

    def __init__(self, http: HttpSender) -> None:
        self._http = http

    async def __call__(self, request: Request) -> Answer:
        """The answer that is set up for the server's. Raises Failed."""
        method = request.method
        assert method is not None
        sent = outgoing(request, method.integration)
        headers = list(sent.headers.items())
        answer = await _sent(self._http, request, method.integration, sent, headers)
        request.called.status = answer.status
        kind = next((v for name, v in answer.headers if name.lower() == "content-type"), "")
        text = not is_binary(request.stage.binary, kind)
        incoming = Incoming(str(answer.status), list(answer.headers), answer.body, text)
        return answered(request, method, sent, incoming)


class HttpProxy:
    """`HTTP_PROXY`: the request goes to the server as it is, and so does the answer back."""

    def __init__(self, http: HttpSender) -> None:
        self._http = http

    async def __call__(self, request: Request) -> Answer:
        """The server's answer. Raises Failed."""
        method = request.method
        assert method is not None
        sent = outgoing(request, method.integration)
        given = [e for e in forwarded_headers(request) if e[0].lower() not in _NOT_SENT]
        mapped = {
            name: value
            for name, value in sent.headers.items()
            if name != "Content-Type" or "content-type" in request.headers
        }
        replaced = {name.lower() for name in mapped}
        headers = [e for e in given if e[0].lower() not in replaced] + list(mapped.items())
        sent.query = dict(request.pairs) | sent.query
        answer = await _sent(self._http, request, method.integration, sent, headers)
        kept = [entry for entry in answer.headers if entry[0].lower() not in _HOP_BY_HOP]
        kind = next((v for name, v in answer.headers if name.lower() == "content-type"), "")
        packed = any(name.lower() == "content-encoding" for name, _ in answer.headers)
        said = (
            answer.body if packed or is_binary(request.stage.binary, kind) else as_text(answer.body)
        )
        return Answer(answer.status, remapped(kept), said)


async def _sent(
    http: HttpSender,
    request: Request,
    integration: Integration,
    sent: Outgoing,
    headers: list[tuple[str, str]],
) -> HttpAnswer:
    url = integration.uri
    for name, value in sent.path.items():
        url = url.replace(f"{{{name}}}", value)
    if sent.query:
        url += ("&" if "?" in url else "?") + urlencode(sent.query)
    verb = request.verb if integration.method == "ANY" else integration.method
    try:
        return await http.send(HttpCall(verb, url, headers, sent.body, integration.timeout))
    except HttpFailed as failed:
        if failed.timed_out:
            raise Failed("INTEGRATION_TIMEOUT", "Endpoint request timed out") from None
        message = "Network error communicating with endpoint"
        raise Failed("INTEGRATION_FAILURE", message) from None
