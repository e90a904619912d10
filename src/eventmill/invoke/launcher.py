"""Starting environments: forked where that is safe, spawned otherwise."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
ENGINE_PYTHON = sys.executable
Ended = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Launch:
    """What is to be started. `path` precedes sys.path, `output` becomes stdout and stderr."""

    path: tuple[str, ...]
    argv: tuple[str, ...]
    environment: dict[str, str]
    cwd: str
    output: int
    spawn: bool


class Process:
    """A started environment. `ended` is called once with its exit status (negative: signal)."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.status: int | None = None
        self._ended: Ended | None = None

    def on_end(self, ended: Ended) -> None:
        """Have `ended` called, at once if the process is over already."""
        self._ended = ended
        if self.status is not None:
            ended(self.status)

    def finish(self, status: int) -> None:
        """Called by whoever waited for the process. What it started and left behind ends too."""
        if self.status is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
            self.status = status
            if self._ended is not None:
                self._ended(status)

    def kill(self) -> None:
        """Kill the environment with all that it started."""
        if self.status is not None:
            # Its number may be another process's by now.
            return
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            # A fork that has not reached setpgid yet has no group.
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                return


class ForkServer:
    """The fork server and the environments it forked."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._control = ours
        self._control.setblocking(False)
        self._popen = subprocess.Popen(
            [ENGINE_PYTHON, str(_HERE / "fork_server.py"), str(os.getpid())],
            stdin=theirs.fileno(),
            env={**_clean_environment(), "PYTHONDONTWRITEBYTECODE": "1"},
            start_new_session=True,
        )
        theirs.close()
        self._next = 0
        self._sending = asyncio.Lock()
        self._writable = asyncio.Event()
        self._starting: dict[int, asyncio.Future[Process]] = {}
        self._running: dict[int, Process] = {}
        self._buffer = b""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._control, self._readable)
        self.alive = True

    @property
    def pid(self) -> int:
        """The server's own."""
        return self._popen.pid

    async def start(self, launch: Launch) -> Process:
        """Fork one environment. Raises OSError when the server is gone, or goes meanwhile."""
        self._next += 1
        number = self._next
        message = {
            "id": number,
            "env": launch.environment,
            "cwd": launch.cwd,
            "path": list(launch.path),
            "argv": list(launch.argv),
            "client": str(_HERE / "plain_client.py"),
        }
        # One message after the other: many at once are more than the socket takes.
        async with self._sending:
            await self._send(json.dumps(message).encode() + b"\n", launch.output)
        self._starting[number] = self._loop.create_future()
        return await self._starting[number]

    async def _send(self, data: bytes, descriptor: int) -> None:
        sent = 0
        while sent < len(data):
            try:
                if sent:
                    sent += self._control.send(data[sent:])
                else:
                    sent = socket.send_fds(self._control, [data], [descriptor])
            except BlockingIOError:
                self._writable.clear()
                self._loop.add_writer(self._control, self._takes_more)
                await self._writable.wait()

    def _takes_more(self) -> None:
        self._loop.remove_writer(self._control)
        self._writable.set()

    def close(self) -> None:
        """End the server; its forks die with it."""
        self._popen.kill()
        for process in self._running.values():
            process.kill()
        self._lost()

    def _readable(self) -> None:
        try:
            data = self._control.recv(65_536)
        except BlockingIOError:
            return
        except ConnectionError:
            # It ended before it read all.
            data = b""
        if not data:
            self._lost()
            return
        self._buffer += data
        while b"\n" in self._buffer:
            line, _, self._buffer = self._buffer.partition(b"\n")
            self._handle(json.loads(line))

    def _handle(self, message: dict[str, Any]) -> None:
        if "id" in message:
            process = self._running[message["pid"]] = Process(message["pid"])
            future = self._starting.pop(message["id"])
            if not future.done():
                future.set_result(process)
            return
        ended = self._running.pop(message["pid"], None)
        if ended is not None:
            ended.finish(message["status"])

    def _lost(self) -> None:
        """It has ended; who still sends to it learns so."""
        self.alive = False
        if self._control.fileno() < 0:
            return
        self._loop.remove_reader(self._control)
        self._takes_more()
        self._control.close()
        self._popen.wait()
        for future in self._starting.values():
            if not future.done():
                future.set_exception(OSError("the fork server ended"))
        self._starting.clear()
        for process in list(self._running.values()):
            process.finish(-signal.SIGKILL)
        self._running.clear()


def _clean_environment() -> dict[str, str]:
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ}


_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def _die_with_engine() -> None:
    """Have the kernel kill this process when the engine ends: it could change what the next start
    works on."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Launcher:
    """Starts processes, and the fork server anew when it has ended."""

    def __init__(self) -> None:
        self._server: ForkServer | None = None
        self._waiters: set[asyncio.Task[None]] = set()

    def warm(self) -> ForkServer:
        """Have a fork server; at once, so that the first cold start does not wait for it."""
        if self._server is None or not self._server.alive:
            self._server = ForkServer()
        return self._server

    async def start(self, launch: Launch) -> Process:
        """Start one environment. Raises OSError when that fails."""
        if launch.spawn:
            return await self._spawn(launch)
        server = self.warm()
        try:
            return await server.start(launch)
        except OSError:
            # The kernel may have killed it for memory.
            server.alive = False
            return await self.warm().start(launch)

    async def _spawn(self, launch: Launch) -> Process:
        popen = await asyncio.create_subprocess_exec(
            *launch.argv,
            stdin=subprocess.DEVNULL,
            stdout=launch.output,
            stderr=launch.output,
            env=launch.environment,
            cwd=launch.cwd,
            # A session is a group too; uvloop cannot make a group alone.
            start_new_session=True,
            # Between fork and exec nothing but one system call may run.
            preexec_fn=_die_with_engine if sys.platform == "linux" else None,
        )
        process = Process(popen.pid)

        async def wait() -> None:
            process.finish(await popen.wait())

        task = asyncio.create_task(wait())
        self._waiters.add(task)
        task.add_done_callback(self._waiters.discard)
        return process

    def close(self) -> None:
        """End the fork server."""
        if self._server is not None:
            self._server.close()


PYTHON_CLIENT = _HERE / "spawned.py"
"""The script that a Python environment runs which is spawned and not forked."""

NODE_CLIENT = _HERE / "node" / "client.mjs"
"""The Runtime API's client that runs Node.js functions."""
