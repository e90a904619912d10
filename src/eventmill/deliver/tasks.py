"""Background tasks that are never lost: each is referenced, named, and its failure is logged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

PAUSE = 1.0
"""Real seconds before a loop that failed goes on."""

T = TypeVar("T")
_log = logging.getLogger(__name__)


async def lasting(work: Callable[[], Coroutine[Any, Any, T]], name: str) -> T:
    """What `work` returns, however often it fails before.

    A disk that is full for a while must not end a loop for good.
    """
    while True:
        try:
            return await work()
        except Exception:
            _log.exception("%s failed, it goes on in %s s", name, PAUSE)
            await asyncio.sleep(PAUSE)


class Tasks:
    """A set of running tasks of one owner."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run `work` as a task."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def keep(self, work: Callable[[], Coroutine[Any, Any, Any]], name: str) -> None:
        """Run `work` as a task, and again after it failed."""
        self.start(lasting(work, name), name)

    async def stop(self, grace: float, *first: str) -> None:
        """Cancel the tasks named `first`, let the others end for `grace` real seconds, cancel
        what is left."""
        for task in tuple(self._running):
            if task.get_name() in first:
                task.cancel()
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=grace)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("%s failed", task.get_name(), exc_info=error)
