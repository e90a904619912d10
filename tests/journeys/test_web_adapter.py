"""Web applications that know nothing of Lambda, behind the Web Adapter's layer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eventmill.testing import engine
from tests.journeys.rest_client import ask

APP = Path(__file__).parents[1] / "apps" / "web"


@pytest.fixture(scope="module")
def app():
    with engine() as running:
        running.deploy(APP)
        yield running


def invoke(app: Any, output: str, event: Any) -> tuple[str | None, Any]:
    client = app.client("lambda")
    answer = client.invoke(FunctionName=app.outputs[output], Payload=json.dumps(event))
    return answer.get("FunctionError"), json.loads(answer["Payload"].read())


@pytest.mark.parametrize(
    ("output", "stage"), [("Rest", "Prod"), ("Http", "$default"), ("Url", "$default")]
)
def test_each_source_of_requests(app, output: str, stage: str) -> None:
    url = app.outputs[output].rstrip("/")
    headers = {"X-Own": "1", "Cookie": "c=3; d=4"}
    answer = ask(f"{url}/shop/a%20b?x=1&x=2&y=%26", "POST", headers, "said")
    assert answer.status == 200, answer.body
    told = answer.json
    assert len(told.pop("request")) == 36
    assert told == {
        "method": "POST",
        "path": "/a%20b?x=1&x=2&y=%26",
        "own": "1",
        "cookie": "c=3; d=4",
        "stage": stage,
        "body": "said",
    }
    assert answer.all("set-cookie") == ["a=1", "b=2"]
    assert answer["content-type"] == "application/json"


def test_bytes_pass_both_ways(app) -> None:
    answer = ask(f"{app.outputs['Url']}picture", "PUT", {}, b"\x00\xfe")
    assert (answer.body, answer["content-type"]) == (b"\x00\xfe", "image/png")


def test_a_streamed_answer(app) -> None:
    answer = ask(f"{app.outputs['Streams']}shop")
    assert answer.json["path"] == "/shop" and answer["transfer-encoding"] == "chunked"
    assert answer.all("set-cookie") == ["a=1", "b=2"]


def test_events_of_other_sources_are_posted(app) -> None:
    failed, said = invoke(app, "Site", {"Records": [1]})
    assert failed is None and said["path"] == "/events" and said["body"] == '{"Records": [1]}'


def test_statuses_that_are_errors(app) -> None:
    assert ask(f"{app.outputs['Url']}fail").status == 502
    assert ask(f"{app.outputs['Streams']}fail").status == 503


def test_an_application_that_does_not_start(app) -> None:
    failed, said = invoke(app, "Broken", {})
    assert failed == "Unhandled" and "the application ended" in said["errorMessage"]
