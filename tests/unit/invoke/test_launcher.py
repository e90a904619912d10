"""Environments that are forked, when their fork server is slow or gone."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from pathlib import Path

from eventmill.invoke.launcher import Launch, Launcher, Process


def launch(folder: Path, output: int, size: int = 0) -> Launch:
    """A function whose Runtime API nobody serves: it ends at once."""
    variables = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1", "LARGE": "x" * size}
    return Launch((str(folder),), ("bootstrap", "a.b"), variables, str(folder), output, spawn=False)


async def ended(process: Process) -> int:
    over: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    process.on_end(over.set_result)
    return await asyncio.wait_for(over, 10)


def test_an_environment_is_forked_anew_when_the_fork_server_was_killed(tmp_path: Path) -> None:
    async def work(output: int) -> None:
        launcher = Launcher()
        server = launcher.warm()
        os.kill(server.pid, signal.SIGKILL)
        process = await launcher.start(launch(tmp_path, output))
        assert await ended(process) != 0 and launcher.warm() is not server
        launcher.close()

    with (tmp_path / "output").open("wb") as output:
        asyncio.run(work(output.fileno()))
    assert b"a" in (tmp_path / "output").read_bytes()


def test_more_starts_than_the_fork_server_takes_at_once_wait_for_it(tmp_path: Path) -> None:
    async def work(output: int) -> None:
        launcher = Launcher()
        starts = [launcher.start(launch(tmp_path, output, 100_000)) for _ in range(8)]
        processes = await asyncio.gather(*starts)
        assert len({process.pid for process in processes}) == 8
        for process in processes:
            await ended(process)
        launcher.close()

    with (tmp_path / "output").open("wb") as output:
        asyncio.run(work(output.fileno()))


def test_who_has_the_number_of_an_ended_environment_is_not_killed() -> None:
    gone = subprocess.Popen(["true"], start_new_session=True)
    gone.wait()
    process = Process(gone.pid)
    process.finish(0)
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as other:
        # As if the kernel had given the number again.
        process.pid = other.pid
        process.kill()
        assert other.poll() is None
        Process(other.pid).kill()
        assert other.wait() == -signal.SIGKILL


def test_what_an_environment_left_behind_ends_with_it(tmp_path: Path) -> None:
    """The pipe ends when nobody holds it any more."""
    reader, writer = os.pipe()

    async def work() -> None:
        launcher = Launcher()
        argv = ("sh", "-c", "sleep 60 & echo begun")
        process = await launcher.start(Launch((), argv, {}, str(tmp_path), writer, spawn=True))
        os.close(writer)
        assert await ended(process) == 0
        said = await asyncio.to_thread(lambda: Path(f"/dev/fd/{reader}").read_bytes())
        assert said == b"begun\n"

    asyncio.run(asyncio.wait_for(work(), 20))
    os.close(reader)
