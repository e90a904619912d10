"""kill -9 of the engine while rules, replays, schedules and subscriptions are at work."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventmill.testing import TestEngine, engine
from tests.crash.process import calm, client_of, kill, start
from tests.hook import Hook, hook
from tests.queues import taken

APP = Path(__file__).parents[1] / "apps" / "archive"
ORDERS = 40


def bodies(mill: TestEngine, url: str) -> list[str]:
    return [message["Body"] for message in taken(mill, url)]


@pytest.fixture
def partner() -> Iterator[Hook]:
    """Whom the application tells of its orders."""
    with hook() as web:
        yield web


def test_what_was_acknowledged_goes_on_after_a_kill(tmp_path: Path, partner: Hook) -> None:
    address = f"PartnerUrl={partner.url}"
    process, said = start(tmp_path / "data", tmp_path / "log", APP, "--parameter", address)
    outputs, events = said["outputs"], client_of(said["endpoint"], "events")
    queue = client_of(said["endpoint"], "sqs")
    at = queue.create_queue(QueueName="ticks")["QueueUrl"]
    form = "%Y-%m-%dT%H:%M:%S"
    client_of(said["endpoint"], "scheduler").create_schedule(
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
    kill(process)
    with engine(tmp_path / "data") as mill:
        calm(mill, 6, 10)
        told = [body["order"] for body in partner.bodies()]
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
