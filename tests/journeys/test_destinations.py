"""Limits on what functions are called with, and on what destinations and dead letters may be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eventmill.testing import engine
from tests.metrics import total
from tests.queues import taken

APP = Path(__file__).parents[1] / "apps" / "destinations"
MB = 1_048_576


@pytest.fixture(scope="module")
def app():
    with engine() as running:
        running.deploy(APP)
        yield running


def event_of(size: int, **more: Any) -> bytes:
    """An event of so many bytes."""
    event = {"number": 0, "fail": False, "blob": ""} | more
    event["blob"] = "x" * (size - len(json.dumps(event)))
    return json.dumps(event).encode()


def invoke(app: Any, kind: str, payload: bytes, how: str = "Event") -> Any:
    name = app.outputs[f"{kind}Worker"]
    return app.client("lambda").invoke(FunctionName=name, InvocationType=how, Payload=payload)


def finish(app: Any) -> None:
    """Until the repetitions are over, and the tries of what a target does not take."""
    while app.settle().later:
        app.advance(61)


def received(app: Any, kind: str) -> list[Any]:
    finish(app)
    return taken(app, app.outputs[f"{kind}Records"])


def bucket(app: Any) -> list[Any]:
    """The records that the bucket holds; taken out of it."""
    finish(app)
    s3, name, found = app.client("s3"), app.outputs["BucketRecords"], []
    for entry in s3.list_objects_v2(Bucket=name).get("Contents", []):
        found.append(json.loads(s3.get_object(Bucket=name, Key=entry["Key"])["Body"].read()))
        s3.delete_object(Bucket=name, Key=entry["Key"])
    return found


def counted(app: Any, metric: str, kind: str) -> float:
    return total(app, metric, FunctionName=app.outputs[f"{kind}Worker"])


@pytest.mark.parametrize(("how", "limit"), [("Event", MB), ("RequestResponse", 6 * MB)])
def test_a_payload_may_be_as_large_as_its_kind_of_invocation_allows(app, how, limit) -> None:
    assert invoke(app, "Bucket", event_of(limit), how)["StatusCode"] in (200, 202)
    with pytest.raises(ClientError) as refused:
        invoke(app, "Bucket", event_of(limit + 1), how)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert refused.value.response["Error"] == {
        "Code": "RequestTooLargeException",
        "Message": f"{limit + 1} byte payload is too large for the {how} invocation type (limit "
        f"{limit} bytes)",
    }
    finish(app)


def test_the_older_asynchronous_call_takes_less(app) -> None:
    functions, name = app.client("lambda"), app.outputs["BucketWorker"]
    payload = event_of(MB // 4, fail=True)
    functions.invoke_async(FunctionName=name, InvokeArgs=payload)
    (record,) = bucket(app)
    assert record["requestPayload"] == json.loads(payload)
    with pytest.raises(ClientError) as refused:
        functions.invoke_async(FunctionName=name, InvokeArgs=event_of(MB // 4 + 1))
    assert refused.value.response["Error"]["Code"] == "RequestTooLargeException"


@pytest.mark.parametrize("kind", ["Queue", "Topic", "Function", "Bus"])
@pytest.mark.parametrize("fail", [True, False])
def test_a_record_too_large_for_its_target_comes_without_payloads(app, kind, fail) -> None:
    invoke(app, kind, event_of(MB, fail=fail))
    (message,) = received(app, kind)
    told = json.loads(message["Body"])
    record = json.loads(told["Message"]) if kind == "Topic" else told.get("detail", told)
    assert set(record) == {"version", "timestamp", "requestContext", "responseContext"}
    condition = "RetriesExhausted" if fail else "Success"
    assert record["requestContext"]["condition"] == condition


def test_a_bucket_takes_a_record_of_any_size(app) -> None:
    payload = event_of(MB, fail=True)
    invoke(app, "Bucket", payload)
    (record,) = bucket(app)
    assert record["requestPayload"] == json.loads(payload)


def test_a_dead_letter_is_the_event_with_what_went_wrong(app) -> None:
    invoke(app, "DeadTopic", event_of(1_000, fail=True))
    (message,) = received(app, "DeadTopic")
    envelope = json.loads(message["Body"])
    assert json.loads(envelope["Message"])["fail"] is True
    told = {name: value["Value"] for name, value in envelope["MessageAttributes"].items()}
    assert (told["ErrorCode"], told["ErrorMessage"]) == ("200", "told to")
    assert set(told) == {"RequestID", "ErrorCode", "ErrorMessage"}


@pytest.mark.parametrize("kind", ["DeadQueue", "DeadTopic"])
def test_a_dead_letter_too_large_for_its_target_is_lost_and_counted(app, kind) -> None:
    before = counted(app, "DeadLetterErrors", kind)
    invoke(app, kind, event_of(MB, fail=True))
    assert received(app, kind) == []
    assert counted(app, "DeadLetterErrors", kind) == before + 1


def test_a_destination_that_is_gone_loses_the_record_and_a_metric_says_so(app) -> None:
    sns = app.client("sns")
    (topic,) = [
        one["TopicArn"]
        for one in sns.list_topics()["Topics"]
        if one["TopicArn"].endswith("-Topic") or "-Topic-" in one["TopicArn"]
    ]
    sns.delete_topic(TopicArn=topic)
    before = counted(app, "DestinationDeliveryFailures", "Topic")
    invoke(app, "Topic", event_of(1_000))
    finish(app)
    assert counted(app, "DestinationDeliveryFailures", "Topic") == before + 1
