"""kill -9 at any moment, twice in a row and in the midst of recovery, while clients go on.

Each client repeats a call until it knows its outcome, as AWS's SDKs do, and names what it sends so
that a repetition changes nothing. In the end everything is there once, and in order.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from eventmill import config
from eventmill.testing import TestEngine, engine
from tests.crash.process import kill

ARN = "arn:aws:{}:us-east-1:000000000000:{}"
OPEN = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
GROUPS = "abc"
KILLS = 4


class Engine:
    """An engine at one port, which is killed and started again."""

    def __init__(self, folder: Path, port: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}"
        self._log = folder / "log"
        self._command = [sys.executable, "-m", "eventmill.cli", "up", "--json"]
        self._command += ["--port", str(port), "--data", str(folder / "data")]

    def start(self, *, wait: bool = True) -> None:
        with self._log.open("a") as errors:
            self.process = subprocess.Popen(
                self._command, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        assert self.process.stdout is not None
        if wait:
            assert self.process.stdout.readline(), self._log.read_text()

    def kill(self) -> None:
        kill(self.process)

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=config.ACCESS_KEY,
            aws_secret_access_key=config.SECRET_KEY,
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=10),
        )


class Client(threading.Thread):
    """Does one thing after the other, each until it is done. `done` counts by group."""

    def __init__(self, engine: Engine, service: str, act: Callable[[Any, str, int], None]) -> None:
        super().__init__(daemon=True)
        self.done = dict.fromkeys(GROUPS, 0)
        self.over = threading.Event()
        self.failure: BaseException | None = None
        self._act, self._client = act, engine.client(service)

    def run(self) -> None:
        try:
            while not self.over.is_set():
                for group in GROUPS:
                    self._surely(group, self.done[group])
                    self.done[group] += 1
        except BaseException as failure:
            self.failure = failure

    def _surely(self, group: str, number: int) -> None:
        while True:
            try:
                self._act(self._client, group, number)
                return
            except ClientError as error:
                # What the engine refuses would be refused again.
                if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
                    raise
            except BotoCoreError:
                time.sleep(0.02)


def test_everything_is_there_once_and_in_order_however_often_it_was_killed(tmp_path: Path) -> None:
    chance = random.Random(7)
    mill = Engine(tmp_path, _set_up(tmp_path / "data"))
    mill.start()
    clients = {
        "queue": Client(mill, "sqs", _send),
        "topic": Client(mill, "sns", _publish),
        "table": Client(mill, "dynamodb", _count),
        "bucket": Client(mill, "s3", _put),
    }
    for client in clients.values():
        client.start()
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.1, 0.6))
        mill.kill()
        mill.start(wait=False)
        # Somewhere between its first line and its first answers.
        time.sleep(chance.uniform(0.0, 0.8))
        mill.kill()
        mill.start()
    for client in clients.values():
        client.over.set()
        client.join(30)
        assert client.failure is None and not client.is_alive()
    mill.kill()
    with engine(tmp_path / "data") as after:
        _check(after, {name: client.done for name, client in clients.items()})


def _set_up(data: Path) -> int:
    """The resources; returns a port that was free."""
    with engine(data) as mill:
        sqs, sns = mill.client("sqs"), mill.client("sns")
        policy = {"Policy": json.dumps(OPEN)}
        for name in ("direct.fifo", "fanned.fifo"):
            sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true"} | policy)
        sqs.create_queue(QueueName="objects", Attributes=policy)
        sns.create_topic(Name="fan.fifo", Attributes={"FifoTopic": "true"})
        sns.subscribe(
            TopicArn=ARN.format("sns", "fan.fifo"),
            Protocol="sqs",
            Endpoint=ARN.format("sqs", "fanned.fifo"),
            Attributes={"RawMessageDelivery": "true"},
        )
        mill.client("dynamodb").create_table(
            TableName="counts",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        s3 = mill.client("s3")
        s3.create_bucket(Bucket="bucket")
        told = {"QueueArn": ARN.format("sqs", "objects"), "Events": ["s3:ObjectCreated:*"]}
        s3.put_bucket_notification_configuration(
            Bucket="bucket", NotificationConfiguration={"QueueConfigurations": [told]}
        )
        return int(mill.endpoint.rpartition(":")[2])


def _send(sqs: Any, group: str, number: int) -> None:
    sqs.send_message(
        QueueUrl="direct.fifo",
        MessageBody=str(number),
        MessageGroupId=group,
        MessageDeduplicationId=f"{group}{number}",
    )


def _publish(sns: Any, group: str, number: int) -> None:
    sns.publish(
        TopicArn=ARN.format("sns", "fan.fifo"),
        Message=str(number),
        MessageGroupId=group,
        MessageDeduplicationId=f"{group}{number}",
    )


def _count(dynamodb: Any, group: str, number: int) -> None:
    """Two items in one transaction, whose token makes a repetition change nothing."""
    updates = [
        {
            "TableName": "counts",
            "Key": {"id": {"S": f"{group}{side}"}},
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        for side in (1, 2)
    ]
    dynamodb.transact_write_items(
        TransactItems=[{"Update": update} for update in updates],
        ClientRequestToken=f"{group}-{number}",
    )


def _put(s3: Any, group: str, number: int) -> None:
    """Alternately a body that lies in its row and one that is a file."""
    s3.put_object(Bucket="bucket", Key=f"{group}/{number}", Body=_body(number))


def _body(number: int) -> bytes:
    return str(number).encode() * (1 if number % 2 else 20_000)


def _check(mill: TestEngine, done: dict[str, dict[str, int]]) -> None:
    mill.settle()
    for queue, client in (("direct.fifo", "queue"), ("fanned.fifo", "topic")):
        assert _received(mill, queue) == {g: list(range(n)) for g, n in done[client].items()}
    tables, s3 = mill.client("dynamodb"), mill.client("s3")
    rows = {item["id"]["S"]: item for item in tables.scan(TableName="counts")["Items"]}
    table = done["table"]
    counts = {key: int(item["n"]["N"]) for key, item in rows.items()}
    assert counts == {f"{group}{side}": table[group] for group in GROUPS for side in (1, 2)}
    assert _changes(mill) == {key: list(range(1, n + 1)) for key, n in counts.items()}
    keys = {f"{group}/{number}" for group, n in done["bucket"].items() for number in range(n)}
    for key in keys:
        body = s3.get_object(Bucket="bucket", Key=key)["Body"].read()
        assert body == _body(int(key.rpartition("/")[2]))
    assert _told(mill) >= keys


def _received(mill: TestEngine, queue: str) -> dict[str, list[int]]:
    sqs, found = mill.client("sqs"), {group: list[int]() for group in GROUPS}
    while messages := sqs.receive_message(
        QueueUrl=queue, MaxNumberOfMessages=10, AttributeNames=["MessageGroupId"]
    ).get("Messages"):
        for message in messages:
            found[message["Attributes"]["MessageGroupId"]].append(int(message["Body"]))
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return found


def _changes(mill: TestEngine) -> dict[str, list[int]]:
    """The values that the table's stream tells of each item, in its order."""
    streams = mill.client("dynamodbstreams")
    arn = streams.list_streams(TableName="counts")["Streams"][0]["StreamArn"]
    found: dict[str, list[int]] = {}
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while iterator:
            answer = streams.get_records(ShardIterator=iterator)
            for record in answer["Records"]:
                change = record["dynamodb"]
                before = change.get("OldImage", {"n": {"N": "0"}})["n"]["N"]
                assert int(change["NewImage"]["n"]["N"]) == int(before) + 1
                values = found.setdefault(change["Keys"]["id"]["S"], [])
                values.append(int(change["NewImage"]["n"]["N"]))
            iterator = answer.get("NextShardIterator") if answer["Records"] else None
    return found


def _told(mill: TestEngine) -> set[str]:
    """The keys of which the bucket told the queue."""
    sqs, found = mill.client("sqs"), set()
    while messages := sqs.receive_message(QueueUrl="objects", MaxNumberOfMessages=10).get(
        "Messages"
    ):
        for message in messages:
            found |= {
                record["s3"]["object"]["key"]
                for record in json.loads(message["Body"]).get("Records", [])
            }
    return found
