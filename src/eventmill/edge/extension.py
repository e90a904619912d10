"""What the layer AWS-Parameters-and-Secrets-Lambda-Extension answers functions on their localhost.

https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-integration-lambda-extensions.html
https://docs.aws.amazon.com/lambda/latest/dg/with-secrets-manager.html
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson

from eventmill.edge.body import Receive, Scope, Send, send_answer
from eventmill.edge.dispatch import Dispatcher, Origin
from eventmill.edge.server import App, HttpServer, listen
from eventmill.kernel.clock import iso_millis
from eventmill.kernel.errors import Fault, Invalid, UsageError
from eventmill.kernel.ids import Ids
from eventmill.services import lambda_
from eventmill.store.database import Database

_LAYER = "AWS-Parameters-and-Secrets-Lambda-Extension"
_PORT = 2_773
_HOST = "127.0.0.1"
_TOKEN = "x-aws-parameters-secrets-token"
_SECRET, _PARAMETER = "/secretsmanager/get", "/systemsmanager/parameters/get"
_TIMES = ("CreatedDate", "LastModifiedDate")
_log = logging.getLogger(__name__)


class ExtensionFront:
    """Answers with what the two services say. Nothing is cached: a value is always the newest."""

    def __init__(self, dispatcher: Dispatcher, ids: Ids, session_token: str) -> None:
        self._dispatcher = dispatcher
        self._ids = ids
        self._session_token = session_token

    def claims(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        """A GET of one of the two paths by somebody who shows a token."""
        path = str(scope["path"]).rstrip("/")
        return scope["type"] == "http" and path in (_SECRET, _PARAMETER) and _TOKEN in headers

    async def __call__(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        """Answer one question."""
        params = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        if not hmac.compare_digest(headers[_TOKEN].encode(), self._session_token.encode()):
            await _answer(send, 401, "the token is not the AWS_SESSION_TOKEN of this engine")
            return
        try:
            if str(scope["path"]).rstrip("/") == _SECRET:
                result = await self._ask("secretsmanager", "GetSecretValue", _secret(params))
            else:
                result = await self._ask("ssm", "GetParameter", _parameter(params))
        except Fault as fault:
            await _answer(send, fault.status or 400, f"{fault.code}: {fault.message}")
            return
        await _answer(send, 200, {**_shown(result), "ResultMetadata": {}})

    async def _ask(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        origin = Origin(self._ids.uuid(), endpoint=self._dispatcher.endpoint)
        return await self._dispatcher.by_name(service, operation, params, origin)


def _secret(params: Mapping[str, str]) -> dict[str, Any]:
    names = {"SecretId": "secretId", "VersionId": "versionId", "VersionStage": "versionStage"}
    return _given(params, names)


def _parameter(params: Mapping[str, str]) -> dict[str, Any]:
    found = _given(params, {"Name": "name"})
    selector = params.get("version") or params.get("label")
    if selector:
        found["Name"] += f":{selector}"
    return found | {"WithDecryption": params.get("withDecryption") == "true"}


def _given(params: Mapping[str, str], names: Mapping[str, str]) -> dict[str, Any]:
    """The members that the query has. Raises Invalid without the first, which names the value."""
    found = {member: params[name] for member, name in names.items() if params.get(name)}
    first = next(iter(names))
    if first not in found:
        raise Invalid("ValidationException", f"the query has no {names[first]}")
    return found


def _shown(value: Any) -> Any:
    """The result as JSON, times as text."""
    if not isinstance(value, dict):
        return value
    return {
        name: iso_millis(inner) if name in _TIMES else _shown(inner)
        for name, inner in value.items()
    }


async def _answer(send: Send, status: int, body: Any) -> None:
    text = body.encode() if isinstance(body, str) else orjson.dumps(body)
    kind = b"text/plain" if isinstance(body, str) else b"application/json"
    await send_answer(send, status, [(b"content-type", kind)], text)


class ExtensionListener:
    """Opened on the extension's port once a function names its layer; else on a free one.

    Code that has the port in itself finds only the engine that came first on the machine.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._server: HttpServer | None = None
        self._watching: asyncio.Task[None] | None = None
        self.port: int | None = None
        """Where it listens, once it does."""

    async def start(self, app: App) -> None:
        """Open it when it is wanted, now or later."""
        signal = self._database.signals.listen(lambda_.FUNCTIONS_KEY)
        await self._refresh(app)

        async def watch() -> None:
            with signal:
                while self.port is None:
                    await signal.wait(None)
                    await self._refresh(app)

        self._watching = asyncio.create_task(watch(), name="extension's listener")

    async def stop(self) -> None:
        """Close it."""
        if self._watching is not None:
            self._watching.cancel()
        if self._server is not None:
            await self._server.stop()

    async def _refresh(self, app: App) -> None:
        if not self._database.read(lambda tx: lambda_.names_layer(tx, _LAYER)):
            return
        try:
            sock = listen(_HOST, _PORT)
        except UsageError:
            sock = listen(_HOST, 0)
            _log.warning(
                "port %d is taken: functions find parameters and secrets on port %d, which "
                "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT tells them",
                _PORT,
                sock.getsockname()[1],
            )
        self._server = HttpServer(app, sock)
        await self._server.start()
        self.port = sock.getsockname()[1]
