"""The links in SNS's messages: the signing certificate, confirming and ending a subscription.

They are visited without a signature by whoever got the message.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from eventmill.edge.body import Receive, Scope, Send, send_answer
from eventmill.edge.dispatch import Dispatcher, Origin
from eventmill.kernel.errors import Fault
from eventmill.kernel.ids import Ids
from eventmill.services import sns
from eventmill.store.database import Database
from eventmill.wire import encode, encode_fault
from eventmill.wire.target import target

_ACTIONS = {
    "ConfirmSubscription": ("TopicArn", "Token"),
    "Unsubscribe": ("SubscriptionArn",),
}
_CERTIFICATE = "/SimpleNotificationService-"


class TopicLinks:
    """See the module."""

    def __init__(self, database: Database, dispatcher: Dispatcher, ids: Ids) -> None:
        self._database = database
        self._dispatcher = dispatcher
        self._ids = ids

    def claims(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        """A certificate, or an unsigned GET of one of the two actions."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return False
        path = str(scope["path"])
        if path.startswith(_CERTIFICATE):
            return path.endswith(".pem")
        if path != "/" or b"Action=" not in scope["query_string"]:
            return False
        params = self._params(scope)
        signed = "authorization" in headers or "X-Amz-Signature" in params
        return not signed and params.get("Action") in _ACTIONS

    @staticmethod
    def _params(scope: Scope) -> dict[str, str]:
        return dict(parse_qsl(scope["query_string"].decode("latin-1")))

    async def __call__(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        """Answer one visit."""
        if str(scope["path"]).startswith(_CERTIFICATE):
            await self._certificate(str(scope["path"]), send)
            return
        params = self._params(scope)
        action = params["Action"]
        request_id = self._ids.uuid()
        told = target("sns", action, "query")
        try:
            request = {name: params[name] for name in _ACTIONS[action] if name in params}
            missing = [name for name in _ACTIONS[action] if name not in request]
            if missing:
                raise sns.missing(missing[0])
            origin = Origin(request_id, endpoint=self._dispatcher.endpoint)
            result = await self._dispatcher.by_name("sns", action, request, origin)
            response = encode(told, result, request_id)
        except Fault as fault:
            response = encode_fault(told, fault, request_id)
        shown = [(name.encode(), value.encode()) for name, value in response.headers]
        body = response.body
        assert isinstance(body, bytes)
        await send_answer(send, response.status, shown, body)

    async def _certificate(self, path: str, send: Send) -> None:
        text = self._database.read(sns.certificate)
        if text is None or sns.certificate_path(text) != path:
            await send_answer(send, 404, [(b"content-type", b"text/plain")], b"no such file\n")
            return
        await send_answer(send, 200, [(b"content-type", b"application/x-pem-file")], text.encode())
