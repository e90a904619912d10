"""A process that has imported boto3 and forks execution environments on request.

It runs as a script and imports nothing of ours, which functions must not find loaded. It holds no
threads and no user code: a fork of either would be unsafe or leak between functions. The runtime
client is imported after the fork, because its C part keeps the address that it saw at load.

Requests come over the Unix socket on descriptor 0: one JSON line with `id`, `env`, `cwd`, `argv`
(see `serve_function`) and `path` (for sys.path), together with the descriptor that becomes stdout
and stderr. Answers: `{"id", "pid"}` once forked, `{"pid", "status"}` when an environment ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import select
import signal
import socket
import sys
from typing import Any

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent ends (Linux only)."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        # The parent died before the request took effect.
        os._exit(1)


def preload() -> None:
    """Import what nearly every function needs, and warm what boto3 makes on first use."""
    import base64  # noqa: F401
    import datetime  # noqa: F401
    import decimal  # noqa: F401
    import http.client  # noqa: F401
    import importlib.metadata  # noqa: F401
    import logging.handlers  # noqa: F401
    import traceback  # noqa: F401
    import uuid  # noqa: F401

    with contextlib.suppress(ImportError):
        import boto3  # noqa: F401
        import botocore.httpsession
        import botocore.retries.standard
        import botocore.signers

        # Reading the endpoint data and rules takes most of a client's creation time.
        loader = botocore.loaders.Loader()
        for name in ("endpoints", "partitions", "sdk-default-configuration", "_retry"):
            with contextlib.suppress(Exception):
                loader.load_data(name)


def serve_function(request: dict[str, Any]) -> None:
    """What a fork does: become the runtime of one function. Does not return."""
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    sys.path[:] = request["path"] + [entry for entry in sys.path if entry not in request["path"]]
    sys.argv = request["argv"]
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    try:
        from awslambdaric.__main__ import main
    except ImportError:
        from runpy import run_path

        run_path(request["client"], run_name="__main__")
        return
    main(sys.argv)


def _fork(request: dict[str, Any], output: int, control: socket.socket, parent: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        die_with_parent(parent)
        control.close()
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.closerange(3, 256)
        gc.unfreeze()
        gc.enable()
        serve_function(request)
        status = 0
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
        os._exit(status)


class _Server:
    def __init__(self) -> None:
        self._control = socket.socket(fileno=0)
        self._me = os.getpid()
        self._buffer = b""
        self._outputs: list[int] = []
        self._wake, write = os.pipe()
        os.set_blocking(write, False)
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def run(self) -> None:
        """Serve until the engine closes the socket."""
        while True:
            control = self._control.fileno()
            ready, _, _ = select.select([control, self._wake], [], [])
            if self._wake in ready:
                os.read(self._wake, 4096)
                self._reap()
            if control in ready and not self._receive():
                return

    def _receive(self) -> bool:
        data, outputs, _, _ = socket.recv_fds(self._control, 1_048_576, 16)
        if not data:
            return False
        self._buffer += data
        self._outputs += outputs
        while b"\n" in self._buffer:
            line, _, self._buffer = self._buffer.partition(b"\n")
            request = json.loads(line)
            output = self._outputs.pop(0)
            pid = _fork(request, output, self._control, self._me)
            os.close(output)
            self._send({"id": request["id"], "pid": pid})
        return True

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._send({"pid": pid, "status": os.waitstatus_to_exitcode(status)})

    def _send(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            self._control.sendall(json.dumps(message).encode() + b"\n")


def main() -> None:
    """The script's entry: `fork_server.py <engine's pid>`."""
    die_with_parent(int(sys.argv[1]))
    preload()
    # What is imported so far stays shared between all forks instead of being copied by the
    # collector's bookkeeping.
    gc.collect()
    gc.disable()
    gc.freeze()
    server = _Server()
    sys.stdout.flush()
    server.run()


if __name__ == "__main__":
    main()
