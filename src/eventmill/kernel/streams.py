"""An answer that a function gives piece by piece, between its environment and whoever asked.

Used on the event loop alone. The environment feeds it and is told to pause when the reader is
slow, so that at most `HELD` bytes and what was on the way wait in memory.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

HELD = 262_144
LIMIT = 209_715_200
"""Lambda's longest streamed answer, bytes; what goes beyond is dropped."""


class ResponseStream:
    """Made by who invokes; `begun` stays false for a function that answers in one piece."""

    def __init__(self) -> None:
        self.content_type = ""
        self.begun = False
        self.size = 0
        self._ended = False
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._news = asyncio.Event()
        self._resume: Callable[[], None] | None = None

    @property
    def too_large(self) -> bool:
        """Whether more came than Lambda lets through."""
        return self.size > LIMIT

    # For the environment.

    def begin(self, content_type: str, resume: Callable[[], None]) -> None:
        """The function begins to answer; `resume` is called when there is room again."""
        self.content_type = content_type
        self._resume = resume
        self.begun = True
        self._news.set()

    def feed(self, data: bytes) -> bool:
        """Add a piece. False when the writer must wait for `resume`."""
        self.size += len(data)
        if self.too_large or self._ended:
            return True
        self._pieces.append(data)
        self._held += len(data)
        self._news.set()
        return self._held < HELD

    def end(self) -> None:
        """Nothing more comes, whether the function ended well or not."""
        self._ended = True
        self._news.set()

    # For who reads.

    async def started(self) -> bool:
        """Wait for the first sign; False when the invocation ended without a streamed answer."""
        while not (self.begun or self._ended):
            await self._wait()
        return self.begun

    async def pieces(self) -> AsyncIterator[bytes]:
        """What came, as it comes, to the end."""
        while True:
            while self._pieces:
                yield self._take()
            if self._ended:
                return
            await self._wait()

    def _take(self) -> bytes:
        data = self._pieces.popleft()
        full = self._held >= HELD
        self._held -= len(data)
        if full and self._held < HELD and self._resume is not None:
            self._resume()
        return data

    async def _wait(self) -> None:
        self._news.clear()
        await self._news.wait()
