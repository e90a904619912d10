"""What is told of a stream's discarded records: to queues, topics and buckets, field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eventmill.testing import engine
from tests.metrics import total
from tests.policies import letting
from tests.shape import assert_shape, recorded

APP = Path(__file__).parents[1] / "apps" / "chance"
ENTRY = {"run": "told", "number": 0, "key": "k", "fails": 9, "reports": False}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with engine() as running:
        running.deploy(APP, {"Folder": str(tmp_path_factory.mktemp("chance"))})
        yield running


def queue(app: Any, name: str) -> tuple[str, str]:
    """URL and ARN of a new queue."""
    sqs = app.client("sqs")
    allowed = {"Policy": letting("sns")}
    url = sqs.create_queue(QueueName=name, Attributes=allowed)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, found["Attributes"]["QueueArn"]


def stream(app: Any, source: str, name: str) -> str:
    """ARN of a new stream with one record that its function refuses."""
    said = json.dumps(ENTRY)
    if source == "kinesis":
        kinesis = app.client("kinesis")
        kinesis.create_stream(StreamName=name, ShardCount=1)
        kinesis.put_record(StreamName=name, Data=said, PartitionKey="k")
        return kinesis.describe_stream(StreamName=name)["StreamDescription"]["StreamARN"]
    dynamodb = app.client("dynamodb")
    table = dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]
    dynamodb.put_item(TableName=name, Item={"key": {"S": "k"}, "said": {"S": said}})
    return table["LatestStreamArn"]


def received(app: Any, url: str) -> Any:
    app.settle()
    (message,) = app.client("sqs").receive_message(QueueUrl=url)["Messages"]
    return json.loads(message["Body"])


def mapped(app: Any, source: str, target: str, **more: Any) -> str:
    given = {"MaximumRetryAttempts": 0, "StartingPosition": "TRIM_HORIZON"} | more
    return app.client("lambda").create_event_source_mapping(
        FunctionName=app.outputs["Chance"],
        EventSourceArn=source,
        DestinationConfig={"OnFailure": {"Destination": target}},
        **given,
    )["UUID"]


@pytest.mark.parametrize("target", ["sqs", "sns", "s3"])
@pytest.mark.parametrize("source", ["kinesis", "dynamodb"])
def test_a_discarded_record_is_told_of(app, source: str, target: str) -> None:
    name = f"orders-{target}"
    arn = stream(app, source, name)
    url, queue_arn = queue(app, f"{source}-{target}")
    if target == "s3":
        destination = app.outputs["Lost"]
    elif target == "sns":
        sns = app.client("sns")
        destination = sns.create_topic(Name=f"{source}-{target}")["TopicArn"]
        sns.subscribe(TopicArn=destination, Protocol="sqs", Endpoint=queue_arn)
    else:
        destination = queue_arn
    uuid = mapped(app, arn, destination)
    if target == "s3":
        app.settle()
        s3, bucket = app.client("s3"), destination.split(":")[-1]
        (found,) = s3.list_objects_v2(Bucket=bucket, Prefix=f"aws/lambda/{uuid}/")["Contents"]
        record = json.loads(s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read())
        parts, moment = found["Key"].split("/"), record["timestamp"]
        shard = next(v["shardId"] for k, v in record.items() if k.endswith("BatchInfo"))
        assert parts[3:7] == [shard, *moment[:10].split("-")]
        assert parts[7].startswith(moment[:19].replace(":", ".") + "-")
        assert len(json.loads(record.pop("payload"))["Records"]) == 1
    else:
        record = received(app, url)
        record = json.loads(record["Message"]) if target == "sns" else record
    shape = recorded("destination.kinesis" if source == "kinesis" else "destination.stream")
    shape.pop("payload", None)
    shape.get("KinesisBatchInfo", {})["streamArn"] = arn
    assert_shape(record, shape)


def test_records_that_grew_too_old_are_told_of_without_an_answer(app) -> None:
    arn = stream(app, "kinesis", "aged")
    url, queue_arn = queue(app, "aged")
    app.advance(120)
    mapped(app, arn, queue_arn, MaximumRecordAgeInSeconds=60, MaximumRetryAttempts=-1)
    record = received(app, url)
    assert record["requestContext"]["condition"] == "RecordAgeExceeded"
    assert "responseContext" not in record
    assert record["KinesisBatchInfo"]["batchSize"] == 1


def test_a_reported_failure_has_no_function_error(app) -> None:
    kinesis = app.client("kinesis")
    url, queue_arn = queue(app, "reported")
    said = json.dumps(ENTRY | {"run": "reported", "reports": True})
    kinesis.create_stream(StreamName="reports", ShardCount=1)
    kinesis.put_record(StreamName="reports", Data=said, PartitionKey="k")
    arn = kinesis.describe_stream(StreamName="reports")["StreamDescription"]["StreamARN"]
    mapped(app, arn, queue_arn, FunctionResponseTypes=["ReportBatchItemFailures"])
    assert received(app, url)["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": None,
    }


def test_a_destination_that_is_gone_loses_the_record_and_a_metric_says_so(app) -> None:
    arn = stream(app, "kinesis", "gone")
    url, queue_arn = queue(app, "gone")
    app.client("sqs").delete_queue(QueueUrl=url)
    mapped(app, arn, queue_arn, MetricsConfig={"Metrics": ["EventCount"]})
    while app.settle().later:
        app.advance(61)
    assert (
        app.client("lambda")
        .list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"][0][
            "LastProcessingResult"
        ]
        .startswith("PROBLEM")
    )
    lost = total(app, "DestinationDeliveryFailures", FunctionName=app.outputs["Chance"])
    assert lost == 1
