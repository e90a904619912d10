"""From a change to the handler, for each event source."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from functions import function
from servers import CALLERS, Server

_PACED = 60
_BURST = 400
_SOURCE = """
import base64, time, urllib.parse
def handler(event, context):
    now = time.time()
    for record in event.get("Records", [event]):
        sent = {place}
        print("ARRIVED", sent, now)
"""

Change = Callable[[str], Any]
"""Causes one event that carries this text: `p` or `b` for the phase, and the time."""


def arrivals(server: Server) -> dict[str, Any]:
    """For each source: milliseconds from the call to the handler's start at 20 changes a second,
    and events a second from the first of many changes at once to the last one's handler."""
    found = {}
    for name, make in (
        ("SQS", _queue),
        ("S3", _bucket),
        ("DynamoDB stream", _table),
        ("Kinesis", _stream),
        ("EventBridge", _bus),
        ("SNS", _topic),
    ):
        change = make(server)
        found[f"{name} to handler"] = _measure(server, name.split()[0].lower(), change)
    return found


def _measure(server: Server, name: str, change: Change) -> dict[str, float]:
    for _ in range(_PACED):
        change(f"p{time.time()!r}")
        time.sleep(0.05)
    with ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(lambda _: change(f"b{time.time()!r}"), range(_BURST)))
    lines = _lines(server, name, _PACED + _BURST)
    # The first of them waited for the function's cold start.
    paced = [(float(sent[1:]), now) for sent, now in lines if sent.startswith("p")]
    took = sorted((now - sent) * 1000 for sent, now in sorted(paced)[5:])
    burst = [(float(sent[1:]), now) for sent, now in lines if sent.startswith("b")]
    span = max(now for _, now in burst) - min(sent for sent, _ in burst)
    return {
        "p50_ms": round(statistics.median(took), 2),
        "p99_ms": round(took[int(len(took) * 0.99)], 2),
        "burst_per_s": round(len(burst) / span),
    }


def _lines(server: Server, name: str, wanted: int) -> list[tuple[str, float]]:
    """(what was sent, when its handler began) of every event, once all have arrived."""
    logs = server.client("logs")
    deadline = time.monotonic() + 60
    while True:
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/arrival-{name}", filterPattern="ARRIVED"
        )
        found = [event["message"].split() for page in pages for event in page["events"]]
        if len(found) >= wanted:
            return [(line[1], float(line[2])) for line in found]
        if time.monotonic() > deadline:
            raise SystemExit(f"{name}: {len(found)} of {wanted} events arrived")
        time.sleep(0.2)


def _handler(server: Server, name: str, place: str) -> Any:
    return function(server, f"arrival-{name}", _SOURCE.format(place=place))


def _queue(server: Server) -> Change:
    client = _handler(server, "sqs", 'record["body"]')
    queues = server.client("sqs")
    url = queues.create_queue(QueueName="arrival")["QueueUrl"]
    client.create_event_source_mapping(
        EventSourceArn="arn:aws:sqs:us-east-1:000000000000:arrival", FunctionName="arrival-sqs"
    )
    return lambda text: queues.send_message(QueueUrl=url, MessageBody=text)


def _pushed(server: Server, name: str, place: str) -> str:
    """The ARN of a function that a service may push to."""
    client = _handler(server, name, place)
    client.add_permission(
        FunctionName=f"arrival-{name}",
        StatementId="push",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com" if name == "eventbridge" else f"{name}.amazonaws.com",
    )
    found = client.get_function(FunctionName=f"arrival-{name}")
    return str(found["Configuration"]["FunctionArn"])


def _bucket(server: Server) -> Change:
    arn = _pushed(server, "s3", 'urllib.parse.unquote(record["s3"]["object"]["key"])')
    buckets = server.client("s3")
    buckets.create_bucket(Bucket="arrival")
    buckets.put_bucket_notification_configuration(
        Bucket="arrival",
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [
                {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
            ]
        },
    )
    return lambda text: buckets.put_object(Bucket="arrival", Key=text, Body=b"x" * 1_000)


def _table(server: Server) -> Change:
    client = _handler(server, "dynamodb", 'record["dynamodb"]["Keys"]["id"]["S"]')
    tables = server.client("dynamodb")
    made = tables.create_table(
        TableName="arrival",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    client.create_event_source_mapping(
        EventSourceArn=made["TableDescription"]["LatestStreamArn"],
        FunctionName="arrival-dynamodb",
        StartingPosition="TRIM_HORIZON",
    )
    return lambda text: tables.put_item(TableName="arrival", Item={"id": {"S": text}})


def _stream(server: Server) -> Change:
    client = _handler(server, "kinesis", 'base64.b64decode(record["kinesis"]["data"]).decode()')
    streams = server.client("kinesis")
    streams.create_stream(StreamName="arrival", ShardCount=1)
    found = streams.describe_stream_summary(StreamName="arrival")["StreamDescriptionSummary"]
    client.create_event_source_mapping(
        EventSourceArn=found["StreamARN"],
        FunctionName="arrival-kinesis",
        StartingPosition="TRIM_HORIZON",
    )
    return lambda text: streams.put_record(
        StreamName="arrival", Data=text.encode(), PartitionKey=text
    )


def _bus(server: Server) -> Change:
    arn = _pushed(server, "eventbridge", 'record["detail"]["sent"]')
    events = server.client("events")
    events.put_rule(Name="arrival", EventPattern=json.dumps({"source": ["bench"]}))
    events.put_targets(Rule="arrival", Targets=[{"Id": "function", "Arn": arn}])
    entry = {"Source": "bench", "DetailType": "Sent"}
    return lambda text: events.put_events(Entries=[{**entry, "Detail": json.dumps({"sent": text})}])


def _topic(server: Server) -> Change:
    arn = _pushed(server, "sns", 'record["Sns"]["Message"]')
    topics = server.client("sns")
    topic = topics.create_topic(Name="arrival")["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    return lambda text: topics.publish(TopicArn=topic, Message=text)
