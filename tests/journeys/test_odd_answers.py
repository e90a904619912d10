"""A function whose answers are no JSON: what each way to it tells the client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from eventmill.testing import engine
from tests.journeys.rest_client import ask

APP = Path(__file__).parents[1] / "apps" / "odd"
TOKEN = {"x-token": "any"}
INTERNAL = {"message": "Internal Server Error"}


@pytest.fixture(scope="module")
def app():
    with engine() as running:
        running.deploy(APP)
        yield running


@pytest.mark.parametrize("query", ["", "?fail"])
@pytest.mark.parametrize("path", ["/one", "/two", "/guarded"])
def test_an_http_api(app: Any, path: str, query: str) -> None:
    answer = ask(f"{app.outputs['Site']}{path}{query}", headers=TOKEN)
    assert (answer.status, answer.json) == (500, INTERNAL)


def test_a_rest_api(app: Any) -> None:
    answer = ask(f"{app.outputs['Old']}/proxy")
    assert (answer.status, answer.json) == (502, {"message": "Internal server error"})
    guarded = ask(f"{app.outputs['Old']}/guarded", headers=TOKEN)
    assert guarded.status == 500
    assert guarded["x-amzn-errortype"] == "AuthorizerConfigurationException"


def test_a_rest_api_that_maps_answers(app: Any) -> None:
    # No pattern takes an error without a message.
    for event in ({}, {"fail": "yes"}):
        answer = ask(f"{app.outputs['Mapped']}/mapped", "POST", body=json.dumps(event))
        assert (answer.status, answer.body) == (200, b"{odd")


def test_a_socket(app: Any) -> None:
    with connect(app.outputs["Chat"], proxy=None) as socket:
        socket.send("hello")
        assert json.loads(socket.recv(timeout=10))["message"] == "Internal server error"


def test_a_url(app: Any) -> None:
    answer = ask(app.outputs["Url"])
    assert (answer.status, answer.body) == (502, b"Internal Server Error")
