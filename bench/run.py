"""Rates, latencies and server CPU per call, ours beside the peers', in one run.

    python bench/run.py [--seconds 2] [--peers]

Each server runs in a process of its own; the client is boto3 on this machine, so the rates are
bound by the client. The CPU that the server's process used per call is the steadiest figure.
Peers keep everything in memory; ours is on disk with one sync per commit.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

_TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of one process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Server:
    """A server under test."""

    def __init__(self, name: str, command: list[str], port: int) -> None:
        self.name = name
        self.endpoint = f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "GATEWAY_PORT": str(port), "PORT": str(port)},
        )
        self.pid = self._process.pid
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(self.endpoint, timeout=1)
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"{name} did not start")

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


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
    used = cpu_seconds(server.pid) - cpu
    took.sort()
    return {
        "rate": len(took) / (time.perf_counter() - start),
        "p50_ms": statistics.median(took) * 1000,
        "p99_ms": took[int(len(took) * 0.99)] * 1000,
        "cpu_us": used / len(took) * 1e6,
    }


def archive(source: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as files:
        files.writestr("app.py", source)
    return packed.getvalue()


def function(server: Server, name: str, source: str) -> Any:
    client = server.client("lambda")
    client.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Handler="app.handler",
        Timeout=10,
        Role="arn:aws:iam::000000000000:role/r",
        Code={"ZipFile": archive(source)},
    )
    return client


def rows(server: Server, seconds: float) -> dict[str, dict[str, float]]:
    """Every row that the server can do."""
    found: dict[str, dict[str, float]] = {}

    def row(name: str, make: Callable[[], Callable[[], Any]], share: float = 1.0) -> None:
        try:
            found[name] = measure(server, seconds * share, make())
        except Exception as error:
            found[name] = {}
            print(f"  {server.name}: {name}: {error!r}"[:160], file=sys.stderr)

    row("SQS SendMessage", lambda: _sqs(server))
    row("S3 PutObject 1 KB", lambda: _s3(server, put=True))
    row("S3 GetObject 1 KB", lambda: _s3(server, put=False))
    row("DynamoDB PutItem", lambda: _dynamodb(server, put=True))
    row("DynamoDB GetItem", lambda: _dynamodb(server, put=False))
    row("Lambda Invoke, warm", lambda: _invoke(server))
    return found


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


def queue_to_handler(server: Server) -> dict[str, float]:
    """Milliseconds from SendMessage's answer to the handler's start, at 20 messages a second."""
    source = (
        "import json, time\n"
        "def handler(event, context):\n"
        "    now = time.time()\n"
        "    for record in event['Records']:\n"
        "        print('LATENCY', now - float(record['body']))\n"
    )
    client = function(server, "latency", source)
    queues = server.client("sqs")
    url = queues.create_queue(QueueName="latency")["QueueUrl"]
    client.create_event_source_mapping(
        EventSourceArn="arn:aws:sqs:us-east-1:000000000000:latency", FunctionName="latency"
    )
    for _number in range(60):
        queues.send_message(QueueUrl=url, MessageBody=repr(time.time()))
        time.sleep(0.05)
    time.sleep(1.5)
    events = server.client("logs").filter_log_events(
        logGroupName="/aws/lambda/latency", filterPattern="LATENCY"
    )["events"]
    took = sorted(float(event["message"].split()[1]) * 1000 for event in events)[:-5]
    return {"p50_ms": statistics.median(took), "p99_ms": took[int(len(took) * 0.99)]}


def idle(server: Server) -> float:
    """Percent of one core that the server takes at rest."""
    before = cpu_seconds(server.pid)
    time.sleep(3)
    return (cpu_seconds(server.pid) - before) / 3 * 100


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--peers", action="store_true")
    options = parser.parse_args()
    data = tempfile.mkdtemp(prefix="bench-")
    port = free_port()
    commands = {
        "eventmill": [
            sys.executable,
            "-m",
            "eventmill.cli",
            "up",
            "--port",
            str(port),
            "--data",
            data,
        ],
    }
    if options.peers:
        commands["ministack"] = [str(Path(sys.executable).parent / "ministack")]
        commands["moto_server"] = [sys.executable, "-m", "moto.server", "-p"]
    results: dict[str, Any] = {}
    for name, command in commands.items():
        port = port if name == "eventmill" else free_port()
        server = Server(name, [*command, str(port)] if name == "moto_server" else command, port)
        try:
            results[name] = rows(server, options.seconds)
            if name == "eventmill":
                results["cold start, ms"] = cold_starts(server)
                results["queue to handler at 20/s"] = queue_to_handler(server)
                results["idle, % of a core"] = idle(server)
        finally:
            server.stop()
    shutil.rmtree(data, ignore_errors=True)
    _print(results, list(commands))


def _print(results: dict[str, Any], names: list[str]) -> None:
    for row in results["eventmill"]:
        shown = []
        for name in names:
            figures = results[name].get(row) or {}
            if figures:
                shown.append(
                    f"{name} {figures['rate']:6.0f}/s p99 {figures['p99_ms']:5.1f} ms "
                    f"cpu {figures['cpu_us']:5.0f} us"
                )
            else:
                shown.append(f"{name} -")
        print(f"{row:22} {' | '.join(shown)}")
    for name, value in results.items():
        if name not in names:
            print(f"{name:26} {json.dumps(value)}")


if __name__ == "__main__":
    main()
