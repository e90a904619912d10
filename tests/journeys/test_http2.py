"""HTTP/2 without TLS, as SDKs for Kinesis speak it: many requests at once on one connection."""

from __future__ import annotations

import json
import socket
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import h2.config
import h2.connection
import h2.events
import pytest
from botocore.eventstream import EventStreamBuffer

from eventmill.testing import engine

APP = Path(__file__).parents[1] / "apps" / "apis"


@pytest.fixture(scope="module")
def mill():
    with engine() as running:
        running.client("kinesis").create_stream(StreamName="s", ShardCount=1)
        yield running


class Client:
    """A connection with prior knowledge, as Node's and Netty's."""

    def __init__(self, endpoint: str) -> None:
        address = urlsplit(endpoint)
        self.host = address.netloc
        self.socket = socket.create_connection((address.hostname, address.port), timeout=10)
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.status: dict[int, str] = {}
        self.headers: dict[int, dict[str, str]] = {}
        self.bodies: dict[int, bytes] = defaultdict(bytes)
        self.ended: set[int] = set()
        self.closed = False

    def flush(self, more: bytes = b"") -> None:
        self.socket.sendall(self.h2.data_to_send() + more)

    def send(self, operation: str, **request: Any) -> int:
        headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", f"Kinesis_20131202.{operation}"),
        ]
        return self.ask("POST", "/", headers, json.dumps(request).encode())

    def ask(self, method: str, path: str, headers: list[tuple[str, str]], body: bytes = b"") -> int:
        number = self.h2.get_next_available_stream_id()
        head = [(":method", method), (":path", path), (":scheme", "http")]
        self.h2.send_headers(number, [*head, (":authority", self.host), *headers])
        while body:
            size = min(self.h2.local_flow_control_window(number), self.h2.max_outbound_frame_size)
            if size <= 0:
                self.flush()
                self.read()
                continue
            self.h2.send_data(number, body[:size])
            body = body[size:]
        self.h2.end_stream(number)
        self.flush()
        return number

    def read(self) -> None:
        data = self.socket.recv(65_536)
        self.closed = not data
        for event in self.h2.receive_data(data) if data else ():
            number = getattr(event, "stream_id", 0)
            if isinstance(event, h2.events.ResponseReceived):
                self.headers[number] = dict(event.headers)
                self.status[number] = self.headers[number][":status"]
            elif isinstance(event, h2.events.DataReceived):
                self.bodies[number] += event.data
                self.h2.acknowledge_received_data(event.flow_controlled_length, number)
            elif isinstance(event, h2.events.StreamEnded):
                self.ended.add(number)
        self.flush()

    def answer(self, number: int) -> tuple[str, Any]:
        while number not in self.ended:
            self.read()
        return self.status[number], json.loads(self.bodies[number] or b"{}")

    def call(self, operation: str, **request: Any) -> tuple[str, Any]:
        return self.answer(self.send(operation, **request))


def test_bodies_larger_than_a_window_go_both_ways(mill) -> None:
    client = Client(mill.endpoint)
    data = "eHh4" * 100_000
    for _ in range(4):
        status, answer = client.call("PutRecord", StreamName="s", Data=data, PartitionKey="k")
        assert (status, answer["ShardId"]) == ("200", "shardId-000000000000")
    _, answer = client.call(
        "GetShardIterator",
        StreamName="s",
        ShardId="shardId-000000000000",
        ShardIteratorType="TRIM_HORIZON",
    )
    _, answer = client.call("GetRecords", ShardIterator=answer["ShardIterator"])
    assert [record["Data"] for record in answer["Records"]] == [data] * 4
    status, answer = client.call("DescribeStream", StreamName="gone")
    assert (status, answer["__type"]) == ("400", "ResourceNotFoundException")


@pytest.mark.parametrize(
    ("method", "body", "length"),
    [("GET", b"four", "4"), ("HEAD", b"", "4"), ("DELETE", b"", None)],
)
def test_bodies_are_counted_and_left_out_where_there_are_none(
    mill, method: str, body: bytes, length: str | None
) -> None:
    s3 = mill.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="k", Body=b"four")
    client = Client(mill.endpoint)
    number = client.ask(method, "/bucket/k", [])
    while number not in client.ended:
        client.read()
    assert (client.bodies[number], client.headers[number].get("content-length")) == (body, length)


def test_a_subscription_and_other_requests_share_a_connection_to_its_farewell(mill) -> None:
    kinesis = mill.client("kinesis")
    arn = kinesis.describe_stream(StreamName="s")["StreamDescription"]["StreamARN"]
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]
    client = Client(mill.endpoint)
    pushed = client.send(
        "SubscribeToShard",
        ConsumerARN=consumer["ConsumerARN"],
        ShardId="shardId-000000000000",
        StartingPosition={"Type": "LATEST"},
    )
    status, _ = client.call("PutRecord", StreamName="s", Data="YQ==", PartitionKey="k")
    assert status == "200" and pushed not in client.ended
    # GOAWAY: no request will follow, but what is under way goes on.
    client.flush(b"\x00\x00\x08\x07\x00\x00\x00\x00\x00" + bytes(8))
    while b"YQ==" not in client.bodies[pushed]:
        client.read()
    mill.advance(301)
    while pushed not in client.ended:
        client.read()
    frames = EventStreamBuffer()
    frames.add_data(client.bodies[pushed])
    kinds = [frame.headers[":event-type"] for frame in frames]
    assert kinds[0] == "initial-response" and set(kinds[1:]) == {"SubscribeToShardEvent"}
    while not client.closed:
        client.read()


def test_a_client_that_resets_its_request_or_leaves_disturbs_nobody(mill) -> None:
    client = Client(mill.endpoint)
    number = client.send("ListStreams")
    client.h2.reset_stream(number)
    client.flush()
    status, answer = client.call("ListStreams")
    assert (status, answer["StreamNames"]) == ("200", ["s"])
    client.socket.sendall(b"this is no frame at all, and ends the connection" * 1_000)
    client.socket.close()
    assert Client(mill.endpoint).call("ListStreams")[0] == "200"


def test_an_applications_api_answers_here_too(mill) -> None:
    mill.deploy(APP)
    client = Client(mill.endpoint)
    path = urlsplit(mill.outputs["Site"]).path + "/items/1?a=%20b"
    headers = [("x-mine", "1"), ("cookie", "a=1"), ("cookie", "b=2")]
    status, event = client.answer(client.ask("GET", path, headers))
    assert (status, event["rawQueryString"], event["headers"]["x-mine"]) == ("201", "a=%20b", "1")
    assert event["headers"]["host"] == client.host
    assert event["cookies"] == ["a=1", "b=2"]
