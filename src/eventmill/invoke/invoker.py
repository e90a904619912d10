"""The invoker: what deliver, edge and Lambda's Invoke run functions with."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from eventmill.invoke import reports, variables
from eventmill.invoke.environment import Environment
from eventmill.invoke.interpreters import interpreter_for, node
from eventmill.invoke.launcher import ENGINE_PYTHON, NODE_CLIENT, PYTHON_CLIENT, Launch, Launcher
from eventmill.invoke.pool import Pool
from eventmill.invoke.runtime_api import serve
from eventmill.invoke.settings import InvokeSettings
from eventmill.kernel import lineage
from eventmill.kernel.clock import Clock
from eventmill.kernel.functions import FunctionSpec, Invocation, Outcome, RecursionDetected
from eventmill.kernel.ids import Ids
from eventmill.kernel.ports import LogSink

__all__ = ["InvokeSettings", "ProcessInvoker"]

_PROVISIONED_INIT = 130.0
"""Seconds that an init may take which no invocation waits for, or the function's timeout."""
_OPT = "/opt/"
"""Where layers lie on Lambda."""


class ProcessInvoker:
    """Runs functions as processes of this machine. See kernel.ports.Invoker."""

    def __init__(self, clock: Clock, ids: Ids, logs: LogSink, settings: InvokeSettings) -> None:
        self._clock = clock
        self._ids = ids
        self._logs = logs
        self._settings = settings
        self._launcher = Launcher()
        self._loop = asyncio.get_running_loop()
        self._folder = settings.data / "environments"
        self._pool = Pool(
            clock,
            self._start,
            settings.limit,
            settings.account_concurrency,
            settings.idle_seconds,
        )

    async def start(self) -> None:
        """Clear what a dead engine left and have the fork server ready."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self._launcher.warm()

    async def stop(self) -> None:
        """End all environments."""
        await self._pool.close()
        self._launcher.close()

    @property
    def running(self) -> int:
        """Invocations that run or wait for an environment."""
        return self._pool.running

    def forget(self, function_arn: str) -> None:
        """Let go of the environments of a function that changed. Safe from any thread."""
        self._loop.call_soon_threadsafe(self._pool.forget, function_arn)

    async def invoke(self, invocation: Invocation) -> Outcome:
        """Run it once. Raises ConcurrencyExceeded, RecursionDetected."""
        if invocation.spec.per_tenant and not invocation.spec.tenant:
            # Queues, buckets and others know no tenants: Lambda does not take their calls.
            return reports.no_tenant(invocation.spec.version)
        invocation = self._traced(invocation)
        spec = invocation.spec
        self._pool.enter(spec)
        try:
            while True:
                environment = await self._pool.acquire(spec)
                try:
                    if environment.waits or await environment.again():
                        return await environment.run(invocation)
                finally:
                    self._pool.release(environment)
        finally:
            self._pool.leave(spec)

    def _traced(self, invocation: Invocation) -> Invocation:
        """Lambda begins a trace, unsampled here, where the caller brought none, and enters the
        function into its lineage."""
        spec, trace = invocation.spec, invocation.trace
        if not trace:
            root = self._ids.trace_root(self._clock.real())
            trace = f"Root={root};Parent={self._ids.hex(16)};Sampled=0"
        elif not lineage.follows(invocation.source):
            trace = lineage.without(trace)
        elif lineage.runs_of(trace, spec.arn) >= lineage.LIMIT and not spec.may_recurse:
            raise RecursionDetected(spec.arn)
        return replace(invocation, trace=lineage.entered(trace, spec.arn))

    async def provision(self, targets: Sequence[tuple[FunctionSpec, int]]) -> None:
        """See deliver.provisioning.Warmer."""
        await self._pool.provision(targets)

    async def _start(self, spec: FunctionSpec, initialization: str) -> Environment:
        stream = f"{datetime.fromtimestamp(self._clock.now(), UTC):%Y/%m/%d}/[{spec.version}]"
        stream += self._ids.hex(32)
        temporary = self._folder / self._ids.hex(16)
        temporary.mkdir(parents=True)
        environment = Environment(
            spec, initialization, stream, temporary, self._clock, self._logs, self._pool.gone
        )
        environment.announce(_version(spec))
        environment.server, address = await serve(environment)

        async def launch() -> None:
            wanted = self._launch(spec, stream, environment, address, initialization)
            process = await self._launcher.start(wanted)
            environment.output.given()
            environment.attach(process)

        try:
            await launch()
        except OSError as error:
            environment.output.given()
            environment.unstartable(reports.no_entrypoint(error))
            return environment
        if environment.begins_again:
            await environment.ready(self._settings.init_seconds)
            if not environment.initialised and not environment.dead:
                await environment.suspend(launch)
        else:
            await environment.ready(max(_PROVISIONED_INIT, spec.timeout))
            environment.report_init("init")
        return environment

    def _launch(
        self,
        spec: FunctionSpec,
        stream: str,
        environment: Environment,
        address: str,
        initialization: str,
    ) -> Launch:
        values = variables.variables(
            spec, self._settings, address, stream, environment.temporary, initialization
        )
        python = spec.runtime.startswith("python")
        interpreter = interpreter_for(spec.runtime)
        path = variables.search_path(spec, interpreter.version)
        wrapper = _wrapper(spec)
        wrapped = "LD_LIBRARY_PATH" in values or wrapper is not None
        spawn = not python or wrapped or interpreter.path != ENGINE_PYTHON
        argv: tuple[str, ...] = ("bootstrap", spec.handler)
        if spec.runtime.startswith("nodejs"):
            argv = (node() or "node", str(NODE_CLIENT))
        elif not python:
            argv = (str(_bootstrap(spec)),)
        elif spawn:
            argv = (interpreter.path, str(PYTHON_CLIENT))
            values["EVENTMILL_PATH"] = os.pathsep.join(path)
        if wrapper is not None:
            argv = (*_command(Path(wrapper)), *argv)
            values["EVENTMILL_PYTHON"] = ENGINE_PYTHON
        return Launch(
            path=path,
            argv=argv,
            environment=values,
            cwd=str(spec.code),
            output=environment.output.writer,
            spawn=spawn,
        )


def _version(spec: FunctionSpec) -> str:
    """What runs a function, as the log's INIT_START names it."""
    if spec.runtime.startswith("python"):
        return f"python:{interpreter_for(spec.runtime).version}"
    return f"nodejs:{spec.runtime[6:-2]}" if spec.runtime.startswith("nodejs") else spec.runtime


def _wrapper(spec: FunctionSpec) -> str | None:
    """The program that starts the runtime; None where it comes with a layer that is not here."""
    named = spec.environment.get("AWS_LAMBDA_EXEC_WRAPPER")
    if not named or not named.startswith(_OPT):
        return named
    places = (str(layer / named.removeprefix(_OPT)) for layer in reversed(spec.layers))
    return next((place for place in places if os.path.exists(place)), None)  # noqa: PTH110


def _command(script: Path) -> tuple[str, ...]:
    """A script that lost its mode on the way into its package is one all the same."""
    lost = script.is_file() and not os.access(script, os.X_OK)
    return ("/bin/sh", str(script)) if lost else (str(script),)


def _bootstrap(spec: FunctionSpec) -> Path:
    """The function's own, or else that of the first layer that has one."""
    places = [folder / "bootstrap" for folder in (spec.code, *spec.layers)]
    return next((place for place in places if place.exists()), places[0])
