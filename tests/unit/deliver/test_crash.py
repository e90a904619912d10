"""kill -9 in the midst of work: the next start finishes what was taken."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from .bench import bench

_COUNT = 60

_CHILD = """
import asyncio, json, os, sys
from pathlib import Path
sys.path[:0] = {paths!r}
from tests.unit.deliver.bench import FUNCTION, QUEUE, STREAM, bench
from tests.unit.deliver.test_crash import handled
from eventmill.services import lambda_, sqs

def handler(event):
    os.write(1, json.dumps(handled(event)).encode() + b"\\n")

async def main():
    async with bench(Path({folder!r})) as b:
        await b.queue()
        await b.function(handler)
        await b.map(QUEUE)
        await b.map(STREAM, StartingPosition="TRIM_HORIZON", BatchSize=5)
        def everything(tx):
            for number in range({count}):
                sqs.enqueue(tx, b.ids, QUEUE, "message-%d" % number)
                b.put_in(tx, "key-%d" % (number % 7), "record-%d" % number, "shard-1")
                payload = b'{{"event": "event-%d"}}' % number
                lambda_.enqueue_event(tx, b.ids, FUNCTION, payload, trace=None, source="s")
        await b.database.write(everything)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def handled(event: dict[str, Any]) -> list[str]:
    """What an invocation was about."""
    if "event" in event:
        return [event["event"]]
    return [record.get("body") or record["value"] for record in event["Records"]]


def _work_until_killed(folder: Path, invocations: int) -> set[str]:
    """What the engine had handled when it was killed after so many invocations."""
    root = Path(__file__).parents[3]
    script = _CHILD.format(paths=[str(root / "src"), str(root)], folder=str(folder), count=_COUNT)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(invocations)]
        os.kill(child.pid, signal.SIGKILL)
        lines += [line for line in child.stdout if line.endswith(b"\n")]
    return {item for line in lines for item in json.loads(line)}


def test_nothing_is_lost_by_a_kill() -> None:
    async def rest(folder: Path, before: set[str]) -> None:
        async with bench(folder, seed=9) as b:
            report = await b.flights.settled(10)
            assert not report.later
            assert b.counts() == (0, 0, 0)
            after = {item for event in b.invoker.events for item in handled(event)}
            kinds = ("message", "record", "event")
            assert before | after == {
                f"{kind}-{number}" for kind in kinds for number in range(_COUNT)
            }
            receives = {
                record["attributes"]["ApproximateReceiveCount"]
                for event in b.invoker.events
                for record in event.get("Records", ())
                if "attributes" in record
            }
            # The receive that the death cut off is not counted.
            assert receives <= {"1"}

    for invocations in (1, 30):
        with tempfile.TemporaryDirectory() as folder:
            before = _work_until_killed(Path(folder), invocations)
            assert len(before) < 3 * _COUNT
            asyncio.run(rest(Path(folder), before))
