"""The engine's own API, below `/_eventmill/`: what the command line asks a running engine.

A page in a browser must not steer the engine, so requests that carry an Origin of another site are
refused, and changes are made by POST only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from eventmill.edge.body import Receive, Scope, Send, read_all, send_answer
from eventmill.kernel.errors import EventmillError

PREFIX = "/_eventmill/"
_BODY_LIMIT = 8 * 1024 * 1024

Command = Callable[[dict[str, Any]], Awaitable[Any]]
"""Gets the query's or body's members, returns what becomes JSON. Raises EventmillError."""


class Control:
    """Commands by (method, name)."""

    def __init__(self, commands: Mapping[tuple[str, str], Command]) -> None:
        self._commands = commands

    def claims(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        """Everything below the prefix."""
        return scope["type"] == "http" and str(scope["path"]).startswith(PREFIX)

    async def __call__(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        """Run one command."""
        origin = headers.get("origin")
        if origin and urlsplit(origin).netloc != headers.get("host"):
            await _json(send, 403, {"error": f"requests from {origin} are refused"})
            return
        name = scope["path"][len(PREFIX) :]
        command = self._commands.get((scope["method"], name))
        if command is None:
            known = ", ".join(sorted(f"{method} {path}" for method, path in self._commands))
            await _json(send, 404, {"error": f"no command {name}; there are: {known}"})
            return
        params: dict[str, Any] = dict(parse_qsl(scope["query_string"].decode()))
        if scope["method"] == "POST":
            body = await read_all(receive, _BODY_LIMIT)
            try:
                params |= orjson.loads(body) if body else {}
            except orjson.JSONDecodeError as error:
                await _json(send, 400, {"error": f"the body is no JSON: {error}"})
                return
        try:
            await _json(send, 200, await command(params))
        except EventmillError as error:
            await _json(send, 400, {"error": str(error)})
        except (KeyError, ValueError) as error:
            await _json(send, 400, {"error": f"a parameter is missing or wrong: {error}"})


async def _json(send: Send, status: int, value: Any) -> None:
    await send_answer(send, status, [(b"content-type", b"application/json")], orjson.dumps(value))
