"""Calls to HTTP servers outside the engine: subscribers, API destinations, integrations."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from eventmill.kernel.http import HttpAnswer, HttpCall, HttpFailed

if TYPE_CHECKING:
    from aiohttp import ClientSession


class HttpClient:
    """See kernel.ports.HttpSender. Connections are kept and used again.

    The library is imported with the first call: most applications make none, and it takes longer
    than the rest of the engine's start.
    """

    def __init__(self) -> None:
        self._session: ClientSession | None = None

    async def send(self, call: HttpCall) -> HttpAnswer:
        """The answer, whatever its status. Raises HttpFailed when none came."""
        from aiohttp import ClientError, ClientTimeout

        if asyncio.current_task() is None:
            # What edge begins eagerly is, on Python 3.11, in no task before its first wait, and
            # aiohttp's timeouts cancel the task that they are in.
            await asyncio.sleep(0)
        try:
            async with self._open().request(
                call.method,
                call.url,
                headers=list(call.headers),
                data=call.body or None,
                timeout=ClientTimeout(total=call.seconds),
                allow_redirects=False,
            ) as answer:
                headers = [(name, value) for name, value in answer.headers.items()]
                return HttpAnswer(answer.status, headers, await answer.read())
        except TimeoutError:
            raise HttpFailed(f"no answer within {call.seconds:g} s", timed_out=True) from None
        except (ClientError, ValueError, OSError) as error:
            raise HttpFailed(str(error) or type(error).__name__) from error

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> ClientSession:
        from aiohttp import ClientSession, DummyCookieJar

        if self._session is None:
            # Bodies arrive as the server sent them: who called decides about their encoding.
            self._session = ClientSession(cookie_jar=DummyCookieJar(), auto_decompress=False)
        return self._session
