"""kill -9 of the engine while rules, replays, schedules and subscriptions are at work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest

from eventmill import config
from eventmill.testing import engine

APP = Path(__file__).parents[1] / "apps" / "archive"
ORDERS = 40


@pytest.fixture
def partner() -> Iterator[tuple[str, list[str]]]:
    """A partner's address, and the orders that it was told."""
    told: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.append(json.loads(body)["order"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", told
    server.shutdown()
    server.server_close()


def client(service: str, endpoint: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=config.ACCESS_KEY,
        aws_secret_access_key=config.SECRET_KEY,
    )


def bodies(mill: Any, url: str) -> list[str]:
    sqs, found = mill.client("sqs"), []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found.append(message["Body"])
    return found


def test_what_was_acknowledged_goes_on_after_a_kill(
    tmp_path: Path, partner: tuple[str, list[str]]
) -> None:
    url, told = partner
    command = [sys.executable, "-m", "eventmill.cli", "up", str(APP), "--port", "0", "--json"]
    command += ["--data", str(tmp_path / "data"), "--parameter", f"PartnerUrl={url}"]
    with (tmp_path / "log").open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, (tmp_path / "log").read_text()
    said = json.loads(line)
    outputs, events = said["outputs"], client("events", said["endpoint"])
    queue = client("sqs", said["endpoint"])
    at = queue.create_queue(QueueName="ticks")["QueueUrl"]
    form = "%Y-%m-%dT%H:%M:%S"
    client("scheduler", said["endpoint"]).create_schedule(
        Name="tick",
        ScheduleExpression=f"at({time.strftime(form, time.gmtime(time.time() + 600))})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": "arn:aws:sqs:us-east-1:000000000000:ticks",
            "RoleArn": "arn:aws:iam::000000000000:role/r",
            "Input": "<aws.scheduler.attempt-number>",
        },
    )
    ids = set()
    for kind in ("Shipped", "Placed"):
        for first in range(0, ORDERS, 10):
            entries = [
                {
                    "EventBusName": outputs["Bus"],
                    "Source": "shop",
                    "DetailType": kind,
                    "Detail": json.dumps({"order": str(number)}),
                }
                for number in range(first, first + 10)
            ]
            answer = events.put_events(Entries=entries)["Entries"]
            ids |= {entry["EventId"] for entry in answer if kind == "Placed"}
    events.start_replay(
        ReplayName="again",
        EventSourceArn=outputs["ArchiveArn"],
        EventStartTime=0,
        EventEndTime=time.time() + 60,
        Destination={"Arn": outputs["BusArn"]},
    )
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with engine(tmp_path / "data") as mill:
        for _ in range(6):
            mill.settle()
            mill.advance(10)
        mill.settle()
        # Over HTTP at least once: with the replay's, twice or more.
        assert {order: told.count(order) >= 2 for order in told} == {
            str(number): True for number in range(ORDERS)
        }
        assert mill.client("events").describe_replay(ReplayName="again")["State"] == "COMPLETED"
        archive = mill.client("events").describe_archive(ArchiveName=outputs["Archive"])
        assert archive["EventCount"] == 2 * ORDERS
        got = [json.loads(body)["got"] for body in bodies(mill, outputs["Results"])]
        for replayed in (True, False):
            assert {one["id"] for one in got if ("replay-name" in one) is replayed} == ids
        assert bodies(mill, outputs["Dead"]) == []
        # Between our own services exactly once.
        assert bodies(mill, at) == []
        mill.advance(600)
        mill.settle()
        assert bodies(mill, at) == ["1"]
