"""Answers requests to functions' URLs: who may call, what the function gets, what it answers."""

from __future__ import annotations

import re
from collections.abc import Mapping

import orjson

from eventmill.edge.admission import Refused, existing
from eventmill.edge.apis import cors
from eventmill.edge.body import ClientGone, Receive, Scope, Send, read_all
from eventmill.edge.security import Security
from eventmill.edge.urls import answers, events
from eventmill.edge.urls.answers import Answer, Headers
from eventmill.edge.urls.streamed import send_streamed
from eventmill.kernel.clock import Clock
from eventmill.kernel.errors import Fault
from eventmill.kernel.functions import ConcurrencyExceeded, FunctionSpec, Invocation
from eventmill.kernel.ids import Ids
from eventmill.kernel.ports import Invoker
from eventmill.services import lambda_
from eventmill.services.lambda_ import FunctionUrl
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction
from eventmill.wire.http import HttpRequest

PREFIX = "/_aws/lambda-url/"
_HOST = re.compile(r"([a-z0-9]+)\.lambda-url\.")
_BODY_LIMIT = 6_291_456
_HELP = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)
_THROTTLED = answers.refusal(429, "TooManyRequestsException", "Rate Exceeded.")


class UrlFront:
    """All function URLs of the engine."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        invoker: Invoker,
        security: Security,
        account: str,
        region: str,
    ) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._invoker = invoker
        self._security = security
        self._account = account
        self._region = region

    def claims(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        """Paths below the prefix, and hosts of the form `<url id>.lambda-url.…`."""
        return scope["type"] == "http" and (
            str(scope["path"]).startswith(PREFIX)
            or _HOST.match(headers.get("host", "")) is not None
        )

    async def __call__(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        """Answer one request."""
        url_id, path = _place(scope, headers)
        url = self._database.read(lambda tx: lambda_.url_by_id(tx, url_id))
        request_id = self._ids.uuid()
        shown: Headers = [(b"x-amzn-requestid", request_id.encode())]
        if url is None:
            missing = answers.refusal(404, "ResourceNotFoundException", "Not Found")
            await answers.answer(send, missing, shown)
            return
        origin = headers.get("origin", "")
        if url.cors and origin:
            if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
                _, allowed, _ = cors.preflight(url.cors, origin)
                await answers.answer(send, (200, allowed, b""), shown)
                return
            shown += cors.headers_for(url.cors, origin)
        try:
            request = await self._request(url, scope, path, headers, receive, request_id)
            spec = self._database.read(lambda tx: _admitted(tx, url, self._arn(url)))
        except ClientGone:
            return
        except Fault as fault:
            await answers.answer(send, _refused(fault), shown)
            return
        except Refused:
            await answers.answer(send, answers.FAILED, shown)
            return
        await self._run(url, spec, request, send, shown)

    async def _request(
        self,
        url: FunctionUrl,
        scope: Scope,
        path: str,
        headers: Mapping[str, str],
        receive: Receive,
        request_id: str,
    ) -> events.UrlRequest:
        """The request, its signature checked where it must have one. Raises Fault, ClientGone."""
        body = await read_all(receive, _BODY_LIMIT)
        client = (scope.get("client") or ("127.0.0.1", 0))[0]
        method, query = scope["method"], scope["query_string"].decode("ascii")
        sent = HttpRequest(method, scope["raw_path"].decode("ascii"), query, headers, body, client)
        caller = None
        if url.auth_type == "AWS_IAM":
            caller = events.Caller(self._security.signed(sent, "lambda"), self._account)
        trace = headers.get("x-amzn-trace-id")
        trace = trace or f"Root={self._ids.trace_root(self._clock.real())}"
        return events.UrlRequest(
            url.id,
            self._region,
            scope["scheme"],
            method,
            path,
            query,
            headers,
            body,
            client,
            request_id,
            trace,
            self._clock.now(),
            caller,
        )

    def _arn(self, url: FunctionUrl) -> str:
        arn = f"arn:aws:lambda:{self._region}:{self._account}:function:{url.function}"
        return f"{arn}:{url.qualifier}" if url.qualifier else arn

    async def _run(
        self,
        url: FunctionUrl,
        spec: FunctionSpec,
        request: events.UrlRequest,
        send: Send,
        shown: Headers,
    ) -> None:
        arn = self._arn(url)
        event = orjson.dumps(events.payload(request))
        call = Invocation(spec, event, request.request_id, arn, request.trace, source=arn)
        try:
            if url.invoke_mode == "RESPONSE_STREAM":
                await send_streamed(self._invoker, call, send, shown)
                return
            outcome = await self._invoker.invoke(call)
            answer = answers.FAILED if outcome.failed else answers.answer_of(outcome.payload)
        except ConcurrencyExceeded:
            answer = _THROTTLED
        await answers.answer(send, answer, shown)


def _admitted(tx: Transaction, url: FunctionUrl, arn: str) -> FunctionSpec:
    """What to run. Raises Fault where not everybody may call; Refused without a function."""
    signed = url.auth_type == "AWS_IAM"
    if not signed and not lambda_.open_to_all(tx, url.owner, url.auth_type):
        raise Fault("AccessDeniedException", _HELP, status=403)
    return existing(tx, arn)


def _place(scope: Scope, headers: Mapping[str, str]) -> tuple[str, str]:
    """(URL id, path below it, still percent-encoded)."""
    raw = scope["raw_path"].decode("ascii")
    if raw.startswith(PREFIX):
        url_id, _, rest = raw[len(PREFIX) :].partition("/")
        return url_id, f"/{rest}"
    found = _HOST.match(headers.get("host", ""))
    return (found.group(1) if found else ""), raw


def _refused(fault: Fault) -> Answer:
    status = fault.status or fault.default_status
    if status == 413:
        text = f"Request must be smaller than {_BODY_LIMIT} bytes for the InvokeFunction operation"
        return answers.refusal(413, "RequestEntityTooLargeException", text)
    if fault.code in ("AccessDeniedException", "MissingAuthenticationToken"):
        return answers.refusal(403, "AccessDeniedException", _HELP)
    kind = fault.code.replace("SignatureDoesNotMatch", "InvalidSignatureException")
    return answers.refusal(403, kind, fault.message, "message")
