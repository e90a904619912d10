from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from eventmill.deliver.concurrency import Gate
from eventmill.deliver.scaling import Growth, Ramp
from eventmill.kernel.functions import (
    ConcurrencyExceeded,
    FunctionSpec,
    FunctionStopped,
    Invocation,
)

from .bench import PythonInvoker


def spec(name: str, reserved: int | None = None) -> FunctionSpec:
    return FunctionSpec(
        name, name, "1", "r", "python3.13", "h", Path(), reserved_concurrency=reserved
    )


def test_waiting_is_ended_in_turn() -> None:
    async def scenario() -> None:
        gate = Gate(PythonInvoker(), 1, lambda: 0, lambda spec: None)
        order: list[str] = []

        async def work(name: str) -> None:
            with await gate.acquire(lambda: spec(name)):
                order.append(name)
                await asyncio.sleep(0)

        await asyncio.gather(*(work(name) for name in "abcde"))
        assert order == list("abcde")

    asyncio.run(scenario())


def test_a_call_is_refused_when_full_and_says_why() -> None:
    async def scenario() -> None:
        gate = Gate(PythonInvoker(), 2, lambda: 1, lambda spec: None)
        shared, own = (
            await gate.acquire(lambda: spec("a")),
            await gate.acquire(lambda: spec("b", 1)),
        )
        for full, reason in (
            (spec("a"), "ConcurrentInvocationLimitExceeded"),
            (spec("b", 1), "ReservedFunctionConcurrentInvocationLimitExceeded"),
        ):
            with pytest.raises(ConcurrencyExceeded) as refused:
                await gate.invoke(Invocation(full, b"{}", "r", "a"))
            assert refused.value.reason == reason
        shared.release()
        own.release()
        shared.release()
        assert not (await gate.invoke(Invocation(spec("a"), b"{}", "r", "a"))).failed

    asyncio.run(scenario())


def test_one_who_gives_up_waiting_costs_nobody_a_turn() -> None:
    async def scenario() -> None:
        gate = Gate(PythonInvoker(), 1, lambda: 0, lambda spec: None)
        slot = await gate.acquire(lambda: spec("a"))
        waiting = asyncio.ensure_future(gate.acquire(lambda: spec("b")))
        await asyncio.sleep(0)
        slot.release()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        with await asyncio.wait_for(gate.acquire(lambda: spec("c")), 1):
            pass

    asyncio.run(scenario())


def test_a_raised_reservation_lets_the_waiting_in() -> None:
    async def scenario() -> None:
        gate = Gate(PythonInvoker(), 10, lambda: 0, lambda spec: None)
        current = [spec("a", 1)]
        for reserved in (2, None):
            current[0] = spec("a", 1)
            held = await gate.acquire(lambda: current[0])
            waiting = asyncio.ensure_future(gate.acquire(lambda: current[0]))
            await asyncio.sleep(0)
            assert not waiting.done()
            current[0] = spec("a", reserved)
            gate.refresh(lambda arn: current[0])
            (await asyncio.wait_for(waiting, 1)).release()
            held.release()

    asyncio.run(scenario())


def test_a_stopped_function_turns_those_who_wait_away() -> None:
    async def scenario() -> None:
        gate = Gate(PythonInvoker(), 10, lambda: 0, lambda spec: None)
        current = [spec("a", 1)]
        with await gate.acquire(lambda: current[0]):
            waiting = asyncio.ensure_future(gate.acquire(lambda: current[0]))
            await asyncio.sleep(0)
            current[0] = spec("a", 0)
            gate.refresh(lambda arn: current[0])
            with pytest.raises(FunctionStopped):
                await asyncio.wait_for(waiting, 1)
        with pytest.raises(FunctionStopped):
            await gate.acquire(lambda: current[0])
        current[0] = spec("a", 1)
        (await gate.acquire(lambda: current[0])).release()

    asyncio.run(scenario())


def test_the_ramp_of_a_queue() -> None:
    ramp = Ramp(Growth(5, 1_250, 5.0))
    assert [ramp.allowed(second) for second in (0, 1, 60, 10_000)] == [5, 10, 305, 1_250]
    assert ramp.grows(10_000) is None
    ramp.rest()
    assert ramp.allowed(10_000) == 5
    assert ramp.grows(10_000) == pytest.approx(10_000.2)
    assert Ramp(Growth(5, 2, 5.0)).allowed(0) == 2
