"""Which environments are started and ended, with environments that are only told of."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from eventmill.invoke.environment import Environment
from eventmill.invoke.pool import Pool
from eventmill.kernel.clock import Clock
from eventmill.kernel.functions import FunctionSpec


class Told:
    """What the pool sees of an environment."""

    def __init__(self, spec: FunctionSpec, machine: Machine) -> None:
        self.spec = spec
        self.idle_since = 0.0
        self.used_since = 0.0
        self.dead = False
        self.initialised = True
        self._machine = machine

    def end(self) -> None:
        self.dead = True
        self._machine.living.remove(self)
        asyncio.get_running_loop().call_soon(self._machine.pool.gone, cast(Environment, self))


class HandClock(Clock):
    """Its time passes only by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.at = 0.0

    def real(self) -> float:
        return self.at


class Machine:
    """Starts environments when it is let; `most` is the highest number at one time.

    A start takes `seconds` of the clock.
    """

    def __init__(self, limit: int) -> None:
        self.clock = HandClock()
        self.seconds = 0.0
        self.pool = Pool(self.clock, self._start, limit, 1_000, 3_600)
        self.living: list[Told] = []
        self.starting = 0
        self.most = self.most_starting = 0
        self.may_start = asyncio.Event()
        self.may_start.set()
        self.fails: Exception | None = None

    async def _start(self, spec: FunctionSpec, initialization: str) -> Environment:
        self.starting += 1
        self.most_starting = max(self.most_starting, self.starting)
        self.most = max(self.most, len(self.living) + self.starting)
        try:
            await self.may_start.wait()
            if self.fails is not None:
                raise self.fails
        finally:
            self.starting -= 1
        self.clock.at += self.seconds
        self.living.append(Told(spec, self))
        return cast(Environment, self.living[-1])

    def counts(self) -> Counter[str]:
        return Counter(one.spec.name for one in self.living)


def spec(name: str) -> FunctionSpec:
    return FunctionSpec(f"a:{name}", name, "$LATEST", "1", "python3.13", "a.b", Path("/"))


def on(limit: int, test: Callable[[Machine], Coroutine[Any, Any, None]]) -> None:
    async def inside() -> None:
        machine = Machine(limit)
        await asyncio.wait_for(test(machine), 5)
        await machine.pool.close()

    asyncio.run(inside())


async def turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_provisioned_environments_do_not_make_room_for_others() -> None:
    async def test(machine: Machine) -> None:
        pool = machine.pool
        await pool.provision([(spec("kept"), 2)])
        busy = [await pool.acquire(spec(name)) for name in ("a", "b")]
        waiting = asyncio.create_task(pool.acquire(spec("c")))
        await turns()
        assert machine.counts() == {"kept": 2, "a": 1, "b": 1}
        pool.release(busy[0])
        assert (await waiting).spec.name == "c"
        assert machine.counts() == {"kept": 2, "b": 1, "c": 1}
        assert machine.most == 4

    on(4, test)


def test_what_a_provisioned_function_has_beyond_its_number_makes_room() -> None:
    async def test(machine: Machine) -> None:
        pool = machine.pool
        await pool.provision([(spec("kept"), 1)])
        for environment in [await pool.acquire(spec("kept")) for _ in range(4)]:
            pool.release(environment)
        await pool.acquire(spec("a"))
        await turns()
        assert machine.counts() == {"kept": 3, "a": 1}

    on(4, test)


def test_provisioned_environments_are_started_a_few_at_a_time_and_as_there_is_room() -> None:
    async def test(machine: Machine) -> None:
        pool = machine.pool
        busy = [await pool.acquire(spec("a")) for _ in range(6)]
        machine.most_starting = 0
        provisioning = asyncio.create_task(pool.provision([(spec("kept"), 4), (spec("more"), 9)]))
        await turns()
        assert machine.counts() == {"a": 6, "kept": 2} and not provisioning.done()
        for environment in busy:
            pool.release(environment)
        await provisioning
        assert machine.counts() == {"a": 4, "kept": 4}
        assert machine.most == 8 and machine.most_starting <= max(2, os.cpu_count() or 1)

    on(8, test)


def test_a_provisioned_environment_that_ends_is_replaced() -> None:
    async def test(machine: Machine) -> None:
        await machine.pool.provision([(spec("kept"), 2)])
        machine.living[0].end()
        await turns()
        assert machine.counts() == {"kept": 2}

    on(4, test)


def test_who_waits_for_a_start_goes_on_when_that_of_another_fails() -> None:
    async def test(machine: Machine) -> None:
        starts = max(2, os.cpu_count() or 1)
        machine.fails = OSError("no more processes")
        machine.may_start.clear()
        names = [str(number) for number in range(starts + 3)]
        calls = [asyncio.create_task(machine.pool.acquire(spec(name))) for name in names]
        await turns()
        machine.may_start.set()
        found = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(one, OSError) for one in found)
        await machine.pool.provision([(spec("kept"), 3)])
        assert not machine.living

    on(16, test)


def test_who_gives_up_as_it_is_served_gives_its_environment_back() -> None:
    async def test(machine: Machine) -> None:
        first = await machine.pool.acquire(spec("f"))
        machine.may_start.clear()
        waiting = asyncio.create_task(machine.pool.acquire(spec("f")))
        await asyncio.sleep(0)
        machine.pool.release(first)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert waiting.cancelled()
        again = await machine.pool.acquire(spec("f"))
        assert again is first
        machine.may_start.set()

    on(2, test)


def test_nothing_is_kept_of_tenants_whose_environments_cannot_start() -> None:
    async def test(machine: Machine) -> None:
        machine.fails = OSError("no")
        for number in range(20):
            with contextlib.suppress(OSError):
                await machine.pool.acquire(replace(spec("f"), tenant=f"t{number}"))
        await turns()
        assert not machine.pool._functions

    on(2, test)


def test_one_in_use_is_waited_for_where_a_start_takes_longer() -> None:
    async def test(machine: Machine) -> None:
        machine.seconds = 60.0
        first = await machine.pool.acquire(spec("a"))
        machine.clock.at += 1.0
        machine.pool.release(first)
        assert await machine.pool.acquire(spec("a")) is first
        second = asyncio.create_task(machine.pool.acquire(spec("a")))
        await turns()
        assert (machine.starting, len(machine.living)) == (0, 1)
        machine.pool.release(first)
        assert await second is first
        # The last of a hundred would wait longer than for a start.
        waiting = [asyncio.create_task(machine.pool.acquire(spec("a"))) for _ in range(100)]
        await turns()
        assert len(machine.living) > 1
        for task in waiting:
            task.cancel()

    on(8, test)


def test_who_waits_for_one_in_use_gets_another_when_that_would_have_started() -> None:
    """A function may wait for another invocation of itself."""

    async def test(machine: Machine) -> None:
        machine.seconds = 0.01
        first = await machine.pool.acquire(spec("a"))
        machine.clock.at += 0.001
        machine.pool.release(first)
        assert await machine.pool.acquire(spec("a")) is first
        assert await machine.pool.acquire(spec("a")) is not first

    on(8, test)
