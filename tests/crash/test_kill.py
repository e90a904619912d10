"""kill -9 of the engine while messages are on their way: none is lost."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from eventmill import config
from eventmill.testing import engine

APP = Path(__file__).parents[1] / "apps" / "queue"
MESSAGES = 200


def start(
    data: Path, log: Path, app: Path = APP, *options: str
) -> tuple[subprocess.Popen[str], dict]:
    with log.open("a") as errors:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "eventmill.cli",
                "up",
                str(app),
                "--port",
                "0",
                "--json",
                "--data",
                str(data),
                *options,
            ],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, log.read_text()
    return process, json.loads(line)


def client_of(endpoint: str, service: str = "sqs"):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=config.ACCESS_KEY,
        aws_secret_access_key=config.SECRET_KEY,
    )


@pytest.mark.parametrize("seed", range(3))
def test_no_acknowledged_message_is_lost(tmp_path: Path, seed: int) -> None:
    process, said = start(tmp_path / "data", tmp_path / "log")
    client = client_of(said["endpoint"])
    kill_after = random.Random(seed).randrange(10, MESSAGES // 10)
    sent = set()
    for batch in range(MESSAGES // 10):
        entries = [{"Id": str(number), "MessageBody": f"{batch}-{number}"} for number in range(10)]
        client.send_message_batch(QueueUrl=said["outputs"]["Queue"], Entries=entries)
        sent |= {entry["MessageBody"] for entry in entries}
        if batch == kill_after:
            break
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with engine(tmp_path / "data") as mill:
        outputs = mill.run(mill.inner.deploy(APP, {})).outputs
        mill.settle()
        # A message whose function had its answer lost by the kill comes again after its timeout.
        mill.advance(61)
        mill.settle()
        client = mill.client("sqs")
        arrived = set()
        while found := client.receive_message(
            QueueUrl=outputs["Results"], MaxNumberOfMessages=10
        ).get("Messages"):
            arrived |= {message["Body"] for message in found}
        assert arrived == sent
        dead = client.get_queue_attributes(QueueUrl=outputs["Dead"], AttributeNames=["All"])
        assert dead["Attributes"]["ApproximateNumberOfMessages"] == "0"
