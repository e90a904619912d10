"""Single calls, ours beside the peers': rate, latency, and the server's CPU for each."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from functions import function
from servers import CALLERS, Server, cpu_seconds


def measure(server: Server, seconds: float, call: Callable[[], Any]) -> dict[str, float]:
    """Calls one after the other for a while."""
    for _ in range(10):
        call()
    took: list[float] = []
    cpu, start = cpu_seconds(server.pid), time.perf_counter()
    while time.perf_counter() - start < seconds:
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    return _figures(took, time.perf_counter() - start, cpu_seconds(server.pid) - cpu)


def _figures(took: list[float], seconds: float, used: float) -> dict[str, float]:
    took.sort()
    return {
        "rate": len(took) / seconds,
        "p50_ms": statistics.median(took) * 1000,
        "p99_ms": took[int(len(took) * 0.99)] * 1000,
        "cpu_us": used / len(took) * 1e6,
    }


def measure_many(server: Server, seconds: float, call: Callable[[], Any]) -> dict[str, float]:
    """Calls from many callers at once: what they share of a commit."""
    for _ in range(10):
        call()
    took: list[float] = []
    start = time.perf_counter()

    def caller(number: int) -> None:
        while (began := time.perf_counter()) - start < seconds:
            call()
            took.append(time.perf_counter() - began)

    cpu = cpu_seconds(server.pid)
    with ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(caller, range(CALLERS)))
    return _figures(took, time.perf_counter() - start, cpu_seconds(server.pid) - cpu)


Row = Callable[[Server], Callable[[], Any]]
Figures = dict[str, float]


def compare(servers: list[Server], rounds: int, seconds: float) -> dict[str, dict[str, Figures]]:
    """Figures by row and server.

    The servers take turns within each row, and the medians of the turns count: what else the
    machine does in the meantime then falls on all of them alike.
    """
    found: dict[str, dict[str, Figures]] = {}
    for name, make in ROWS.items():
        ready = {server.name: (server, call) for server, call in _made(servers, name, make)}
        ways = [(name, measure)]
        if make is not _invoke:
            ways.append((f"{name}, {CALLERS} callers", measure_many))
        for row, way in ways:
            turns: dict[str, list[Figures]] = {one: [] for one in ready}
            for _ in range(rounds):
                for one, (server, call) in ready.items():
                    turns[one].append(way(server, seconds, call))
            found[row] = {one: _median(taken) for one, taken in turns.items()}
    return found


def _made(
    servers: list[Server], name: str, make: Row
) -> Iterator[tuple[Server, Callable[[], Any]]]:
    for server in servers:
        try:
            call = make(server)
            call()
        except Exception as error:
            print(f"  {server.name}: {name}: {error!r}"[:160], file=sys.stderr)
        else:
            yield server, call


def _median(turns: list[Figures]) -> Figures:
    return {name: statistics.median(turn[name] for turn in turns) for name in turns[0]}


def _sqs(server: Server) -> Callable[[], Any]:
    client = server.client("sqs")
    url = client.create_queue(QueueName="bench")["QueueUrl"]
    return lambda: client.send_message(QueueUrl=url, MessageBody="x" * 200)


def _s3(server: Server, *, put: bool) -> Callable[[], Any]:
    client = server.client("s3")
    if put:
        client.create_bucket(Bucket="bench")
        return lambda: client.put_object(Bucket="bench", Key="key", Body=b"x" * 1_000)
    return lambda: client.get_object(Bucket="bench", Key="key")["Body"].read()


def _dynamodb(server: Server, *, put: bool) -> Callable[[], Any]:
    client = server.client("dynamodb")
    if put:
        client.create_table(
            TableName="bench",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        item = {"id": {"S": "a"}, "text": {"S": "x" * 200}, "n": {"N": "5"}}
        return lambda: client.put_item(TableName="bench", Item=item)
    return lambda: client.get_item(TableName="bench", Key={"id": {"S": "a"}})


def _invoke(server: Server) -> Callable[[], Any]:
    client = function(server, "noop", "def handler(event, context): return event")
    return lambda: client.invoke(FunctionName="noop", Payload=b"{}")["Payload"].read()


ROWS: dict[str, Row] = {
    "SQS SendMessage": _sqs,
    "S3 PutObject 1 KB": lambda server: _s3(server, put=True),
    "S3 GetObject 1 KB": lambda server: _s3(server, put=False),
    "DynamoDB PutItem": lambda server: _dynamodb(server, put=True),
    "DynamoDB GetItem": lambda server: _dynamodb(server, put=False),
    "Lambda Invoke, warm": _invoke,
}


def cold_starts(server: Server) -> float:
    """Median milliseconds from the call to the answer of a function that imports boto3."""
    took = []
    for number in range(7):
        source = f"import boto3\ndef handler(event, context): return {number}"
        client = function(server, f"cold{number}", source)
        began = time.perf_counter()
        client.invoke(FunctionName=f"cold{number}", Payload=b"{}")["Payload"].read()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)
