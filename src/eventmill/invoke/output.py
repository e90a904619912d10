"""What a function prints: read from its pipe with back-pressure, one log event per line."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

_READ = 65_536
_LINE_LIMIT = 262_144
"""CloudWatch Logs' longest event; a longer line is cut into several."""
_PER_TURN = 16
"""Reads in one turn of the loop: a function that prints without end must not hold it up."""


class Output:
    """Reads a pipe and hands complete lines to `line`."""

    def __init__(self, line: Callable[[str], None]) -> None:
        self._line = line
        self._rest = b""
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._read, self._readable)
        self._open = True

    @property
    def writer(self) -> int:
        """The end that the environment gets; close it here with `given`."""
        return self._write

    def given(self) -> None:
        """The environment holds its copy: close ours, so that its end shows."""
        os.close(self._write)

    def drain(self) -> None:
        """Take what is in the pipe now, so that it stands before the lines that end the call."""
        for _ in range(_PER_TURN):
            if not self._take():
                break
        self._flush()

    def close(self) -> None:
        """Take the rest and stop."""
        if self._open:
            self.drain()
            self._end()

    def _readable(self) -> None:
        for _ in range(_PER_TURN):
            if not self._take():
                return

    def _take(self) -> bool:
        if not self._open:
            return False
        try:
            data = os.read(self._read, _READ)
        except BlockingIOError:
            return False
        if not data:
            self._flush()
            self._end()
            return False
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._emit(line)
        if len(self._rest) > _LINE_LIMIT:
            self._flush()
        return True

    def _flush(self) -> None:
        if self._rest:
            rest, self._rest = self._rest, b""
            self._emit(rest)

    def _emit(self, line: bytes) -> None:
        # Runtimes join the lines of one event, such as a traceback, by carriage returns.
        text = line.decode("utf-8", "replace").replace("\r", "\n").rstrip("\n")
        for start in range(0, len(text) or 1, _LINE_LIMIT):
            self._line(text[start : start + _LINE_LIMIT])

    def _end(self) -> None:
        if not self._open:
            return
        self._open = False
        self._loop.remove_reader(self._read)
        os.close(self._read)
