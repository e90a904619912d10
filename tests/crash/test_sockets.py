"""kill -9 behind a WebSocket API: its stages stay as deployed, and clients come back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from eventmill.testing import engine
from tests.crash.process import client_of, kill, start

APP = Path(__file__).parents[1] / "apps" / "chat"


def test_clients_come_back_to_what_was_deployed(tmp_path: Path) -> None:
    process, said = start(tmp_path / "data", tmp_path / "log", APP)
    outputs = said["outputs"]
    with connect(f"{outputs['Chat']}?token=yes", proxy=None) as lost:
        lost.send("who am I")
        gone = json.loads(lost.recv(timeout=10))["requestContext"]["connectionId"]
        # Acknowledged, but not deployed.
        client_of(said["endpoint"], "apigatewayv2").create_route(
            ApiId=outputs["PartsId"], RouteKey="$default"
        )
        kill(process)
        with pytest.raises(ConnectionClosedError):
            lost.recv(timeout=10)
    with engine(tmp_path / "data") as mill:
        address = mill.endpoint.replace("http", "ws", 1)

        def place(output: str) -> str:
            return f"{address}/_aws/{outputs[output].partition('/_aws/')[2]}"

        with connect(f"{place('Chat')}?token=yes", proxy=None) as socket:
            message = '{"action": "say", "text": "back"}'
            socket.send(message)
            assert socket.recv(timeout=10) == message
        mill.settle()
        members = mill.client("dynamodb").scan(TableName=outputs["Members"])["Items"]
        assert gone not in [member["id"]["S"] for member in members]
        with connect(place("Parts"), proxy=None) as socket:
            socket.send('{"kind": "none"}')
            assert json.loads(socket.recv(timeout=10))["message"] == "Forbidden"
            client = mill.client("apigatewayv2")
            keys = [r["RouteKey"] for r in client.get_routes(ApiId=outputs["PartsId"])["Items"]]
            assert "$default" in keys
