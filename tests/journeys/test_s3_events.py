"""From a change of a bucket to the function and the bus that hear of it, field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eventmill.testing import TestEngine, engine
from tests.queues import taken
from tests.shape import assert_shape, recorded

APP = Path(__file__).parents[1] / "apps" / "bucket"


@pytest.fixture(scope="module")
def app() -> Iterator[TestEngine]:
    with engine() as running:
        running.deploy(APP)
        yield running


def arrived(app: TestEngine, output: str) -> list[dict[str, Any]]:
    """What a queue of the application holds, taken out of it."""
    app.settle()
    return [json.loads(message["Body"]) for message in taken(app, app.outputs[output])]


def name_of(event: dict[str, Any]) -> str:
    return str(event["Records"][0]["eventName"])


def test_every_way_to_make_an_object_reaches_the_function(app: TestEngine) -> None:
    s3, bucket = app.client("s3"), app.outputs["Bucket"]
    s3.put_object(Bucket=bucket, Key="in/a b.txt", Body=b"hello")
    s3.copy_object(Bucket=bucket, Key="in/copy.txt", CopySource=f"{bucket}/in/a b.txt")
    place = {"Bucket": bucket, "Key": "in/parts.txt"}
    upload = s3.create_multipart_upload(**place)["UploadId"]
    part = s3.upload_part(**place, UploadId=upload, PartNumber=1, Body=b"part")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(**place, UploadId=upload, MultipartUpload=parts)
    s3.put_object(Bucket=bucket, Key="in/a.bin", Body=b"another suffix")
    s3.put_object(Bucket=bucket, Key="out/a.txt", Body=b"another prefix")
    events = arrived(app, "Results")
    assert sorted(map(name_of, events)) == [
        "ObjectCreated:CompleteMultipartUpload",
        "ObjectCreated:Copy",
        "ObjectCreated:Put",
    ]
    for event in events:
        assert_shape(event, recorded("s3.created"))
    (put,) = (event for event in events if name_of(event) == "ObjectCreated:Put")
    assert put["Records"][0]["s3"]["object"]["key"] == "in/a+b.txt"
    first = arrived(app, "OnBus")[0]
    assert_shape(first, recorded("s3.bus.created"))


def test_deleting_marks_and_removes_and_both_are_told(app: TestEngine) -> None:
    s3, bucket = app.client("s3"), app.outputs["Bucket"]
    version = s3.put_object(Bucket=bucket, Key="in/a b.txt", Body=b"hello")["VersionId"]
    arrived(app, "Results"), arrived(app, "OnBus")
    s3.delete_object(Bucket=bucket, Key="in/a b.txt")
    s3.delete_object(Bucket=bucket, Key="in/a b.txt", VersionId=version)
    by_name = {name_of(event): event for event in arrived(app, "Results")}
    assert_shape(by_name["ObjectRemoved:DeleteMarkerCreated"], recorded("s3.marked"))
    assert_shape(by_name["ObjectRemoved:Delete"], recorded("s3.removed"))
    assert_shape(arrived(app, "OnBus")[0], recorded("s3.bus.deleted"))


def test_an_event_that_fails_is_tried_again_and_told_to_the_destination(app: TestEngine) -> None:
    app.client("s3").put_object(Bucket=app.outputs["Bucket"], Key="in/fail.txt", Body=b"x")
    assert arrived(app, "Failed") == []
    app.advance(61)
    (told,) = arrived(app, "Failed")
    assert told["requestContext"]["condition"] == "RetriesExhausted"
    assert told["requestContext"]["approximateInvokeCount"] == 2
    assert told["requestPayload"]["Records"][0]["s3"]["object"]["key"] == "in/fail.txt"
