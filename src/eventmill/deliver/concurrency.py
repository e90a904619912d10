"""The one place where concurrency is bought: the account's, and what functions have reserved.

Who waits is woken in the order of asking. Pollers buy before they take, so what cannot be
invoked stays in its source and its visibility clock does not run.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from types import TracebackType

from eventmill.kernel.functions import (
    ACCOUNT_FULL,
    RESERVED_FULL,
    ConcurrencyExceeded,
    FunctionSpec,
    FunctionStopped,
    Invocation,
    Outcome,
)
from eventmill.kernel.ports import Invoker

_SHARED = ""
"""The pool of all functions that have reserved nothing."""


class Slot:
    """Bought concurrency for one invocation at a time; a context manager that gives it back."""

    __slots__ = ("_gate", "_open", "_pool", "spec")

    def __init__(self, gate: Gate, pool: str, spec: FunctionSpec) -> None:
        self._gate = gate
        self._pool = pool
        self._open = True
        self.spec = spec

    async def invoke(self, invocation: Invocation) -> Outcome:
        """Run it. Raises ConcurrencyExceeded when no environment can be started."""
        return await self._gate.invoker.invoke(invocation)

    def release(self) -> None:
        """Give it back, to the next in turn. Once; then nothing."""
        if self._open:
            self._open = False
            self._gate.give_back(self._pool)

    def __enter__(self) -> Slot:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


class Gate:
    """An Invoker that refuses when full, and a queue for those who would rather wait."""

    def __init__(
        self,
        invoker: Invoker,
        limit: int,
        reserved: Callable[[], int],
        throttled: Callable[[FunctionSpec], None],
    ) -> None:
        """`limit` is the account's, `reserved` tells what all functions together reserved,
        `throttled` is told of every call that is refused."""
        self.invoker = invoker
        self._throttled = throttled
        self._limit = limit
        self._reserved = reserved
        self._busy: Counter[str] = Counter()
        self._capacity: dict[str, int] = {}
        self._waiting: dict[str, deque[asyncio.Future[bool]]] = {}

    async def invoke(self, invocation: Invocation) -> Outcome:
        """Run it now. Raises ConcurrencyExceeded when there is no concurrency left."""
        pool = self._pool(invocation.spec)
        if not self._free(pool):
            self._throttled(invocation.spec)
            raise ConcurrencyExceeded(ACCOUNT_FULL if pool == _SHARED else RESERVED_FULL)
        self._busy[pool] += 1
        with Slot(self, pool, invocation.spec) as slot:
            return await slot.invoke(invocation)

    def forget(self, function_arn: str) -> None:
        """Let go of the environments of a function that was changed or deleted."""
        self.invoker.forget(function_arn)

    async def acquire(self, resolve: Callable[[], FunctionSpec]) -> Slot:
        """Wait for concurrency of what `resolve` gives; raises what `resolve` raises.

        It is asked again after the wait, since the function may have changed meanwhile. Raises
        FunctionStopped rather than wait for what may never come.
        """
        while True:
            spec = _runnable(resolve)
            pool = self._pool(spec)
            if self._free(pool) and not self._waiting.get(pool):
                self._busy[pool] += 1
                return Slot(self, pool, spec)
            if not await self._wait(pool):
                continue
            # The slot was handed over with the wake-up: nobody who came later can be first.
            try:
                spec = _runnable(resolve)
            except BaseException:
                self.give_back(pool)
                raise
            if self._pool(spec) == pool:
                return Slot(self, pool, spec)
            self.give_back(pool)

    def give_back(self, pool: str) -> None:
        """One invocation less; whoever is next in turn gets it."""
        self._busy[pool] -= 1
        self._wake(pool)

    def refresh(self, resolve: Callable[[str], FunctionSpec | None]) -> None:
        """Functions changed: whoever waits looks again at what is free.

        `resolve` gives the function of an ARN, None when it is gone.
        """
        for pool in [pool for pool in self._waiting if pool != _SHARED]:
            spec = resolve(pool)
            if spec is None or spec.reserved_concurrency is None:
                # What waited for the reservation now belongs to the shared pool, or nowhere.
                self._capacity[pool] = self._busy[pool] + len(self._waiting[pool])
            else:
                self._capacity[pool] = spec.reserved_concurrency
                if not spec.reserved_concurrency:
                    self._turn_away(pool)
        for pool in tuple(self._waiting):
            self._wake(pool)

    def _pool(self, spec: FunctionSpec) -> str:
        if spec.reserved_concurrency is None:
            return _SHARED
        self._capacity[spec.arn] = spec.reserved_concurrency
        return spec.arn

    def _free(self, pool: str) -> bool:
        if pool == _SHARED:
            return self._busy[pool] < self._limit - self._reserved()
        return self._busy[pool] < self._capacity[pool]

    def _wake(self, pool: str) -> None:
        waiting = self._waiting.get(pool)
        while waiting and self._free(pool):
            turn = waiting.popleft()
            if not turn.done():
                self._busy[pool] += 1
                turn.set_result(True)
        if waiting is not None and not waiting:
            del self._waiting[pool]

    def _turn_away(self, pool: str) -> None:
        """The function was stopped: whoever waits for it learns so, without a slot."""
        for turn in self._waiting.pop(pool):
            if not turn.done():
                turn.set_result(False)

    async def _wait(self, pool: str) -> bool:
        """True with a slot, False when the one who waits must look again."""
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(pool, deque()).append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.result():
                self.give_back(pool)
            raise


def _runnable(resolve: Callable[[], FunctionSpec]) -> FunctionSpec:
    spec = resolve()
    if spec.reserved_concurrency == 0:
        raise FunctionStopped
    return spec
