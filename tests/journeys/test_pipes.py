"""EventBridge Pipes: from a source through filter, enrichment and templates to a target."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eventmill.testing import engine
from tests.queues import taken
from tests.shape import assert_shape, recorded

APP = Path(__file__).parents[1] / "apps" / "pipe"


@pytest.fixture(scope="module")
def app():
    with engine() as running:
        running.deploy(APP)
        yield running


def received(app: Any, output: str = "Results") -> list[str]:
    """The bodies that a queue holds once nothing moves; taken out of it."""
    app.settle()
    return [message["Body"] for message in taken(app, app.outputs[output])]


def send(app: Any, output: str, *bodies: str) -> None:
    for body in bodies:
        app.client("sqs").send_message(QueueUrl=app.outputs[output], MessageBody=body)


def order(name: str) -> str:
    return json.dumps({"kind": "order", "order": name})


def visible(app: Any, output: str) -> tuple[str, str]:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = app.client("sqs").get_queue_attributes(
        QueueUrl=app.outputs[output], AttributeNames=names
    )
    return answer["Attributes"][names[0]], answer["Attributes"][names[1]]


@contextmanager
def pipe(app: Any, name: str, **settings: Any) -> Iterator[str]:
    """A pipe of its own with a queue for its source, whose URL is given."""
    sqs = app.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    pipes = app.client("pipes")
    pipes.create_pipe(Name=name, RoleArn=app.outputs["Role"], Source=arn["QueueArn"], **settings)
    try:
        yield url
    finally:
        pipes.delete_pipe(Name=name)
        sqs.delete_queue(QueueUrl=url)


def test_orders_are_filtered_enriched_shaped_and_put_on_a_bus(app) -> None:
    send(app, "Orders", order("book"), json.dumps({"kind": "note"}), "no json", order(""))
    (body,) = received(app)
    assert_shape(json.loads(body), recorded("pipe.bus"))
    assert visible(app, "Orders") == ("0", "0"), "what is filtered out is deleted"


def test_what_an_enrichment_does_not_take_comes_again_after_the_visibility_timeout(app) -> None:
    send(app, "Orders", order("crash"))
    assert received(app) == []
    assert visible(app, "Orders") == ("0", "1")
    described = app.client("pipes").describe_pipe(Name="orders-to-bus")
    assert described["CurrentState"] == "RUNNING" and "crash" in described["StateReason"]
    app.client("pipes").stop_pipe(Name="orders-to-bus")
    app.settle()
    app.advance(31)
    assert visible(app, "Orders") == ("1", "0"), "a stopped pipe takes nothing"
    app.client("sqs").purge_queue(QueueUrl=app.outputs["Orders"])
    app.client("pipes").start_pipe(Name="orders-to-bus")
    send(app, "Orders", order("lamp"))
    assert [json.loads(body)["detail"]["number"] for body in received(app)] == ["lamp"]
    assert "StateReason" not in app.client("pipes").describe_pipe(Name="orders-to-bus")


def test_executions_are_logged_as_the_pipe_wants(app) -> None:
    send(app, "Orders", order("pen"), order("crash"))
    received(app)
    logged = app.client("logs").filter_log_events(
        logGroupName=app.outputs["Lines"], logStreamNames=["orders-to-bus"]
    )
    records = [json.loads(event["message"]) for event in logged["events"]]
    pen = next(r["executionId"] for r in records if "pen" in r.get("payload", ""))
    assert [r["messageType"] for r in records if r["executionId"] == pen] == [
        "ExecutionStarted",
        "EnrichmentStageEntered",
        "EnrichmentStageSucceeded",
        "TargetStageEntered",
        "TargetStageSucceeded",
        "ExecutionSucceeded",
    ]
    failed = next(r for r in records if r["messageType"] == "ExecutionFailed")
    assert failed["logLevel"] == "ERROR" and "crash" in failed["error"]["message"]
    s3, bucket = app.client("s3"), app.outputs["Journals"]
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    (key,) = [key for key in keys if pen in key]
    assert key.startswith("pipes/orders-to-bus/")
    assert len(s3.get_object(Bucket=bucket, Key=key)["Body"].read().splitlines()) == 6
    app.advance(61)
    app.settle()
    app.client("sqs").purge_queue(QueueUrl=app.outputs["Orders"])


def test_a_function_gets_a_bare_list_and_reports_poison_to_the_dead_letter_queue(app) -> None:
    kinesis, name = app.client("kinesis"), app.outputs["Clicks"]
    kinesis.put_record(StreamName=name, Data=b"one", PartitionKey="k")
    (body,) = received(app)
    assert_shape(json.loads(body), recorded("pipe.kinesis"))
    records = [{"Data": text, "PartitionKey": "k"} for text in (b"1", b"poison", b"2")]
    kinesis.put_records(StreamName=name, Records=records)
    seen = []
    for _ in range(4):
        seen += [json.loads(body) for body in received(app)]
        app.advance(61)
    batches = [[base64.b64decode(event["data"]).decode() for event in batch] for batch in seen]
    assert batches[0] == ["1", "poison", "2"]
    assert ["2"] in batches and batches.count(["poison"]) == 2
    (body,) = received(app, "Lost")
    assert_shape(json.loads(body), recorded("pipe.dead"))


def test_changes_of_a_table_go_in_order_into_a_fifo_queue(app) -> None:
    table = app.client("dynamodb")
    for number in range(3):
        item = {"id": {"S": "a"}, "n": {"N": str(number)}}
        table.put_item(TableName=app.outputs["Table"], Item=item)
    bodies = [json.loads(body) for body in received(app, "Ordered")]
    # The second and the third message are the same, and so one within five minutes.
    assert bodies == [{"id": "a", "change": "INSERT"}, {"id": "a", "change": "MODIFY"}]


def test_streams_and_logs_are_targets(app) -> None:
    stream = {"KinesisStreamParameters": {"PartitionKey": "$.body.key"}}
    with pipe(
        app,
        "to-stream",
        Target=app.outputs["CopiesArn"],
        TargetParameters={**stream, "InputTemplate": "<$.body>"},
    ) as url:
        app.client("sqs").send_message(QueueUrl=url, MessageBody='{"key": "k1"}')
        app.settle()
    kinesis = app.client("kinesis")
    iterator = kinesis.get_shard_iterator(
        StreamName=app.outputs["Copies"],
        ShardId="shardId-000000000000",
        ShardIteratorType="TRIM_HORIZON",
    )["ShardIterator"]
    (record,) = kinesis.get_records(ShardIterator=iterator)["Records"]
    assert record["PartitionKey"] == "k1" and json.loads(record["Data"]) == {"key": "k1"}
    with pipe(
        app,
        "to-logs",
        Target=app.outputs["LinesArn"],
        TargetParameters={
            "CloudWatchLogsParameters": {"LogStreamName": "pipe"},
            "InputTemplate": '"<$.body> by <aws.pipes.pipe-name>"',
        },
    ) as url:
        app.client("sqs").send_message(QueueUrl=url, MessageBody="hello")
        app.settle()
    logged = app.client("logs").get_log_events(
        logGroupName=app.outputs["Lines"], logStreamName="pipe"
    )
    assert [event["message"] for event in logged["events"]] == ["hello by to-logs"]


def test_a_function_may_be_left_alone_with_the_events(app) -> None:
    with pipe(
        app,
        "forget",
        Target=app.outputs["Take"],
        TargetParameters={
            "LambdaFunctionParameters": {"InvocationType": "FIRE_AND_FORGET"},
            "InputTemplate": '{"told": "<$.body>"}',
        },
    ) as url:
        app.client("sqs").send_message(QueueUrl=url, MessageBody="hello")
        assert [json.loads(body) for body in received(app)] == [[{"told": "hello"}]]


def test_an_api_destination_is_called_for_each_event(app) -> None:
    seen: list[tuple[str, dict[str, str], Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            seen.append((self.path, dict(self.headers), json.loads(body)))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"enriched": true}')

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is printed."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    events = app.client("events")
    connection = events.create_connection(
        Name="pipe-connection",
        AuthorizationType="API_KEY",
        AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "secret"}},
    )
    destination = events.create_api_destination(
        Name="pipe-destination",
        ConnectionArn=connection["ConnectionArn"],
        InvocationEndpoint=f"http://127.0.0.1:{server.server_port}/orders/*",
        HttpMethod="POST",
    )["ApiDestinationArn"]
    http = {"HttpParameters": {"PathParameterValues": ["$.body.id"]}}
    try:
        with pipe(
            app,
            "to-http",
            Enrichment=destination,
            EnrichmentParameters={**http, "InputTemplate": '{"id": "<$.body.id>"}'},
            Target=app.outputs["ResultsArn"],
        ) as url:
            app.client("sqs").send_message(QueueUrl=url, MessageBody='{"id": "a b"}')
            assert [json.loads(body) for body in received(app)] == [{"enriched": True}]
    finally:
        server.shutdown()
        server.server_close()
    ((path, headers, body),) = seen
    assert (path, headers["x-key"], body) == ("/orders/a%20b", "secret", {"id": "a b"})


def test_an_api_of_the_application_enriches(app) -> None:
    http = {"HttpParameters": {"PathParameterValues": ["$.body.id"]}}
    with pipe(
        app,
        "through-api",
        Enrichment=app.outputs["Api"],
        EnrichmentParameters={**http, "InputTemplate": '{"total": <$.body.total>}'},
        Target=app.outputs["ResultsArn"],
    ) as url:
        app.client("sqs").send_message(QueueUrl=url, MessageBody='{"id": "a1", "total": 3}')
        assert [json.loads(body) for body in received(app)] == [{"id": "a1", "got": {"total": 3}}]


def test_a_pipe_is_described_listed_changed_and_deleted(app) -> None:
    pipes, arn = app.client("pipes"), app.outputs["PipeArn"]
    described = pipes.describe_pipe(Name=app.outputs["Pipe"])
    assert (described["Arn"], described["DesiredState"]) == (arn, "RUNNING")
    assert described["SourceParameters"]["SqsQueueParameters"] == {"BatchSize": 5}
    assert pipes.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "shop"}
    pipes.tag_resource(resourceArn=arn, tags={"a": "1"})
    pipes.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert pipes.describe_pipe(Name=app.outputs["Pipe"])["Tags"] == {"a": "1"}
    names = [entry["Name"] for entry in pipes.list_pipes()["Pipes"]]
    assert "orders-to-bus" in names and names == sorted(names)
    page = pipes.list_pipes(Limit=1)
    assert pipes.list_pipes(NextToken=page["NextToken"])["Pipes"][0]["Name"] == names[1]
    assert len(pipes.list_pipes(NamePrefix="orders-")["Pipes"]) == 1
    with pipe(app, "changed", Target=app.outputs["ResultsArn"], DesiredState="STOPPED") as url:
        app.client("sqs").send_message(QueueUrl=url, MessageBody="hello")
        assert received(app) == []
        answer = pipes.update_pipe(
            Name="changed",
            RoleArn=app.outputs["Role"],
            DesiredState="RUNNING",
            TargetParameters={"InputTemplate": "<$.body>"},
        )
        assert answer["CurrentState"] == "UPDATING"
        assert received(app) == ["hello"]
    with pytest.raises(ClientError) as error:
        pipes.describe_pipe(Name="changed")
    assert error.value.response["Error"]["Code"] == "NotFoundException"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Name": "orders-to-bus"}, "ConflictException"),
        ({"Source": "arn:aws:sqs:us-east-1:000000000000:gone"}, "ValidationException"),
        ({"Source": "arn:aws:mq:us-east-1:000000000000:broker:b"}, "ValidationException"),
        ({"Target": "arn:aws:dynamodb:us-east-1:000000000000:table/t"}, "ValidationException"),
        ({"Enrichment": "arn:aws:batch:us-east-1:000000000000:job/j"}, "ValidationException"),
        (
            {"TargetParameters": {"StepFunctionStateMachineParameters": {}}},
            "ValidationException",
        ),
        ({"TargetParameters": {"InputTemplate": "<aws.pipes.nothing>"}}, "ValidationException"),
        (
            {"SourceParameters": {"FilterCriteria": {"Filters": [{"Pattern": '{"a": 1}'}]}}},
            "ValidationException",
        ),
        (
            {"SourceParameters": {"KinesisStreamParameters": {"StartingPosition": "LATEST"}}},
            "ValidationException",
        ),
        ({"SourceParameters": {"SqsQueueParameters": {"BatchSize": 11}}}, "ValidationException"),
    ],
)
def test_what_cannot_be_a_pipe_is_refused(app, change: dict[str, Any], code: str) -> None:
    base = {
        "Name": "refused",
        "RoleArn": app.outputs["Role"],
        "Source": app.outputs["OrdersArn"],
        "Target": app.outputs["ResultsArn"],
    }
    with pytest.raises(ClientError) as error:
        app.client("pipes").create_pipe(**base | change)
    assert error.value.response["Error"]["Code"] == code


def test_a_template_names_the_starting_time_as_a_number_or_as_a_date(app, tmp_path: Path) -> None:
    pipes = "".join(
        f"""
  {name}:
    Type: AWS::Pipes::Pipe
    Properties:
      Name: {name}
      RoleArn: {app.outputs["Role"]}
      DesiredState: STOPPED
      Source: !GetAtt Clicks.Arn
      SourceParameters:
        KinesisStreamParameters:
          StartingPosition: AT_TIMESTAMP
          StartingPositionTimestamp: {moment}
      Target: !GetAtt Results.Arn
"""
        for name, moment in (("Number", "'1700000000'"), ("Date", "'2023-11-14T22:13:20'"))
    )
    (tmp_path / "template.yaml").write_text(
        "Resources:\n  Results: {Type: AWS::SQS::Queue}\n"
        "  Clicks: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}\n" + pipes
    )
    app.run(app.inner.deploy(tmp_path, {}, "moments"))
    for name in ("Number", "Date"):
        shown = app.client("pipes").describe_pipe(Name=name)["SourceParameters"]
        moment = shown["KinesisStreamParameters"]["StartingPositionTimestamp"]
        assert moment.timestamp() == 1_700_000_000
