"""kill -9 of the engine while functions read streams: lanes, retries and windows go on."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from eventmill.testing import engine
from tests.crash.process import client_of, kill, start

APP = Path(__file__).parents[1] / "apps" / "chance"
RECORDS = 60


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.mark.parametrize("seed", range(2))
def test_lanes_and_windows_go_on_where_they_were(tmp_path: Path, seed: int) -> None:
    folder, chance = tmp_path / "told", random.Random(seed)
    folder.mkdir()
    process, said = start(
        tmp_path / "data", tmp_path / "log", APP, "--parameter", f"Folder={folder}"
    )
    kinesis, functions = (client_of(said["endpoint"], name) for name in ("kinesis", "lambda"))
    for name, function, more in (
        ("lanes", "Chance", {"ParallelizationFactor": 3, "BisectBatchOnFunctionError": True}),
        ("windows", "Windowed", {"TumblingWindowInSeconds": 60}),
    ):
        kinesis.create_stream(StreamName=name, ShardCount=2)
        functions.create_event_source_mapping(
            FunctionName=said["outputs"][function],
            EventSourceArn=kinesis.describe_stream(StreamName=name)["StreamDescription"][
                "StreamARN"
            ],
            StartingPosition="TRIM_HORIZON",
            BatchSize=4,
            **more,
        )
    entries = []
    for number in range(chance.randrange(RECORDS // 2, RECORDS)):
        entry = {"run": "lanes", "number": number, "key": chance.choice("abcdef"), "reports": False}
        entries.append(entry | {"fails": int(not chance.randrange(9))})
        for name in ("lanes", "windows"):
            told = {**entries[-1], "fails": entries[-1]["fails"] if name == "lanes" else 0}
            kinesis.put_record(
                StreamName=name, Data=json.dumps(told), PartitionKey=entries[-1]["key"]
            )
    kill(process)
    with engine(tmp_path / "data") as mill:
        mill.deploy(APP, {"Folder": str(folder)})
        while mill.settle().later:
            mill.advance(61)
    # What was under way comes twice, nothing is lost, and nothing overtakes another of its key.
    taken = lines(folder / "lanes.taken")
    for key in "abcdef":
        arrived = dict.fromkeys(one["number"] for one in taken if one["key"] == key)
        assert list(arrived) == [one["number"] for one in entries if one["key"] == key]
    # State and position are written as one, so no record is added up twice.
    ends = {
        (call["shardId"], call["window"]["start"]): call["count"]
        for call in lines(folder / "window.seen")
        if call["isFinalInvokeForWindow"]
    }
    assert sum(ends.values()) == len(entries)
