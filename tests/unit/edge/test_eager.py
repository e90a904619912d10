"""Coroutines that begin at once."""

from __future__ import annotations

import asyncio
import sys

import pytest

from eventmill.edge.eager import start


def test_what_does_not_wait_has_ended_already() -> None:
    done: list[str] = []

    async def quick() -> None:
        done.append("ended")

    async def main() -> None:
        assert start(asyncio.get_running_loop(), quick()) is None
        assert done == ["ended"]

    asyncio.run(main())


def test_what_waits_goes_on_in_a_task_that_passes_failures_on() -> None:
    seen: list[object] = []

    async def slow(broken: asyncio.Future[None]) -> None:
        try:
            await broken
        except ValueError as error:
            seen.append(error)
        seen.append(asyncio.current_task())

    async def main() -> None:
        loop = asyncio.get_running_loop()
        broken: asyncio.Future[None] = loop.create_future()
        task = start(loop, slow(broken))
        assert task is not None and not seen
        error = ValueError("broken")
        broken.set_exception(error)
        await task
        assert seen == [error, task]

    asyncio.run(main())


@pytest.mark.skipif(sys.version_info < (3, 12), reason="3.11 has no eager tasks")
def test_timeouts_hold_before_the_first_wait() -> None:
    ended: list[bool] = []

    async def waits() -> None:
        try:
            async with asyncio.timeout(0.01):
                await asyncio.get_running_loop().create_future()
        except TimeoutError:
            ended.append(True)

    async def main() -> None:
        # As from the read of a connection, which is no task.
        loop = asyncio.get_running_loop()
        started = loop.create_future()
        loop.call_soon(lambda: started.set_result(start(loop, waits())))
        await (await started)
        assert ended == [True]

    asyncio.run(main())
