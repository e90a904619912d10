"""kill -9 of the engine while messages are on their way: none is lost."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from eventmill.testing import engine
from tests.crash.process import calm, client_of, kill, start
from tests.queues import taken

APP = Path(__file__).parents[1] / "apps" / "queue"
MESSAGES = 200


@pytest.mark.parametrize("seed", range(3))
def test_no_acknowledged_message_is_lost(tmp_path: Path, seed: int) -> None:
    process, said = start(tmp_path / "data", tmp_path / "log", APP)
    client = client_of(said["endpoint"], "sqs")
    kill_after = random.Random(seed).randrange(10, MESSAGES // 10)
    sent = set()
    for batch in range(MESSAGES // 10):
        entries = [{"Id": str(number), "MessageBody": f"{batch}-{number}"} for number in range(10)]
        client.send_message_batch(QueueUrl=said["outputs"]["Queue"], Entries=entries)
        sent |= {entry["MessageBody"] for entry in entries}
        if batch == kill_after:
            break
    kill(process)
    with engine(tmp_path / "data") as mill:
        outputs = mill.deploy(APP)
        # A message whose function had its answer lost by the kill comes again after its timeout.
        calm(mill, 1, 61)
        assert {message["Body"] for message in taken(mill, outputs["Results"])} == sent
        assert taken(mill, outputs["Dead"]) == []
