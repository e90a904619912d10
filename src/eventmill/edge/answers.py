"""Takes what functions say of custom resources: a PUT to the address that they were given."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from eventmill.edge.body import Receive, Scope, Send, read_all, send_answer

_LIMIT = 65_536


class AnswerFront:
    """`take` gets the address's last part and the body; False when nobody waits for it."""

    def __init__(self, path: str, take: Callable[[str, bytes], bool]) -> None:
        self._path = path
        self._take = take

    def claims(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        """A PUT below the path."""
        return (
            scope["type"] == "http"
            and scope["method"] == "PUT"
            and str(scope["path"]).startswith(self._path)
        )

    async def __call__(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        """As S3 answers, to which such addresses lead on AWS."""
        token = str(scope["path"])[len(self._path) :]
        taken = self._take(token, await read_all(receive, _LIMIT))
        await send_answer(send, 200 if taken else 403, [], b"")
