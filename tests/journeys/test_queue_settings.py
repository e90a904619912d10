"""What the settings of a queue's mapping do: sizes of batches, concurrency, what goes away."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from eventmill.testing import engine
from tests.metrics import total

APP = Path(__file__).parents[1] / "apps" / "chance"
SQS = "arn:aws:sqs:us-east-1:000000000000"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("queues")


@pytest.fixture(scope="module")
def app(folder: Path):
    with engine() as running:
        running.deploy(APP, {"Folder": str(folder)})
        yield running


def mapped(app: Any, name: str, **given: Any) -> tuple[str, str]:
    """URL of a new queue and UUID of its mapping."""
    # What gathers over a window must not become visible again meanwhile.
    attributes = {"VisibilityTimeout": "900"}
    url = app.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    made = app.client("lambda").create_event_source_mapping(
        FunctionName=app.outputs["Queued"], EventSourceArn=f"{SQS}:{name}", **given
    )
    return url, made["UUID"]


def send(app: Any, url: str, *bodies: str) -> None:
    sqs = app.client("sqs")
    for first in range(0, len(bodies), 10):
        entries = [
            {"Id": str(number), "MessageBody": body}
            for number, body in enumerate(bodies[first : first + 10])
        ]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)


def seen(folder: Path, name: str) -> list[dict[str, Any]]:
    path = folder / f"{name}.seen"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def left(app: Any, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = app.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return sum(int(value) for value in found["Attributes"].values())


def test_thousands_of_messages_are_one_batch_once_its_window_ends(app, folder) -> None:
    url, _ = mapped(app, "many", BatchSize=10_000, MaximumBatchingWindowInSeconds=20)
    send(app, url, *(str(number) for number in range(1_500)))
    app.settle()
    assert seen(folder, "many") == []
    app.advance(21)
    app.settle()
    (call,) = seen(folder, "many")
    assert sorted(map(int, call["bodies"])) == list(range(1_500))
    assert left(app, url) == 0


def test_six_megabytes_end_a_batch_before_its_size_and_its_window(app, folder) -> None:
    counted = {"MetricsConfig": {"Metrics": ["EventCount"]}}
    window = {"MaximumBatchingWindowInSeconds": 300}
    url, uuid = mapped(app, "large", BatchSize=10_000, **window, **counted)
    for number in range(8):
        send(app, url, str(number) * 1_000_000)
    app.settle()
    assert [len(call["bodies"]) for call in seen(folder, "large")] == [6]
    app.advance(301)
    app.settle()
    assert [len(call["bodies"]) for call in seen(folder, "large")] == [6, 2]
    assert left(app, url) == 0
    # What did not fit into the first batch was taken twice.
    assert total(app, "PolledEventCount", EventSourceMappingUUID=uuid) == 8


def test_so_many_batches_run_at_once_as_the_mapping_allows(app, folder) -> None:
    config = {"MaximumConcurrency": 2}
    url, uuid = mapped(app, "two", BatchSize=1, ScalingConfig=config, Enabled=False)
    app.settle()
    send(app, url, *["0.2"] * 6)
    app.client("lambda").update_event_source_mapping(UUID=uuid, Enabled=True)
    app.settle()
    calls = seen(folder, "two")
    together = [
        sum(other["began"] <= call["began"] < other["ended"] for other in calls) for call in calls
    ]
    assert (len(calls), max(together)) == (6, 2)


def test_a_queue_that_comes_back_is_polled_again(app, folder) -> None:
    url, uuid = mapped(app, "back")
    app.client("sqs").delete_queue(QueueUrl=url)
    app.settle()
    assert app.client("lambda").get_event_source_mapping(UUID=uuid)["State"] == "Enabled"
    app.advance(61)
    app.client("sqs").create_queue(QueueName="back")
    send(app, url, "again")
    app.settle()
    assert [call["bodies"] for call in seen(folder, "back")] == [["again"]]


def test_messages_for_a_function_that_is_gone_stay_until_it_is_there_again(app, folder) -> None:
    functions, name = app.client("lambda"), app.outputs["Queued"]
    was = functions.get_function(FunctionName=name)
    url, uuid = mapped(app, "orphan")
    with urllib.request.urlopen(was["Code"]["Location"]) as answer:
        archive = answer.read()
    functions.delete_function(FunctionName=name)
    send(app, url, "waits")
    app.settle()
    assert (left(app, url), seen(folder, "orphan")) == (1, [])
    config = was["Configuration"]
    functions.create_function(
        Code={"ZipFile": archive},
        **{key: config[key] for key in ("FunctionName", "Runtime", "Role", "Handler")},
        Environment={"Variables": config["Environment"]["Variables"]},
    )
    app.settle()
    assert [call["bodies"] for call in seen(folder, "orphan")] == [["waits"]]
    functions.delete_event_source_mapping(UUID=uuid)
