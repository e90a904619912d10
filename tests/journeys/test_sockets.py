"""WebSocket APIs: handshakes, routes, replies, @connections, limits, and the end."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import ssl
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from websockets.asyncio.client import connect as open_socket_in_loop
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as open_socket

from eventmill.testing import engine
from tests.journeys.rest_client import ask
from tests.oidc import server
from tests.shape import assert_shape, recorded

APP = Path(__file__).parents[1] / "apps" / "chat"


@pytest.fixture(scope="module")
def app():
    with engine() as running:
        running.deploy(APP)
        yield running


def connect(app: Any, query: str = "", **options: Any) -> ClientConnection:
    return open_socket(f"{app.outputs['Chat']}?token=yes{query}", proxy=None, **options)


def identity(socket: ClientConnection) -> str:
    """The connection's id, from the event that `$default` sends back."""
    socket.send("who am I")
    return json.loads(socket.recv(timeout=10))["requestContext"]["connectionId"]


def told(app: Any, connection: str) -> Any:
    """The last event that the application kept of a connection."""
    app.settle()
    table = app.client("dynamodb")
    item = table.get_item(TableName=app.outputs["Members"], Key={"id": {"S": connection}})
    return json.loads(item["Item"]["event"]["S"])


def test_the_events_of_a_connection(app) -> None:
    """The handler reaches its connection at https://{domainName}/{stage}, as its event says."""
    with connect(app, "&a=1&a=2", additional_headers={"X-Own": "1"}) as socket:
        socket.send("hello")
        event = json.loads(socket.recv(timeout=10))
        assert_shape(event, recorded("socket.message"))
        connection = event["requestContext"]["connectionId"]
        assert_shape(told(app, connection), recorded("socket.connect"))
        socket.close(4001, "enough")
    assert_shape(told(app, connection), recorded("socket.disconnect"))


def refused(app: Any, url: str) -> int:
    with pytest.raises(InvalidStatus) as error:
        open_socket(url, proxy=None)
    return error.value.response.status_code


def test_handshakes_are_refused_with_their_status(app) -> None:
    chat = app.outputs["Chat"]
    assert refused(app, chat) == 401
    assert refused(app, f"{chat}?token=no") == 403
    assert refused(app, f"{chat}?token=yes&status=418") == 418
    assert refused(app, chat.replace("/live", "/other")) == 403


def test_a_connection_cannot_be_posted_to_before_its_handshake_is_answered(app) -> None:
    with connect(app, "&early=1") as socket:
        assert identity(socket)


def test_a_subprotocol_is_the_one_that_the_function_chooses(app) -> None:
    with connect(app, subprotocols=["chat.v2", "chat.v1"]) as socket:
        assert socket.subprotocol == "chat.v2"
    with connect(app) as socket:
        assert socket.subprotocol is None


def test_routes_replies_and_failures(app) -> None:
    with connect(app) as socket:
        socket.send('{"action": "ask"}')
        assert json.loads(socket.recv(timeout=10)) == {"answer": '{"action": "ask"}'}
        socket.send('{"action": "fail"}')
        failed = json.loads(socket.recv(timeout=10))
        assert failed["message"] == "Internal server error"
        assert set(failed) == {"message", "connectionId", "requestId"}
        socket.send('{"action": "many"}')
        socket.send('{"action": "many"}')
        assert json.loads(socket.recv(timeout=10))["message"] == "Too Many Requests"
        for text in ("no json", '{"action": "nobody"}', '{"other": 1}'):
            socket.send(text)
            event = json.loads(socket.recv(timeout=10))
            assert (event["requestContext"]["routeKey"], event["body"]) == ("$default", text)


def test_everyone_hears_what_one_says(app) -> None:
    sockets = [connect(app) for _ in range(5)]
    try:
        sockets[0].send('{"action": "say", "text": "hi"}')
        for socket in sockets:
            assert json.loads(socket.recv(timeout=10))["text"] == "hi"
    finally:
        for socket in sockets:
            socket.close()


def test_templates_and_mocks(app) -> None:
    with open_socket(app.outputs["Parts"], proxy=None) as socket:
        socket.send('{"kind": "ping", "name": "one"}')
        connection = json.loads(socket.recv(timeout=10))["pong"]
        socket.send('{"kind": "plain", "name": "two", "text": "a"}')
        assert json.loads(socket.recv(timeout=10)) == {"echo": "a", "same": connection}
        socket.send('{"kind": "ping"}')
        answer = json.loads(socket.recv(timeout=10))
        assert answer["message"] == "Forbidden" and answer["connectionId"] == connection


def test_messages_into_a_queue_with_attributes(app) -> None:
    with open_socket(app.outputs["Parts"], proxy=None) as socket:
        socket.send('{"kind": "note", "name": "it", "text": "a & b"}')
        told = {socket.recv(timeout=20), socket.recv(timeout=20)}
        (sent,) = [json.loads(text) for text in told if text != 'read "a & b"']
        assert len(told) == 2 and sent["SendMessageResponse"]["SendMessageResult"]["MessageId"]


def test_a_backend_asks_of_a_connection_posts_and_closes(app) -> None:
    client = app.client("apigatewaymanagementapi")
    with connect(app) as socket:
        connection = identity(socket)
        shown = client.get_connection(ConnectionId=connection)
        assert shown["Identity"]["SourceIp"] == "127.0.0.1"
        assert shown["LastActiveAt"] >= shown["ConnectedAt"]
        client.post_to_connection(ConnectionId=connection, Data="grüße".encode())
        assert socket.recv(timeout=10) == "grüße"
        with pytest.raises(ClientError) as error:
            client.post_to_connection(ConnectionId=connection, Data=b"x" * 131_073)
        assert error.value.response["Error"]["Code"] == "PayloadTooLargeException"
        client.delete_connection(ConnectionId=connection)
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=10)
    for call in (client.get_connection, client.delete_connection):
        with pytest.raises(client.exceptions.GoneException):
            call(ConnectionId=connection)
    with pytest.raises(ClientError) as error:
        client.get_connection(ConnectionId="nonsense")
    assert error.value.response["Error"]["Code"] == "BadRequestException"
    url = f"{app.endpoint}/_aws/execute-api/{app.outputs['ChatId']}/live/@connections/x"
    unsigned = ask(url)
    assert (unsigned.status, unsigned.json) == (403, {"message": "Missing Authentication Token"})


def closed(socket: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as error:
        socket.recv(timeout=10)
    assert error.value.rcvd is not None
    return error.value.rcvd.code


def test_messages_and_frames_that_are_too_long_close_the_connection(app) -> None:
    with connect(app) as socket:
        socket.send(["x" * 30_000] * 4)
        assert len(json.loads(socket.recv(timeout=10))["body"]) == 120_000
        socket.send("x" * 32_769)
        assert closed(socket) == 1009
    with connect(app) as socket:
        # The message's last frame may meet the end of the connection already.
        with contextlib.suppress(ConnectionClosed):
            socket.send(["x" * 30_000] * 5)
        assert closed(socket) == 1009


class Reverser(BaseHTTPRequestHandler):
    """Answers with the body's bytes from the last to the first."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))[::-1]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Not shown."""


@pytest.fixture
def reverser():
    with HTTPServer(("127.0.0.1", 0), Reverser) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_binary_frames_are_refused_and_base64_stands_for_bytes(app, reverser: str) -> None:
    with connect(app) as socket:
        connection = identity(socket)
        socket.send(b"\x00\xff")
        assert closed(socket) == 1003
    context = told(app, connection)["requestContext"]
    assert (context["eventType"], context["disconnectStatusCode"]) == ("DISCONNECT", 1003)

    client, api = app.client("apigatewayv2"), app.outputs["PartsId"]
    integration = client.create_integration(
        ApiId=api,
        IntegrationType="HTTP",
        IntegrationMethod="POST",
        IntegrationUri=reverser,
        ContentHandlingStrategy="CONVERT_TO_BINARY",
    )["IntegrationId"]
    client.create_integration_response(
        ApiId=api,
        IntegrationId=integration,
        IntegrationResponseKey="$default",
        ContentHandlingStrategy="CONVERT_TO_TEXT",
    )
    client.create_route(
        ApiId=api,
        RouteKey="$default",
        Target=f"integrations/{integration}",
        RouteResponseSelectionExpression="$default",
    )
    client.create_deployment(ApiId=api, StageName="v1")
    with open_socket(app.outputs["Parts"], proxy=None) as socket:
        socket.send(base64.b64encode(b"\x00\xfe\xff").decode())
        assert base64.b64decode(socket.recv(timeout=10)) == b"\xff\xfe\x00"
        socket.send(base64.b64encode(b"abc").decode())
        assert socket.recv(timeout=10) == "cba"
        socket.send("no base64!")
        assert json.loads(socket.recv(timeout=10))["message"] == "Internal server error"


def test_members_of_the_context_are_named_by_their_path(app) -> None:
    """As identity sources, and in what an integration gets."""
    client, api = app.client("apigatewayv2"), app.outputs["ChatId"]
    (authorizer,) = client.get_authorizers(ApiId=api)["Items"]
    sources = ["route.request.querystring.token", "context.identity.sourceIp"]
    client.update_authorizer(
        ApiId=api, AuthorizerId=authorizer["AuthorizerId"], IdentitySource=sources
    )
    given = {
        "integration.request.header.x-address": "context.identity.sourceIp",
        "integration.request.header.x-user": "context.authorizer.principalId",
        "integration.request.header.x-nobody": "context.authorizer.other",
    }
    with server() as told_by:
        integration = client.create_integration(
            ApiId=api,
            IntegrationType="HTTP_PROXY",
            IntegrationMethod="POST",
            IntegrationUri=f"{told_by.url}/where",
            RequestParameters=given,
        )
        client.create_route(
            ApiId=api,
            RouteKey="where",
            Target=f"integrations/{integration['IntegrationId']}",
            RouteResponseSelectionExpression="$default",
        )
        client.create_deployment(ApiId=api, StageName="live")
        with connect(app) as socket:
            socket.send('{"action": "where"}')
            headers = json.loads(socket.recv(timeout=10))["headers"]
    assert (headers["x-address"], headers["x-user"]) == ("127.0.0.1", "u1")
    assert headers["x-nobody"] == ""


def test_an_idle_connection_is_closed_and_an_active_one_when_it_is_old(app) -> None:
    with connect(app) as idle, connect(app) as active:
        connection = identity(idle)
        identity(active)
        app.advance(599)
        identity(active)
        app.advance(2)
        assert closed(idle) == 1001
        event = told(app, connection)["requestContext"]
        assert (event["disconnectStatusCode"], event["disconnectReason"]) == (1001, "Going away")
        for _ in range(12):
            identity(active)
            app.advance(540)
        identity(active)
        app.advance(121)
        assert closed(active) == 1001


def test_the_port_speaks_tls_to_who_trusts_its_certificate(app) -> None:
    folder = app.inner.data.path / "tls"
    trusting = ssl.create_default_context(cafile=folder / "authority.pem")
    address = app.endpoint.replace("http", "https")
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=trusting))
    with opener.open(f"{address}/?Action=GetCallerIdentity&Version=2011-06-15") as answer:
        assert b"GetCallerIdentityResult" in answer.read()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(address)
    asyncio.run(talk_over_tls(app, trusting))
    assert (folder / "server.pem").stat().st_mode & 0o077 == 0


async def talk_over_tls(app: Any, context: ssl.SSLContext) -> None:
    """A connection over TLS, which the engine ends at a frame that is too long.

    One thread reads and writes: the client that has a thread for each now and then loses what it
    writes while it reads, because Python 3.11's TLS connections belong to one thread at a time.
    """
    address = app.outputs["Chat"].replace("ws:", "wss:")
    url = f"{address}?token=yes"
    async with open_socket_in_loop(url, proxy=None, ssl=context) as socket:
        await socket.send("who am I")
        event = json.loads(await asyncio.wait_for(socket.recv(), 10))
        connected = told(app, event["requestContext"]["connectionId"])
        assert connected["headers"]["X-Forwarded-Proto"] == "https"
        await socket.send("x" * 40_000)
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 10)
