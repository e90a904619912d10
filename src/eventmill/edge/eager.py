"""Coroutines that most often end without waiting need no turn of the event loop of their own.

Python 3.12's tasks can begin eagerly. On 3.11 the coroutine runs in no task until its first wait,
so what needs one (`asyncio.timeout`, aiohttp) must see to it first, as deliver/http.py does.
"""

from __future__ import annotations

import asyncio
import sys
import types
from collections.abc import Coroutine, Generator
from typing import Any


def start(
    loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, None]
) -> asyncio.Task[None] | None:
    """Run `coroutine` until it first waits; the rest is the task returned, None when it ended."""
    if sys.version_info >= (3, 12):
        task = asyncio.Task(coroutine, loop=loop, eager_start=True)
        return None if task.done() else task
    try:
        awaited = coroutine.send(None)
    except StopIteration:
        return None
    return loop.create_task(_go_on(coroutine, awaited))


async def _go_on(coroutine: Coroutine[Any, Any, None], awaited: Any) -> None:
    await _rest(coroutine, awaited)


@types.coroutine
def _rest(coroutine: Coroutine[Any, Any, None], awaited: Any) -> Generator[Any, Any, None]:
    """Yield what the coroutine waits for to the task, and pass on what comes of it."""
    while True:
        failure: BaseException | None = None
        value: Any = None
        try:
            value = yield awaited
        except BaseException as error:
            failure = error
        try:
            awaited = coroutine.send(value) if failure is None else coroutine.throw(failure)
        except StopIteration:
            return
