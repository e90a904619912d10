"""kill -9 of the engine while streams are read and pipes run: they go on where they were."""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path

import pytest

from eventmill.testing import engine
from tests.crash.process import calm, client_of, kill, start
from tests.queues import taken

APP = Path(__file__).parents[1] / "apps" / "pipe"
BATCHES = 20


@pytest.mark.parametrize("seed", range(2))
def test_every_record_and_message_goes_through_its_pipe(tmp_path: Path, seed: int) -> None:
    process, said = start(tmp_path / "data", tmp_path / "log", APP)
    outputs = said["outputs"]
    sqs, kinesis = client_of(said["endpoint"], "sqs"), client_of(said["endpoint"], "kinesis")
    kill_after = random.Random(seed).randrange(3, BATCHES)
    clicks: list[str] = []
    orders: set[str] = set()
    for batch in range(kill_after):
        names = [f"{batch}-{number}" for number in range(5)]
        kinesis.put_records(
            StreamName=outputs["Clicks"],
            Records=[{"Data": name, "PartitionKey": "k"} for name in names],
        )
        clicks += names
        bodies = [json.dumps({"kind": "order", "order": name}) for name in names]
        entries = [{"Id": str(at), "MessageBody": body} for at, body in enumerate(bodies)]
        sqs.send_message_batch(QueueUrl=outputs["Orders"], Entries=entries)
        orders |= set(names)
    kill(process)
    with engine(tmp_path / "data") as mill:
        outputs = mill.deploy(APP)
        calm(mill, 3, 61)
        told = [json.loads(message["Body"]) for message in taken(mill, outputs["Results"])]
        seen = [base64.b64decode(e["data"]).decode() for es in told if type(es) is list for e in es]
        assert list(dict.fromkeys(seen)) == clicks, "in order, with what was under way twice"
        assert {one["detail"]["number"] for one in told if type(one) is dict} == orders
        assert taken(mill, outputs["Lost"]) == []
