"""Functions through boto3: what a caller gets from every way in which one can end."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

CODE = """
import os, sys, time

def returns(event, context):
    return {"event": event, "left": context.get_remaining_time_in_millis()}

def raises(event, context):
    raise ValueError("no")

def sleeps(event, context):
    time.sleep(30)

def leaves(event, context):
    os._exit(3)

def eats(event, context):
    held = bytearray(512 << 20)
    time.sleep(20)

def prints(event, context):
    for _ in range(100):
        print("x" * 104_858)
"""


@pytest.fixture
def functions(eventmill):
    client = eventmill.client("lambda")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", CODE)

    def invoke(name: str, event: Any = None, **options: Any) -> tuple[dict[str, Any], Any]:
        client.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Handler=f"app.{name}",
            Role="arn:aws:iam::000000000000:role/r",
            Code={"ZipFile": packed.getvalue()},
            Timeout=2,
        )
        answer = client.invoke(FunctionName=name, Payload=json.dumps(event), **options)
        return answer, json.loads(answer["Payload"].read())

    return invoke


def test_what_a_function_returns(functions) -> None:
    answer, payload = functions("returns", {"a": 1}, LogType="Tail")
    assert answer["StatusCode"] == 200 and "FunctionError" not in answer
    assert payload["event"] == {"a": 1}
    assert 0 < payload["left"] <= 2_000
    assert "LogResult" in answer


def test_a_function_that_raises(functions) -> None:
    answer, payload = functions("raises")
    assert answer["FunctionError"] == "Unhandled"
    assert (payload["errorType"], payload["errorMessage"]) == ("ValueError", "no")
    assert payload["stackTrace"]


def test_a_function_that_takes_too_long(functions) -> None:
    answer, payload = functions("sleeps")
    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorType"] == "Sandbox.Timedout"
    assert payload["errorMessage"].endswith("Error: Task timed out after 2.00 seconds")


def test_a_function_that_exits(functions) -> None:
    _, payload = functions("leaves")
    assert payload["errorType"] == "Runtime.ExitError"
    assert payload["errorMessage"].endswith("Runtime exited with error: exit status 3")


def test_a_function_that_takes_too_much_memory(functions) -> None:
    _, payload = functions("eats")
    assert payload["errorType"] == "Runtime.ExitError"
    assert payload["errorMessage"].endswith("signal: killed")


def test_a_function_that_prints_ten_megabytes(eventmill, functions) -> None:
    _, payload = functions("prints")
    assert payload is None
    sts = eventmill.client("sts")
    assert sts.get_caller_identity()["Account"] == "000000000000", "the engine lives on"


def test_an_asynchronous_event_is_tried_three_times(eventmill, functions) -> None:
    client = eventmill.client("lambda")
    functions("raises")
    client.invoke(FunctionName="raises", InvocationType="Event", Payload=b"{}")
    for seconds in (0, 61, 121):
        eventmill.advance(seconds)
        eventmill.settle()
    events = eventmill.run(_reports(eventmill))
    assert events == 4, "one synchronous call and three tries"


async def _reports(eventmill) -> int:
    engine = eventmill.inner
    engine.logs.flush()
    await engine.database.write(lambda tx: None)
    row = engine.database.read(
        lambda tx: tx.one("SELECT count(*) FROM logs_events WHERE message LIKE 'REPORT%'")
    )
    return row[0]
