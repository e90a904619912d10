"""What the settings of a stream's mapping do: positions, windows, retries, and what expires."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from eventmill.testing import engine
from tests.metrics import total

APP = Path(__file__).parents[1] / "apps" / "chance"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("settings")


@pytest.fixture(scope="module")
def app(folder: Path):
    with engine() as running:
        running.deploy(APP, {"Folder": str(folder)})
        yield running


class Stream:
    """A stream of Kinesis or of a table, whose records tell the function what to do."""

    def __init__(self, app: Any, source: str, name: str, *, reports: bool = False) -> None:
        self.name = f"{source}-{name}"
        self._app = app
        self._source = source
        self._reports = reports
        self._number = 0
        if source == "kinesis":
            kinesis = app.client("kinesis")
            kinesis.create_stream(StreamName=self.name, ShardCount=1)
            found = kinesis.describe_stream(StreamName=self.name)["StreamDescription"]
            self.arn = found["StreamARN"]
        else:
            self.arn = app.client("dynamodb").create_table(
                TableName=self.name,
                AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
                BillingMode="PAY_PER_REQUEST",
                StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
            )["TableDescription"]["LatestStreamArn"]

    def put(self, *fails: int, **more: Any) -> None:
        """One record for each number, which is how often it is refused."""
        for times in fails:
            entry = {"run": self.name, "number": self._number, "key": "k", "fails": times} | more
            said = json.dumps(entry | {"reports": self._reports})
            self._number += 1
            if self._source == "kinesis":
                self._app.client("kinesis").put_record(
                    StreamName=self.name, Data=said, PartitionKey="k"
                )
            else:
                item = {"key": {"S": f"k{self._number}"}, "said": {"S": said}}
                self._app.client("dynamodb").put_item(TableName=self.name, Item=item)

    def map(self, position: str = "TRIM_HORIZON", function: str = "Chance", **more: Any) -> str:
        return self._app.client("lambda").create_event_source_mapping(
            FunctionName=self._app.outputs[function],
            EventSourceArn=self.arn,
            StartingPosition=position,
            **more,
        )["UUID"]


def seen(folder: Path, name: str) -> list[Any]:
    """What a function was called with, in order."""
    path = folder / f"{name}.seen"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def finish(app: Any) -> None:
    while app.settle().later:
        app.advance(61)


SOURCES = pytest.mark.parametrize("source", ["kinesis", "dynamodb"])


@pytest.mark.parametrize(
    ("source", "position"),
    [
        *itertools.product(["kinesis", "dynamodb"], ["LATEST", "TRIM_HORIZON"]),
        ("kinesis", "AT_TIMESTAMP"),
    ],
)
def test_starting_positions(app, folder, source: str, position: str) -> None:
    stream = Stream(app, source, f"from-{position}")
    stream.put(0)
    app.advance(10)
    moment = app.inner.clock.now()
    stream.put(0)
    app.advance(10)
    more = {"StartingPositionTimestamp": moment} if position == "AT_TIMESTAMP" else {}
    client, uuid = app.client("lambda"), stream.map(position, **more)
    app.settle()
    there = {"LATEST": [], "TRIM_HORIZON": [[0, 1]], "AT_TIMESTAMP": [[1]]}[position]
    assert seen(folder, stream.name) == there
    client.update_event_source_mapping(UUID=uuid, Enabled=False)
    app.settle()
    stream.put(0)
    app.settle()
    assert seen(folder, stream.name) == there
    # Enabled again it goes on where it was, whatever its starting position.
    client.update_event_source_mapping(UUID=uuid, Enabled=True)
    app.settle()
    assert seen(folder, stream.name) == [*there, [2]]


@SOURCES
def test_a_partial_response_cuts_the_batch_where_it_says_when_it_is_bisected(
    app, folder, source: str
) -> None:
    stream = Stream(app, source, "partial", reports=True)
    stream.put(0, 0, 1, 0, 0)
    stream.map(
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=0,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    app.settle()
    # Cutting uses up no attempt, so the rest is tried again although there are no retries.
    assert seen(folder, stream.name) == [[0, 1, 2, 3, 4], [2, 3, 4]]


def test_without_report_batch_item_failures_a_response_means_nothing(app, folder) -> None:
    stream = Stream(app, "kinesis", "unreported", reports=True)
    stream.put(0, 1, 0)
    stream.map()
    finish(app)
    assert seen(folder, stream.name) == [[0, 1, 2]]


def test_the_window_of_a_batch_ends_with_its_size_or_its_time(app, folder) -> None:
    stream = Stream(app, "kinesis", "batched")
    stream.map(BatchSize=3, MaximumBatchingWindowInSeconds=60)
    stream.put(0, 0)
    app.settle()
    assert seen(folder, stream.name) == []
    stream.put(0, 0)
    app.settle()
    assert seen(folder, stream.name) == [[0, 1, 2]]
    app.advance(61)
    app.settle()
    assert seen(folder, stream.name) == [[0, 1, 2], [3]]


@SOURCES
def test_what_expires_in_the_stream_is_lost_and_the_shard_goes_on(app, folder, source) -> None:
    stream = Stream(app, source, "expired")
    stream.put(1_000)
    stream.map(BatchSize=1)
    for _ in range(3):
        app.settle()
        app.advance(61)
    tried = len(seen(folder, stream.name))
    assert tried > 1 and set(map(tuple, seen(folder, stream.name))) == {(0,)}
    app.advance(25 * 3_600)
    stream.put(0)
    finish(app)
    assert seen(folder, stream.name)[tried:][-1] == [1]
    assert seen(folder, stream.name).count([1]) == 1


def test_a_tables_records_are_filtered_by_what_happened_and_by_their_images(app, folder) -> None:
    stream = Stream(app, "dynamodb", "filtered")
    stream.put(0, 0, 0)
    table = app.client("dynamodb")
    table.delete_item(TableName=stream.name, Key={"key": {"S": "k1"}})
    pattern = {
        "eventName": ["INSERT"],
        "dynamodb": {"NewImage": {"key": {"S": [{"anything-but": "k2"}]}}},
    }
    stream.map(FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})
    app.settle()
    assert seen(folder, stream.name) == [[0, 2]]


def windows(folder: Path) -> list[tuple[int, int, bool, bool]]:
    """(records, count so far, final, early) of each call; then forgotten."""
    found = [
        (call["records"], call["count"], call["isFinalInvokeForWindow"], call[early])
        for call in seen(folder, "window")
        if (early := "isWindowTerminatedEarly")
    ]
    (folder / "window.seen").unlink()
    return found


@SOURCES
def test_a_window_with_too_much_state_ends_early_and_begins_anew(app, folder, source) -> None:
    stream = Stream(app, source, "large")
    app.advance(60 - app.inner.clock.now() % 60 + 1)
    stream.put(0, 0)
    stream.put(0, bytes=1_048_576)
    stream.put(0)
    stream.map(function="Windowed", BatchSize=1, TumblingWindowInSeconds=60)
    app.settle()
    (first, *_) = seen(folder, "window")
    assert sorted(first) == [
        "count",
        "eventSourceARN",
        "isFinalInvokeForWindow",
        "isWindowTerminatedEarly",
        "records",
        "shardId",
        "window",
    ]
    assert first["eventSourceARN"] == stream.arn
    assert sorted(first["window"]) == ["end", "start"]
    assert windows(folder) == [
        (1, 0, False, False),
        (1, 1, False, False),
        (1, 2, False, False),
        (0, 3, True, True),
        (1, 0, False, False),
    ]
    app.advance(60)
    app.settle()
    assert windows(folder) == [(0, 1, True, False)]


def test_an_answer_without_state_is_a_failure(app, folder) -> None:
    stream = Stream(app, "kinesis", "stateless")
    app.advance(60 - app.inner.clock.now() % 60 + 1)
    stream.put(0, 1)
    uuid = stream.map(function="Windowed", BatchSize=1, TumblingWindowInSeconds=60)
    app.settle()
    found = app.client("lambda").get_event_source_mapping(UUID=uuid)
    assert found["LastProcessingResult"] == "PROBLEM: Function call failed"
    app.advance(5)
    app.settle()
    calls = [(1, 0, False, False), (1, 1, False, False), (1, 1, False, False)]
    assert windows(folder) == calls
    app.advance(60)
    app.settle()
    assert windows(folder) == [(0, 2, True, False)]


@SOURCES
def test_a_stream_that_is_gone_shows_in_its_mapping(app, source) -> None:
    stream = Stream(app, source, "gone")
    uuid = stream.map()
    app.settle()
    client = app.client("lambda")
    assert client.get_event_source_mapping(UUID=uuid)["LastProcessingResult"] == (
        "No records processed"
    )
    if source == "kinesis":
        app.client("kinesis").delete_stream(StreamName=stream.name)
    else:
        app.client("dynamodb").delete_table(TableName=stream.name)
        # The stream of a table that is gone can be read for a day.
        app.advance(25 * 3_600)
    app.settle()
    found = client.get_event_source_mapping(UUID=uuid)
    assert found["LastProcessingResult"] == f"PROBLEM: Stream not found: {stream.arn}"
    assert found["State"] == "Enabled"


def test_events_are_counted_where_that_is_asked_for(app) -> None:
    stream = Stream(app, "kinesis", "counted")
    stream.put(0, 9, 0)
    pattern = {"data": {"number": [0, 1]}}
    uuid = stream.map(
        BatchSize=1,
        MaximumRetryAttempts=0,
        FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]},
        DestinationConfig={"OnFailure": {"Destination": app.outputs["Lost"]}},
        MetricsConfig={"Metrics": ["EventCount"]},
    )
    finish(app)
    counted = {
        what: total(app, f"{what}EventCount", EventSourceMappingUUID=uuid)
        for what in (
            "Polled",
            "FilteredOut",
            "Invoked",
            "FailedInvoke",
            "Dropped",
            "OnFailureDestinationDelivered",
        )
    }
    assert counted == {
        "Polled": 3,
        "FilteredOut": 1,
        "Invoked": 1,
        "FailedInvoke": 1,
        "Dropped": 1,
        "OnFailureDestinationDelivered": 1,
    }


@pytest.mark.parametrize("function", ["Chance", "Windowed"])
def test_a_record_that_waits_for_the_next_batch_is_counted_once(app, function: str) -> None:
    """A batch of the one is cut off by its bytes, of the other at the end of its window."""
    stream, windowed = Stream(app, "kinesis", f"once-{function}"), function == "Windowed"
    for _ in range(3):
        stream.put(0, 0, 0, filling="" if windowed else "x" * 900_000)
        app.advance(61)
    window = {"TumblingWindowInSeconds": 60} if windowed else {}
    uuid = stream.map(function=function, MetricsConfig={"Metrics": ["EventCount"]}, **window)
    finish(app)
    polled, invoked = (
        total(app, f"{what}EventCount", EventSourceMappingUUID=uuid)
        for what in ("Polled", "Invoked")
    )
    assert (polled, invoked) == (9, 9)


def test_a_function_that_does_not_run_shows_in_its_mapping(app, folder) -> None:
    stream = Stream(app, "kinesis", "stopped")
    uuid, client = stream.map(), app.client("lambda")
    name = app.outputs["Chance"]

    def result() -> str:
        app.settle()
        return client.get_event_source_mapping(UUID=uuid)["LastProcessingResult"]

    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    stream.put(0)
    assert result() == "PROBLEM: ReservedFunctionConcurrentInvocationLimitExceeded"
    assert seen(folder, stream.name) == []
    client.delete_function_concurrency(FunctionName=name)
    assert result() == "OK"
    assert seen(folder, stream.name) == [[0]]
