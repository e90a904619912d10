"""kill -9 of the engine while asynchronous invocations and their records are on their way: of
every acknowledged event the record arrives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eventmill.testing import engine
from tests.crash.process import client_of, kill, start
from tests.queues import taken

# One engine is killed for all tests, so they stay together.
pytestmark = pytest.mark.xdist_group("destinations")

APP = Path(__file__).parents[1] / "apps" / "destinations"
KINDS = ("Queue", "Topic", "Function", "Bus", "Bucket", "DeadQueue", "DeadTopic")
EVENTS = 12
"""For each kind; every second one fails."""


def record_of(kind: str, body: str) -> dict[str, Any]:
    """The destination's record, or the event itself for a dead letter, out of what carried it."""
    told = json.loads(body)
    if kind.endswith("Topic"):
        return json.loads(told["Message"])
    return told["detail"] if kind == "Bus" else told


def arrived(mill: Any, outputs: dict[str, str], kind: str) -> list[dict[str, Any]]:
    """All records that this destination holds."""
    place = outputs[f"{kind}Records"]
    if kind == "Bucket":
        s3, found = mill.client("s3"), []
        for entry in s3.list_objects_v2(Bucket=place).get("Contents", []):
            found.append(json.loads(s3.get_object(Bucket=place, Key=entry["Key"])["Body"].read()))
        return found
    return [record_of(kind, message["Body"]) for message in taken(mill, place)]


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[Any]]]:
    """By kind, what arrived in the end of an engine that was killed twice."""
    folder = tmp_path_factory.mktemp("destinations")
    process, said = start(folder / "data", folder / "log", APP)
    functions = client_of(said["endpoint"], "lambda")
    gate = folder / "gate"
    for number in range(EVENTS):
        event = {"number": number, "fail": number % 2 == 1}
        if number >= EVENTS - 2:
            # Under way when the engine dies: it cannot end before.
            event["gate"] = str(gate)
        for kind in KINDS:
            functions.invoke(
                FunctionName=said["outputs"][f"{kind}Worker"],
                InvocationType="Event",
                Payload=json.dumps(event),
            )
    kill(process)
    gate.touch()
    process, said = start(folder / "data", folder / "log", APP)
    kill(process)
    with engine(folder / "data") as mill:
        outputs = mill.deploy(APP)
        while mill.settle().later:
            mill.advance(61)
        yield {kind: arrived(mill, outputs, kind) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS[:5])
def test_the_record_of_every_event_arrives(records: dict[str, list[Any]], kind: str) -> None:
    by_condition: dict[str, set[int]] = {}
    for record in records[kind]:
        condition = record["requestContext"]["condition"]
        by_condition.setdefault(condition, set()).add(record["requestPayload"]["number"])
    expected = {"RetriesExhausted": set(range(1, EVENTS, 2)), "Success": set(range(0, EVENTS, 2))}
    if kind == "Bucket":
        del expected["Success"]
    assert by_condition == expected


@pytest.mark.parametrize("kind", KINDS[5:])
def test_every_failed_event_is_a_dead_letter(records: dict[str, list[Any]], kind: str) -> None:
    numbers = {event["number"] for event in records[kind]}
    assert numbers == set(range(1, EVENTS, 2))
