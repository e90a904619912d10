"""A running engine for as long as a command needs it."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvloop

from eventmill.assembly import Engine
from eventmill.config import Settings
from eventmill.datadir import DataDirectory


@asynccontextmanager
async def running(
    settings: Settings, *, ephemeral: bool, progress: Callable[[str], None]
) -> AsyncIterator[Engine]:
    """Start an engine and stop it in the end. Raises EventmillError when it cannot start."""
    folder = Path(tempfile.mkdtemp(prefix="eventmill-")) if ephemeral else None
    if folder is not None:
        settings = replace(settings, data=folder)
    directory = DataDirectory(settings.data)
    directory.claim()
    if not _is_loopback(settings.host):
        progress(
            f"warning: {settings.host} is open to the network, and whoever reaches it may use "
            "this engine and read its data: its only key is published"
        )
    try:
        engine = Engine(settings, directory, progress)
        try:
            await engine.start()
            yield engine
        finally:
            await engine.stop()
    finally:
        directory.release()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def run_until_done(work: Coroutine[Any, Any, int]) -> int:
    """Run a command's coroutine on a fresh loop and return its exit status."""
    return uvloop.run(work)


async def until_signal() -> None:
    """Wait for Ctrl-C or SIGTERM."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    await stop.wait()
