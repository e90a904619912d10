"""What AWS measures of APIs, queues, topics, rules and tables, and an alarm on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from websockets.sync.client import connect as open_socket

from eventmill.testing import TestEngine, engine
from tests.journeys.rest_client import ask
from tests.metrics import values

APP = Path(__file__).parents[1] / "apps" / "measured"


@pytest.fixture(scope="module")
def app() -> Iterator[TestEngine]:
    with engine() as running:
        running.deploy(APP)
        yield running


def next_minute(app: TestEngine) -> None:
    """Go on to a minute's beginning, so that what follows lies in one."""
    app.advance(61 - app.inner.clock.now() % 60)


class Reader:
    """Metrics of one namespace with some dimensions."""

    def __init__(self, app: TestEngine, namespace: str, **dimensions: str) -> None:
        self._app, self._namespace, self._dimensions = app, namespace, dimensions

    def sum(self, name: str, **more: str) -> float:
        return sum(self._values(name, "Sum", more))

    def count(self, name: str, **more: str) -> float:
        return sum(self._values(name, "SampleCount", more))

    def mean(self, name: str, **more: str) -> float:
        [value] = self._values(name, "Average", more)
        return value

    def _values(self, name: str, statistic: str, more: dict[str, str]) -> list[float]:
        self._app.settle()
        return values(self._app, self._namespace, name, statistic, **self._dimensions, **more)


def test_requests_to_a_rest_api_and_the_alarm_on_their_errors(app: TestEngine) -> None:
    cloudwatch, shop = app.client("cloudwatch"), app.outputs["Shop"]

    def state() -> str:
        alarms = cloudwatch.describe_alarms(AlarmNames=[app.outputs["Alarm"]])["MetricAlarms"]
        return str(alarms[0]["StateValue"])

    next_minute(app)
    app.settle()
    assert state() == "OK"
    assert [ask(f"{shop}/{how}").status for how in ("ok", "ok", "bad", "broken")] == [
        200,
        200,
        404,
        502,
    ]
    assert ask(f"{app.outputs['Shop']}/a/b").status == 403
    # Nobody looked at the metrics before the alarm did.
    app.advance(60)
    app.settle()
    assert state() == "ALARM"
    for dimensions in ({"ApiName": "shop"}, {"ApiName": "shop", "Stage": "prod"}):
        seen = Reader(app, "AWS/ApiGateway", **dimensions)
        assert (seen.sum("Count"), seen.count("Latency")) == (5, 5)
        assert (seen.sum("4XXError"), seen.sum("5XXError")) == (2, 1)
        assert seen.mean("4XXError") == pytest.approx(0.4)
        assert seen.count("IntegrationLatency") == 4
        assert seen.mean("Latency") > 0 < seen.mean("IntegrationLatency")
    details = {"Stage": "prod", "Method": "GET", "Resource": "/{how}"}
    assert Reader(app, "AWS/ApiGateway", ApiName="shop", **details).sum("Count") == 4


def test_requests_to_an_http_api(app: TestEngine) -> None:
    for how in ("ok", "bad", "broken"):
        ask(f"{app.outputs['Site']}/{how}", "POST", [], "y" * 50)
    ask(f"{app.outputs['Site']}/nowhere/else")
    seen = Reader(app, "AWS/ApiGateway", ApiId=app.outputs["SiteId"], Stage="$default")
    assert (seen.sum("Count"), seen.sum("4xx"), seen.sum("5xx")) == (4, 2, 1)
    assert (seen.count("Latency"), seen.count("IntegrationLatency")) == (4, 3)
    # Two bodies of 100 there and of 50 here, and the messages of the gateway itself.
    assert 350 < seen.sum("DataProcessed") < 500
    assert Reader(app, "AWS/ApiGateway", ApiId=app.outputs["SiteId"]).sum("Count") == 4


def test_messages_of_a_websocket_api(app: TestEngine) -> None:
    with open_socket(app.outputs["Chat"], proxy=None) as socket:
        for action in ("say", "fail", "nothing"):
            socket.send(json.dumps({"action": action}))
            assert socket.recv(timeout=10)
    seen = Reader(app, "AWS/ApiGateway", ApiId=app.outputs["ChatId"], Stage="live")
    assert (seen.sum("ConnectCount"), seen.sum("MessageCount")) == (1, 6)
    assert (seen.sum("ExecutionError"), seen.sum("ClientError")) == (1, 1)
    assert seen.count("IntegrationLatency") == 2 and not seen.count("IntegrationError")


def test_messages_of_a_queue(app: TestEngine) -> None:
    sqs = app.client("sqs")
    url = sqs.create_queue(QueueName="measured")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x" * 90)
    entries = [{"Id": str(n), "MessageBody": "y" * 105} for n in range(2)]
    sqs.send_message_batch(QueueUrl=url, Entries=entries)
    taken = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    sqs.receive_message(QueueUrl=url)
    for message in taken[:2]:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    seen = Reader(app, "AWS/SQS", QueueName="measured")
    assert (seen.sum("NumberOfMessagesSent"), seen.mean("SentMessageSize")) == (3, 100)
    assert seen.sum("NumberOfMessagesReceived") == 3
    assert (seen.sum("NumberOfEmptyReceives"), seen.sum("NumberOfMessagesDeleted")) == (1, 2)


def test_messages_of_a_topic_and_events_of_a_rule(app: TestEngine) -> None:
    sns, topic = app.client("sns"), app.outputs["News"]
    kind = {"kind": {"DataType": "String", "StringValue": "order"}}
    sns.publish(TopicArn=topic, Message="x" * 50, MessageAttributes=kind)
    sns.publish(TopicArn=topic, Message="x" * 50)
    app.client("events").put_events(
        Entries=[{"Source": "shop", "DetailType": "placed", "Detail": "{}"}] * 3
    )
    told = Reader(app, "AWS/SNS", TopicName="news")
    assert told.sum("NumberOfMessagesPublished") == 2 and told.mean("PublishSize") > 50
    assert told.sum("NumberOfNotificationsDelivered") == 1
    assert told.sum("NumberOfNotificationsFilteredOut") == 1
    acted = Reader(app, "AWS/Events", RuleName=app.outputs["Placed"])
    assert (acted.sum("TriggeredRules"), acted.sum("Invocations")) == (3, 3)
    assert not acted.count("FailedInvocations")
    assert Reader(app, "AWS/Events").sum("Invocations") == 3
    sent = Reader(app, "AWS/SQS", QueueName=app.outputs["OrdersName"])
    assert sent.sum("NumberOfMessagesSent") == 4


def test_calls_of_a_table(app: TestEngine) -> None:
    db, table = app.client("dynamodb"), app.outputs["Items"]

    def key(name: str) -> dict[str, Any]:
        return {"id": {"S": name}}

    db.put_item(TableName=table, Item=key("a") | {"fat": {"S": "x" * 1_500}})
    db.put_item(TableName=table, Item=key("b"))
    db.get_item(TableName=table, Key=key("a"), ConsistentRead=True)
    db.scan(TableName=table)
    db.execute_statement(Statement=f"SELECT * FROM \"{table}\" WHERE id = 'a'")
    for request in (
        {"Item": key("a"), "ConditionExpression": "attribute_not_exists(id)"},
        {"Item": {"id": {"N": "1"}}},
    ):
        with pytest.raises(ClientError):
            db.put_item(TableName=table, **request)
    seen = Reader(app, "AWS/DynamoDB", TableName=table)
    assert seen.sum("ConsumedWriteCapacityUnits") == 3
    assert seen.sum("ConsumedReadCapacityUnits") == 1 + 0.5 + 0.5
    assert seen.sum("ConditionalCheckFailedRequests") == 1
    assert seen.count("SuccessfulRequestLatency", Operation="PutItem") == 2
    assert seen.mean("SuccessfulRequestLatency", Operation="GetItem") >= 0
    assert seen.sum("ReturnedItemCount", Operation="Scan") == 2
    assert seen.sum("ReturnedItemCount", Operation="ExecuteStatement") == 1
    assert Reader(app, "AWS/DynamoDB").sum("UserErrors") == 1


def test_counts_are_written_at_the_end_of_their_minute(tmp_path: Path) -> None:
    """Not before, whatever is called, and with the engine's end at the latest."""
    with engine(tmp_path) as running:
        sqs = running.client("sqs")
        url = sqs.create_queue(QueueName="q")["QueueUrl"]
        next_minute(running)

        def sent() -> float:
            return sum(values(running, "AWS/SQS", "NumberOfMessagesSent", "Sum", QueueName="q"))

        sqs.send_message(QueueUrl=url, MessageBody="x")
        first = sent()
        running.advance(60)
        later = sent()
        sqs.send_message(QueueUrl=url, MessageBody="x")
    with engine(tmp_path) as running:
        running.advance(180)  # its clock begins at the real time
        assert (first, later, sent()) == (0, 1, 2)
