"""Which environment serves the next invocation of a function.

Warm before cold, the one used last before others (its memory is warm and the rest may be reaped).
Who must wait is served in turn, by a new environment or by one that becomes free, whichever comes
first. A new one is not begun at once where those in use will be free sooner (see pace.py), but at
the latest when it would have been ready: what they run may wait for this very invocation.
Only AWS's limits refuse: this machine's limit makes wait.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from eventmill.invoke.environment import Environment
from eventmill.invoke.pace import Pace
from eventmill.kernel.clock import Clock
from eventmill.kernel.functions import (
    ACCOUNT_FULL,
    RESERVED_FULL,
    ConcurrencyExceeded,
    FunctionSpec,
)

Start = Callable[[FunctionSpec, str], Awaitable[Environment]]
"""The string is AWS_LAMBDA_INITIALIZATION_TYPE."""

_Key = tuple[str, str, str, str]
_Waiter = asyncio.Future[Environment]


class _Function:
    """The environments of one function's state."""

    def __init__(self, spec: FunctionSpec) -> None:
        self.spec = spec
        self.idle: list[Environment] = []
        self.waiting: deque[_Waiter] = deque()
        self.starting = 0
        self.pace = Pace()
        self.patience: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class _Provision:
    """So many environments are kept of a function; `missing` are still to be started."""

    spec: FunctionSpec
    wanted: int
    missing: int = 0


class Pool:
    """All environments of the engine."""

    def __init__(
        self, clock: Clock, start: Start, limit: int, account_limit: int, idle_seconds: float
    ) -> None:
        self._clock = clock
        self._start = start
        self._limit = limit
        self._account_limit = account_limit
        self._idle_seconds = idle_seconds
        self._functions: dict[_Key, _Function] = {}
        self._provisioned: dict[_Key, _Provision] = {}
        self._provided: asyncio.Future[None] | None = None
        self._all: set[Environment] = set()
        self._running: dict[str, int] = {}
        self._total = 0
        self._starting = 0
        self._starts = max(2, os.cpu_count() or 1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._reaper: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def running(self) -> int:
        """Invocations that run or wait for an environment."""
        return self._total

    def enter(self, spec: FunctionSpec) -> None:
        """Count an invocation in. Raises ConcurrencyExceeded."""
        running = self._running.get(spec.arn, 0)
        if spec.reserved_concurrency is not None and running >= spec.reserved_concurrency:
            raise ConcurrencyExceeded(RESERVED_FULL)
        if self._total >= self._account_limit:
            raise ConcurrencyExceeded(ACCOUNT_FULL)
        self._running[spec.arn] = running + 1
        self._total += 1

    def leave(self, spec: FunctionSpec) -> None:
        """Count it out."""
        self._running[spec.arn] -= 1
        if not self._running[spec.arn]:
            del self._running[spec.arn]
        self._total -= 1

    async def acquire(self, spec: FunctionSpec) -> Environment:
        """An environment for one invocation. Raises OSError when none can be started."""
        key = _key(spec)
        function = self._function(key, spec)
        while function.idle:
            environment = function.idle.pop()
            if not environment.dead:
                return self._given(environment)
        waiter: _Waiter = asyncio.get_running_loop().create_future()
        function.waiting.append(waiter)
        self._more(key, function)
        try:
            return await waiter
        except asyncio.CancelledError:
            # It may have been given one in the same turn of the loop.
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self.release(waiter.result())
            raise

    def _function(self, key: _Key, spec: FunctionSpec) -> _Function:
        function = self._functions.get(key)
        if function is None:
            function = self._functions[key] = _Function(spec)
        return function

    def _given(self, environment: Environment) -> Environment:
        environment.used_since = self._clock.real()
        return environment

    def release(self, environment: Environment) -> None:
        """Give it back, to whoever waits first."""
        function = self._functions.get(_key(environment.spec))
        if function is not None:
            function.pace.used(self._clock.real() - environment.used_since)
        if environment.dead or function is None:
            if not environment.dead:
                environment.end()
            self._wake()
            return
        if self._offer(function, environment):
            self._wake()

    def gone(self, environment: Environment) -> None:
        """Its process ended."""
        key = _key(environment.spec)
        self._all.discard(environment)
        for function in self._functions.values():
            if environment in function.idle:
                function.idle.remove(environment)
        if self._closed:
            return
        if environment.spec.tenant:
            self._drop(key)
        provision = self._provisioned.get(key)
        # One that died before it was ready would only die again.
        if provision is not None and environment.initialised:
            provision.missing = max(provision.missing, self._lacking(key, provision))
        self._wake()

    def _drop(self, key: _Key) -> None:
        """Nothing is kept of a tenant who has no environment left: there may be many of them."""
        function = self._functions.get(key)
        if function is None or function.idle or function.waiting or function.starting:
            return
        if not self._live(key):
            del self._functions[key]

    async def provision(self, targets: Sequence[tuple[FunctionSpec, int]]) -> None:
        """Keep so many environments of each ready from now on, and of others none; returns when
        they are. At the most half of what this machine can run: the rest starts on demand."""
        room = self._limit // 2
        self._provisioned.clear()
        for spec, wanted in targets:
            provision = _Provision(spec, min(wanted, room))
            room -= provision.wanted
            self._provisioned[_key(spec)] = provision
            provision.missing = self._lacking(_key(spec), provision)
        self._provided = asyncio.get_running_loop().create_future()
        self._top_up()
        await self._provided
        self._arm()

    def _lacking(self, key: _Key, provision: _Provision) -> int:
        """How many environments of the function neither live nor start."""
        starting = self._function(key, provision.spec).starting
        return max(0, provision.wanted - self._live(key) - starting)

    def _top_up(self) -> None:
        """Start what is missing of the provisioned environments, as far as there is room now."""
        complete = True
        for key, provision in self._provisioned.items():
            if provision.missing:
                provision.missing = min(provision.missing, self._lacking(key, provision))
            function = self._function(key, provision.spec)
            while provision.missing and self._room():
                provision.missing -= 1
                self._launch(key, function, "provisioned-concurrency")
            if provision.missing or function.starting:
                complete = False
        if complete and self._provided is not None and not self._provided.done():
            self._provided.set_result(None)

    def _live(self, key: _Key) -> int:
        return sum(_key(environment.spec) == key for environment in self._all)

    def _wanted(self, key: _Key) -> int:
        """How many environments of the function are to be kept."""
        provision = self._provisioned.get(key)
        return 0 if provision is None else provision.wanted

    def forget(self, function_arn: str) -> None:
        """End the idle environments of a function; busy ones end when they are given back."""
        for key in [key for key in self._functions if key[0] == function_arn]:
            function = self._functions[key]
            for environment in list(function.idle):
                environment.end()
            function.idle.clear()
            if not function.waiting and not function.starting:
                del self._functions[key]

    async def close(self) -> None:
        """End all."""
        self._closed = True
        if self._reaper is not None:
            self._reaper.cancel()
        for function in self._functions.values():
            if function.patience is not None:
                function.patience.cancel()
        for task in self._tasks:
            task.cancel()
        for environment in list(self._all):
            environment.end()

    def _more(self, key: _Key, function: _Function) -> None:
        waiting = len(function.waiting) - function.starting
        if waiting <= 0:
            return
        # None is idle while somebody waits.
        if function.pace.prefers_waiting(waiting, busy=self._live(key)):
            self._be_patient(key, function)
        elif self._room():
            self._launch(key, function, "on-demand")

    def _be_patient(self, key: _Key, function: _Function) -> None:
        if function.patience is None:
            loop, seconds = asyncio.get_running_loop(), function.pace.start or 0.0
            function.patience = loop.call_later(seconds, self._waited, key, function)

    def _waited(self, key: _Key, function: _Function) -> None:
        function.patience = None
        if len(function.waiting) > function.starting and self._room():
            self._launch(key, function, "on-demand")
        self._more(key, function)

    def _room(self) -> bool:
        """Whether one more may be started; an idle one ends for it where that must be."""
        if self._starting >= self._starts:
            return False
        return len(self._all) + self._starting < self._limit or self._evict()

    def _launch(self, key: _Key, function: _Function, initialization: str) -> None:
        function.starting += 1
        self._starting += 1
        task = asyncio.create_task(self._begin(key, function, initialization))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _begin(self, key: _Key, function: _Function, initialization: str) -> None:
        began = self._clock.real()
        try:
            environment = await self._start(function.spec, initialization)
        except Exception as error:
            self._refuse(function, error)
        else:
            self._functions.setdefault(key, function)
            function.pace.started(self._clock.real() - began)
            if not environment.dead:
                self._all.add(environment)
            self._offer(function, environment)
        finally:
            function.starting -= 1
            self._starting -= 1
        if function.spec.tenant:
            self._drop(key)
        self._wake()

    def _refuse(self, function: _Function, error: Exception) -> None:
        if function.waiting:
            waiter = function.waiting.popleft()
            if not waiter.done():
                waiter.set_exception(error)

    def _offer(self, function: _Function, environment: Environment) -> bool:
        """Give it to whoever waits first; whether nobody did, and it is idle now."""
        while function.waiting:
            waiter = function.waiting.popleft()
            if not waiter.done():
                waiter.set_result(self._given(environment))
                return False
        if environment.dead:
            return False
        environment.idle_since = self._clock.real()
        function.idle.append(environment)
        self._arm()
        return True

    def _wake(self) -> None:
        """Room was made: start what others wait for."""
        for key, function in list(self._functions.items()):
            if function.waiting:
                self._more(key, function)
        if self._provisioned:
            self._top_up()

    def _evict(self) -> bool:
        """End the environment that has been idle longest, to make room. None that is provisioned:
        its replacement would take the room again."""
        spare = [env for function in self._functions.values() for env in function.idle]
        if self._provisioned:
            live = Counter(_key(env.spec) for env in self._all)
            spare = [env for env in spare if live[_key(env.spec)] > self._wanted(_key(env.spec))]
        if not spare:
            return False
        oldest = min(spare, key=lambda env: env.idle_since)
        for function in self._functions.values():
            if oldest in function.idle:
                function.idle.remove(oldest)
        self._all.discard(oldest)
        oldest.end()
        return True

    def _arm(self) -> None:
        if self._reaper is None and not self._closed:
            loop = asyncio.get_running_loop()
            self._reaper = loop.call_later(self._idle_seconds, self._reap)

    def _reap(self) -> None:
        self._reaper = None
        limit = self._clock.real() - self._idle_seconds
        left = False
        for key, function in self._functions.items():
            spare = len(function.idle)
            if key in self._provisioned:
                spare = self._live(key) - self._wanted(key)
            for environment in list(function.idle):
                if environment.idle_since > limit:
                    left = True
                elif spare > 0:
                    spare -= 1
                    function.idle.remove(environment)
                    environment.end()
        if left:
            self._arm()


def _key(spec: FunctionSpec) -> _Key:
    return spec.arn, spec.version, spec.revision, spec.tenant
