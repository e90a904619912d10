"""One execution environment: a process that runs one function, one invocation at a time."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path

from eventmill.invoke import reports
from eventmill.invoke.launcher import Process
from eventmill.invoke.memory import peak_mb, resident_mb
from eventmill.invoke.output import Output
from eventmill.invoke.runtime_api import Reply
from eventmill.kernel.clock import Clock, iso_millis
from eventmill.kernel.functions import FunctionSpec, Invocation, Outcome
from eventmill.kernel.ports import LogSink
from eventmill.kernel.streams import LIMIT, ResponseStream

_RESPONSE_LIMIT = 6_291_556
_WATCH_FIRST, _WATCH_EVERY = 0.05, 0.1
_TAIL_LINES = 200
_LAST_WORDS = 1.0
"""Seconds that a runtime whose init failed has to end by itself."""


class Environment:
    """Made by the pool; `gone` is called once when the process ended."""

    def __init__(
        self,
        spec: FunctionSpec,
        initialization: str,
        stream: str,
        temporary: Path,
        clock: Clock,
        logs: LogSink,
        gone: Callable[[Environment], None],
    ) -> None:
        self.spec = spec
        self.stream = stream
        self.temporary = temporary
        self.output = Output(self._line)
        self.server: asyncio.Server | None = None
        self.idle_since = 0.0
        self.used_since = 0.0
        self.dead = False
        self.begins_again = initialization == "on-demand"
        """Whether an init that fails now is begun again within the first invocation."""
        self._initialization = initialization
        self._clock = clock
        self._logs = logs
        self._gone = gone
        self._loop = asyncio.get_running_loop()
        self._process: Process | None = None
        self._reply: Reply | None = None
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._started = time.perf_counter()
        self._init_ms: float | None = None
        self._initialised = False
        self._served = False
        self._init_error: bytes | None = None
        self._launch: Callable[[], Awaitable[None]] | None = None
        self._retried = False
        self._opened = False
        self._result: asyncio.Future[tuple[bytes, str | None, str]] | None = None
        self._request_id = ""
        self._stream: ResponseStream | None = None
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._killed_for: str | None = None
        self._watching: asyncio.TimerHandle | None = None

    @property
    def initialised(self) -> bool:
        """Whether its runtime came as far as to ask for an invocation."""
        return self._initialised

    def attach(self, process: Process) -> None:
        """The process runs."""
        self._process = process
        process.on_end(self._ended)
        if self.dead:  # it was given up while it was started
            process.kill()

    def unstartable(self, document: bytes) -> None:
        """There is no process, and `document` says why; the next invocation starts anew."""
        self._init_error = document
        self.dead = True
        self.output.close()
        if self.server is not None:
            self.server.close()
        shutil.rmtree(self.temporary, ignore_errors=True)
        self._ready.set_result(None)

    async def ready(self, seconds: float) -> None:
        """Wait until the runtime asks for its first invocation, its init failed, or so many
        `seconds` have passed."""
        done, _ = await asyncio.wait((self._ready,), timeout=seconds)
        if done and self._init_ms is None:
            self._init_ms = (time.perf_counter() - self._started) * 1000

    async def suspend(self, launch: Callable[[], Awaitable[None]]) -> None:
        """End the process, whose init failed or took too long. The first invocation has `launch`
        start it again, under the function's timeout.

        https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
        """
        process, ended = self._process, self._loop.create_future()
        assert process is not None
        process.on_end(ended.set_result)
        if self._init_error is not None:
            # It says why, and then ends by itself.
            await asyncio.wait((ended,), timeout=_LAST_WORDS)
        how = self._init_end()
        process.kill()
        await ended
        self.output.close()
        self.report_init("init", how)
        self.output = Output(self._line)
        self._process = self._reply = self._init_error = self._init_ms = None
        self._initialised = self.begins_again = False
        self._ready = self._loop.create_future()
        self._launch = launch

    async def _init_again(self) -> None:
        assert self._launch is not None
        launch, self._launch = self._launch, None
        self._retried, self._started = True, time.perf_counter()
        try:
            # A timeout meanwhile must not lose the process that is being started.
            await asyncio.shield(asyncio.ensure_future(launch()))
        except OSError as error:
            self.output.given()
            self._init_error = reports.no_entrypoint(error)
            self._ended(1)
        await asyncio.wait((self._ready,))
        if not self._initialised:
            self.output.drain()
            self.report_init("invoke")

    def _init_end(self) -> tuple[str, str | None]:
        """(status, type of the error) of the init as it is now."""
        if self._initialised:
            return "success", None
        if self._init_error is not None:
            return "error", reports.error_type(self._init_error)
        if self._process is not None and self._process.status is None:
            return "timeout", None
        return "error", "Runtime.ExitError"

    def report_init(self, phase: str, how: tuple[str, str | None] | None = None) -> None:
        """Say in the log how the init ended."""
        milliseconds = (time.perf_counter() - self._started) * 1000
        init = reports.Init(self._initialization, phase, milliseconds, *(how or self._init_end()))
        for line in reports.init_report(self.spec, init, self._clock.now()):
            self._put(line)

    @property
    def waits(self) -> bool:
        """Whether the runtime has asked for an invocation and still lives."""
        return self._reply is not None and not self.dead

    async def again(self) -> bool:
        """Whether an invocation may be run here: not when the runtime ended, or hangs, after its
        last answer, which is no fault of the next one."""
        if not self._served:
            return True
        await asyncio.wait((self._ready,), timeout=self.spec.timeout)
        if not self.waits:
            self._kill("end")
        return self.waits

    async def run(self, invocation: Invocation) -> Outcome:
        """Run one invocation to its end, which is also the timeout's, a crash's or a kill's."""
        self._request_id = invocation.request_id
        self._stream = invocation.stream
        self._tail.clear()
        self._opened = False
        began = time.perf_counter()
        timeout = self.spec.timeout
        self._result = self._loop.create_future()
        self._watching = self._loop.call_later(_WATCH_FIRST, self._watch)
        try:
            payload, error, status = await asyncio.wait_for(
                self._attempt(invocation, timeout), timeout
            )
        except TimeoutError:
            if not self._opened:
                if not self._initialised:
                    self.report_init("invoke")
                self._open(invocation)
            self._say(
                f"{iso_millis(self._clock.now())} {invocation.request_id} Task timed out "
                f"after {timeout:.2f} seconds"
            )
            self._kill("timeout")
            payload = reports.timed_out(invocation.request_id, timeout)
            error, status = "Unhandled", "timeout"
        finally:
            self._served = True
            self._result = self._stream = None
            self._watching.cancel()
            if invocation.stream is not None:
                invocation.stream.end()
        return self._settle(invocation, payload, error, status, began)

    async def _attempt(
        self, invocation: Invocation, timeout: float
    ) -> tuple[bytes, str | None, str]:
        if self._launch is not None:
            await self._init_again()
        self._open(invocation)
        if not self._ready.done():
            await asyncio.wait((self._ready,))
        if self._init_error is not None:
            return self._init_error, "Unhandled", "error"
        if self.dead or self._reply is None:
            status = (self._process.status if self._process is not None else 1) or 0
            self._say(reports.exit_line(invocation.request_id, status))
            return reports.exited(invocation.request_id, status), "Unhandled", "error"
        reply, self._reply = self._reply, None
        # The runtime asks again once it is done with this one, which may be a little after its
        # answer: the next invocation waits for that.
        self._ready = self._loop.create_future()
        deadline = int((self._clock.real() + timeout) * 1000)
        headers = [
            ("Lambda-Runtime-Aws-Request-Id", invocation.request_id),
            ("Lambda-Runtime-Deadline-Ms", str(deadline)),
            ("Lambda-Runtime-Invoked-Function-Arn", invocation.invoked_arn),
            ("Lambda-Runtime-Trace-Id", invocation.trace or ""),
        ]
        if self.spec.tenant:
            headers.append(("Lambda-Runtime-Aws-Tenant-Id", self.spec.tenant))
        if invocation.client_context is not None:
            headers.append(("Lambda-Runtime-Client-Context", invocation.client_context))
        reply.send(headers, invocation.payload)
        assert self._result is not None
        return await self._result

    def _open(self, invocation: Invocation) -> None:
        """The log's line before the function's own."""
        self._opened = True
        for line in reports.start(self.spec, invocation.request_id, self._clock.now()):
            self._put(line)

    def _settle(
        self, invocation: Invocation, payload: bytes, error: str | None, status: str, began: float
    ) -> Outcome:
        duration = (time.perf_counter() - began) * 1000
        self.output.drain()
        streamed = invocation.stream is not None and invocation.stream.too_large
        if error is None and (streamed or len(payload) > _RESPONSE_LIMIT):
            limit = LIMIT if streamed else _RESPONSE_LIMIT
            payload, error, status = reports.too_large(limit), "Unhandled", "error"
        init, self._init_ms = self._init_ms, None
        pid = self._process.pid if self._process is not None else 0
        measured = reports.Measured(
            duration,
            peak_mb(pid),
            init,
            status,
            self._error_type() if status == "error" else None,
            len(payload) if invocation.stream is None else invocation.stream.size,
        )
        trace, now = invocation.trace or "", self._clock.now()
        for line in reports.end(self.spec, invocation.request_id, measured, trace, now):
            self._put(line)
        tail = "\n".join(self._tail).encode() + b"\n"
        return Outcome(payload, error, self.spec.version, tail, duration)

    def _error_type(self) -> str | None:
        """What the log calls the end of a runtime; errors of handlers have no name there."""
        if self._init_error is not None:
            return reports.error_type(self._init_error)
        return "Runtime.ExitError" if self.dead else None

    def on_next(self, reply: Reply) -> None:
        """The runtime is idle."""
        self._reply = reply
        if not self._initialised:
            self._initialised = True
            if not self._retried:  # else it is part of the invocation's duration
                self._init_ms = (time.perf_counter() - self._started) * 1000
        if not self._ready.done():
            self._ready.set_result(None)

    def on_response(self, request_id: str, body: bytes) -> None:
        """A late answer of an invocation that was given up is dropped."""
        self._finish(request_id, (body, None, "success"))

    def on_stream(self, request_id: str) -> ResponseStream | None:
        """The handler answers in pieces; those of an invocation that was given up go nowhere."""
        current = self._result
        if current is None or request_id != self._request_id or current.done():
            return None
        return self._stream

    def on_error(self, request_id: str, body: bytes) -> None:
        """The handler raised."""
        self._finish(request_id, (body, "Unhandled", "error"))

    def _finish(self, request_id: str, result: tuple[bytes, str | None, str]) -> None:
        current = self._result
        if current is not None and request_id == self._request_id and not current.done():
            current.set_result(result)

    def on_init_error(self, body: bytes) -> None:
        """The handler could not be loaded; the runtime exits next."""
        self._init_error = body
        if not self._ready.done():
            self._ready.set_result(None)

    def end(self) -> None:
        """Kill the process; `gone` follows."""
        self._kill("end")

    def _kill(self, reason: str) -> None:
        self._killed_for = self._killed_for or reason
        self.dead = True
        if self._process is not None:
            self._process.kill()
        elif self._launch is not None:
            self._launch = None
            self._loop.call_soon(self._ended, 0)

    def _watch(self) -> None:
        if self._result is None or self.dead:
            return
        if self._process and resident_mb(self._process.pid) > self.spec.memory_mb:
            self._kill("memory")
            return
        self._watching = self._loop.call_later(_WATCH_EVERY, self._watch)

    def _ended(self, status: int) -> None:
        if self.begins_again and not self._initialised and self._killed_for is None:
            if not self._ready.done():
                self._ready.set_result(None)
            return
        self.dead = True
        self.output.close()
        if self.server is not None:
            self.server.close()
        if not self._ready.done():
            self._ready.set_result(None)
        if self._killed_for != "timeout":
            if self._initialised and self._result is not None and not self._result.done():
                self._say(reports.exit_line(self._request_id, status))
            document = reports.exited(self._request_id, status)
            self._finish(self._request_id, (document, "Unhandled", "error"))
        shutil.rmtree(self.temporary, ignore_errors=True)
        self._gone(self)

    def announce(self, version: str) -> None:
        """The log's first line; `version` names what runs the function."""
        now = self._clock.now()
        for line in reports.init_start(self.spec, self._initialization, version, now):
            self._put(line)

    def _say(self, text: str) -> None:
        """A line of Lambda's own that the records of the JSON format make needless."""
        if self.spec.log_format != "JSON":
            self._put(text)

    def _line(self, text: str) -> None:
        self._put(text)

    def _put(self, text: str) -> None:
        self._tail.append(text)
        moment = int(self._clock.now() * 1000)
        self._logs.put(self.spec.log_group, self.stream, [(moment, text)])
