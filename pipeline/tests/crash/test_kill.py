"""kill -9 while 300 documents are on their way: each arrives, and nothing is done twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest

from eventmill import config

PIPELINE = Path(__file__).parents[2]
DOCUMENTS = 300
KILLS = 3
STAGES = ("uploading", "received", "extracted", "classified", "done")

pytestmark = pytest.mark.xdist_group("pipeline")


class Killable:
    """An engine in a process of its own, on one data directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.start()

    def start(self) -> None:
        arguments = ["up", str(PIPELINE), "--port", "0", "--json", "--parameter"]
        arguments += ["SignInLink=shown", "--data", str(self.folder / "data")]
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "eventmill.cli", *arguments],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, (self.folder / "log").read_text()[-2_000:]
        said = json.loads(line)
        self.endpoint, self.outputs = said["endpoint"], said["outputs"]

    def kill(self, *, functions: bool) -> None:
        """Kill the engine, and with `functions` the processes that it started, all at once."""
        victims = [self.process.pid]
        if functions:
            victims += descendants(self.process.pid)
        for pid in victims:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=config.ACCESS_KEY,
            aws_secret_access_key=config.SECRET_KEY,
        )

    def control(self, command: str, **params: Any) -> Any:
        request = urllib.request.Request(
            f"{self.endpoint}/_eventmill/{command}", json.dumps(params).encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=300) as answer:
            return json.loads(answer.read())


def descendants(pid: int) -> list[int]:
    """Every process below `pid`."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        parents.setdefault(parent, []).append(int(folder.name))
    found = list(parents.get(pid, []))
    for child in found:
        found += parents.get(child, [])
    return found


@pytest.fixture
def mill(tmp_path: Path):
    running = Killable(tmp_path)
    yield running
    running.kill(functions=True)


def send_all(session: Any, folder: Path) -> set[str]:
    def send(number: int) -> str:
        file = folder / f"note-{number}.txt"
        file.write_text(f"Dear Ada,\n\nthis is the marmalade letter {number}.\n\nRegards,\nMira\n")
        return session.upload(file)

    with ThreadPoolExecutor(4) as threads:
        return set(threads.map(send, range(DOCUMENTS)))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in /proc")
@pytest.mark.parametrize("functions", [False, True], ids=["engine", "engine-and-functions"])
def test_every_document_arrives_once(mill, demo, tmp_path: Path, functions: bool) -> None:
    session = demo.Session.open(mill.outputs["Page"])
    ids = send_all(session, tmp_path)
    assert len(ids) == DOCUMENTS
    chance = random.Random()
    for _ in range(KILLS):
        # The moment of the kill is what the test is about; nothing is waited for.
        time.sleep(chance.uniform(0.2, 2.0))
        mill.kill(functions=functions)
        mill.start()
    mill.control("settle", seconds=240)
    session = demo.Session.open(mill.outputs["Page"])
    check_documents(session, ids)
    check_effects(mill, session, ids)


def check_documents(session: Any, ids: set[str]) -> None:
    found: dict[str, dict[str, Any]] = {}
    after = ""
    while after is not None:
        page = session.call("GET", "documents?limit=200" + (f"&after={after}" if after else ""))
        found |= {document["id"]: document for document in page["documents"]}
        after = page["next"]
    assert set(found) == ids
    assert Counter(document["status"] for document in found.values()) == {"done": len(ids)}
    assert {document["run"] for document in found.values()} == {1}
    for document in found.values():
        assert tuple(step["stage"] for step in document["stages"]) == STAGES


def check_effects(mill: Killable, session: Any, ids: set[str]) -> None:
    tables = {
        name.split("-")[1]: name for name in mill.client("dynamodb").list_tables()["TableNames"]
    }
    entries = Counter()
    pages = mill.client("dynamodb").get_paginator("scan").paginate(TableName=tables["Audit"])
    for page in pages:
        entries.update((item["document"]["S"], item["stage"]["S"]) for item in page["Items"])
    expected = {(f"home#{number}", stage): 1 for number in ids for stage in STAGES}
    assert entries == expected
    assert session.call("GET", "search?q=marmalade&limit=100")["total"] == len(ids)
    for name, depth in json.loads(
        urllib.request.urlopen(f"{mill.endpoint}/_eventmill/status").read()
    )["queues"].items():
        assert depth == {"visible": 0, "inFlight": 0, "delayed": 0}, name
