"""HTTP/1.1 as it is on the wire."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from eventmill.testing import engine
from eventmill.testing.harness import TestEngine

CREATE = b"PUT /bucket HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n"
GET = b"GET /bucket/%s HTTP/1.1\r\nhost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def running() -> Iterator[TestEngine]:
    with engine() as made:
        yield made


@pytest.fixture
def client(running: TestEngine) -> Iterator[socket.socket]:
    address = urlsplit(running.endpoint)
    with socket.create_connection((address.hostname, address.port), timeout=10) as sock:
        yield sock


def answers(sock: socket.socket, count: int) -> list[tuple[int, dict[str, str], bytes]]:
    """So many answers: status, headers, body."""
    stream = sock.makefile("rb")
    found = []
    for _ in range(count):
        status = int(stream.readline().split()[1])
        headers = {}
        while line := stream.readline().strip():
            name, _, value = line.decode().partition(": ")
            headers[name] = value
        found.append((status, headers, stream.read(int(headers.get("content-length", 0)))))
    return found


def put(key: bytes, body: bytes, more: bytes = b"") -> bytes:
    head = b"PUT /bucket/%s HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n%s\r\n"
    return head % (key, len(body), more) + body


def test_pipelined_requests_are_answered_in_order(client: socket.socket) -> None:
    client.sendall(CREATE + put(b"k", b"one") + GET % b"k" + GET % b"none" + GET % b"k")
    found = answers(client, 5)
    assert [status for status, _, _ in found] == [200, 200, 200, 404, 200]
    assert found[2][2] == found[4][2] == b"one"


def test_a_body_that_comes_byte_by_byte(client: socket.socket) -> None:
    client.sendall(CREATE)
    for byte in put(b"slow", b"12345"):
        client.sendall(bytes([byte]))
    client.sendall(GET % b"slow")
    assert answers(client, 3)[2][2] == b"12345"


def test_a_long_body_there_and_back(client: socket.socket) -> None:
    body = bytes(range(256)) * 8_000
    client.sendall(CREATE + put(b"long", body) + GET % b"long")
    assert answers(client, 3)[2][2] == body


def test_expect_continue_is_answered_before_the_body(client: socket.socket) -> None:
    client.sendall(CREATE)
    answers(client, 1)
    client.sendall(put(b"e", b"", b"expect: 100-continue\r\n").replace(b"length: 0", b"length: 4"))
    assert answers(client, 1)[0][0] == 100
    client.sendall(b"body" + GET % b"e")
    assert answers(client, 2)[1][2] == b"body"


def test_a_refusal_before_a_long_body_closes_the_connection(client: socket.socket) -> None:
    client.sendall(
        b"PUT /bucket/k HTTP/1.1\r\nhost: evil.example\r\ncontent-length: 70000\r\n"
        b"expect: 100-continue\r\n\r\n"
    )
    status, headers, _ = answers(client, 1)[0]
    assert (status, headers["connection"]) == (403, "close")
    assert client.recv(1) == b""


def test_a_short_body_is_asked_for_before_its_request_is_refused(client: socket.socket) -> None:
    client.sendall(
        b"PUT /none/k HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\n"
        b"expect: 100-continue\r\n\r\n"
    )
    assert answers(client, 1)[0][0] == 100
    client.sendall(b"body" + b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
    assert [status for status, _, _ in answers(client, 2)] == [404, 200]


@pytest.mark.parametrize("parts", [1, 2])
def test_a_request_that_would_rather_speak_http2_keeps_its_body(
    client: socket.socket, parts: int
) -> None:
    client.sendall(CREATE)
    assert len(answers(client, 1)) == 1
    upgrade = b"connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMA\r\n"
    whole = put(b"h2c", b"body", upgrade)
    client.sendall(whole[:-4] if parts == 2 else whole)
    if parts == 2:
        client.sendall(whole[-4:])
    client.sendall(GET % b"h2c")
    found = answers(client, 2)
    assert (found[0][0], found[1][2]) == (200, b"body")


def test_a_head_request_gets_no_body(client: socket.socket) -> None:
    client.sendall(CREATE + put(b"h", b"four") + (GET % b"h").replace(b"GET", b"HEAD"))
    stream = client.makefile("rb")
    for _ in range(2):
        while stream.readline().strip():
            pass
    lines = []
    while line := stream.readline().strip():
        lines.append(line)
    assert b"content-length: 4" in lines
    client.sendall(GET % b"h")
    assert stream.readline().startswith(b"HTTP/1.1 200")


def test_http_1_0_closes_the_connection(client: socket.socket) -> None:
    client.sendall(CREATE.replace(b"1.1", b"1.0"))
    assert answers(client, 1)[0][1]["connection"] == "close"
    assert client.recv(1) == b""


def test_what_is_no_http_is_refused(client: socket.socket) -> None:
    client.sendall(b"nonsense\r\n\r\n")
    assert answers(client, 1)[0][0] == 400
    assert client.recv(1) == b""
