"""An execution environment whose process is only told of."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from eventmill.invoke import environment
from eventmill.invoke.environment import Environment
from eventmill.invoke.launcher import Process
from eventmill.kernel.clock import Clock
from eventmill.kernel.functions import FunctionSpec, Invocation


class Runtime:
    """Stands for a runtime's waiting request, and answers after some turns of the loop."""

    def __init__(self, served: Environment, turns: int) -> None:
        self._served = served
        self._turns = turns

    def send(self, headers: list[tuple[str, str]], body: bytes) -> None:
        asyncio.get_running_loop().create_task(self._answer(dict(headers)))

    async def _answer(self, headers: dict[str, str]) -> None:
        for _ in range(self._turns):
            await asyncio.sleep(0)
        self._served.on_next(cast(Any, self))
        self._served.on_response(headers["Lambda-Runtime-Aws-Request-Id"], b"{}")


class Logs:
    def put(self, group: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        """Nothing is kept."""


def test_one_watch_looks_at_the_memory_however_many_invocations_there_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    def look(pid: int) -> float:
        nonlocal looks
        looks += 1
        return 0.0

    monkeypatch.setattr(environment, "resident_mb", look)
    monkeypatch.setattr(environment, "_WATCH_FIRST", 0.0)
    monkeypatch.setattr(environment, "_WATCH_EVERY", 0.0)
    spec = FunctionSpec("a:f", "f", "$LATEST", "1", "python3.13", "a.b", tmp_path)

    async def work() -> list[int]:
        nonlocal looks
        made = Environment(
            spec, "on-demand", "s", tmp_path / "tmp", Clock(), Logs(), lambda ended: None
        )
        made.attach(Process(os.getpid()))
        made.on_next(cast(Any, Runtime(made, 20)))
        counts = []
        for number in range(8):
            looks = 0
            await made.run(Invocation(spec, b"{}", f"r-{number}", spec.arn))
            counts.append(looks)
        made.output.given()
        made.output.close()
        return counts

    first, *later = asyncio.run(work())
    assert first > 0 and max(later) <= first + 2
