"""What pages in browsers call of user pools: the operations that need no signature.

AWS's address of the service answers pages of every origin. Here they have a path of their own, to
which clients are pointed (Amplify's `userPoolEndpoint`): no page can call anything else by it.
https://docs.amplify.aws/gen1/javascript/build-a-backend/auth/set-up-auth/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.edge.app import Handler
from eventmill.edge.body import Receive, Scope, Send, send_answer
from eventmill.kernel.errors import Fault
from eventmill.wire.target import target

PATH = "/_aws/cognito-idp"

_PREFIX = "AWSCognitoIdentityProviderService."
_ANY_PAGE = (b"access-control-allow-origin", b"*")
_SHOWN = (
    b"access-control-expose-headers",
    b"x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date",
)
_REFUSED = b'{"__type":"AccessDeniedException","message":"Only user pools\' open operations."}'


class UserPoolCalls:
    """Hands the calls to AWS's API, and shows pages the answers."""

    def __init__(self, aws: Handler) -> None:
        self._aws = aws

    def claims(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        """The path, with a slash behind it or not."""
        return scope["type"] == "http" and str(scope["path"]).rstrip("/") == PATH

    async def __call__(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        """Answer a preflight or a call."""
        if scope["method"] == "OPTIONS":
            wanted = headers.get("access-control-request-headers", "").encode("latin-1")
            allowed = [
                _ANY_PAGE,
                (b"access-control-allow-methods", b"POST"),
                (b"access-control-allow-headers", wanted),
                (b"access-control-max-age", b"172800"),
                (b"content-length", b"0"),
            ]
            await send_answer(send, 200, allowed, b"")
        elif scope["method"] != "POST" or not _open(headers.get("x-amz-target", "")):
            length = (b"content-length", str(len(_REFUSED)).encode())
            await send_answer(send, 403, [_ANY_PAGE, length], _REFUSED)
        else:
            await self._aws(scope, headers, receive, _shown(send))


def _open(wanted: str) -> bool:
    """Whether X-Amz-Target names an operation that AWS takes unsigned."""
    if not wanted.startswith(_PREFIX):
        return False
    try:
        return target("cognito-idp", wanted.removeprefix(_PREFIX)).unsigned
    except Fault:
        return False


def _shown(send: Send) -> Send:
    async def sending(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], _ANY_PAGE, _SHOWN]
        await send(message)

    return sending
