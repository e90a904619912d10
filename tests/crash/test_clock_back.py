"""A clock that was set back between two starts: what must be in order stays so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from eventmill.testing import TestEngine, engine

QUEUE = "arn:aws:sqs:us-east-1:000000000000:ledger.fifo"
STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/changes"
AHEAD = 3_600
OPEN = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": QUEUE}]}


def test_what_is_carried_in_order_stays_in_order(tmp_path: Path) -> None:
    with engine(tmp_path / "data") as mill:
        topic = _set_up(mill)
        mill.advance(AHEAD)
        mill.run(mill.inner.delivery.outbox.stop(0))
        _write(mill, topic, 0, 3)
    # The new start's time is the real one again: all that lies in the outbox is of later.
    with engine(tmp_path / "data") as mill:
        _write(mill, topic, 3, 6)
        mill.settle()
        mill.advance(AHEAD)
        assert _received(mill) == list(range(6))
        assert _changes(mill) == list(range(6))


def _set_up(mill: TestEngine) -> str:
    sns, sqs, tables = mill.client("sns"), mill.client("sqs"), mill.client("dynamodb")
    attributes = {"FifoQueue": "true", "Policy": json.dumps(OPEN)}
    sqs.create_queue(QueueName="ledger.fifo", Attributes=attributes)
    topic: str = sns.create_topic(Name="ledger.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    raw = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=QUEUE, Attributes=raw)
    mill.client("kinesis").create_stream(StreamName="changes", ShardCount=1)
    tables.create_table(
        TableName="items",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    tables.enable_kinesis_streaming_destination(TableName="items", StreamArn=STREAM)
    mill.settle()
    return topic


def _write(mill: TestEngine, topic: str, first: int, end: int) -> None:
    for number in map(str, range(first, end)):
        mill.client("sns").publish(
            TopicArn=topic, Message=number, MessageGroupId="g", MessageDeduplicationId=number
        )
        item = {"id": {"S": "one"}, "n": {"N": number}}
        mill.client("dynamodb").put_item(TableName="items", Item=item)


def _received(mill: TestEngine) -> list[int]:
    queue = mill.client("sqs")
    messages = queue.receive_message(QueueUrl="ledger.fifo", MaxNumberOfMessages=10)["Messages"]
    return [int(message["Body"]) for message in messages]


def _changes(mill: TestEngine) -> list[int]:
    kinesis = mill.client("kinesis")
    start: dict[str, Any] = {"ShardId": "0", "ShardIteratorType": "TRIM_HORIZON"}
    iterator = kinesis.get_shard_iterator(StreamName="changes", **start)["ShardIterator"]
    records = kinesis.get_records(ShardIterator=iterator)["Records"]
    changes = [json.loads(record["Data"]) for record in records]
    return [int(change["dynamodb"]["NewImage"]["n"]["N"]) for change in changes]
