"""The local mailbox, as the command line and the engine's own API show it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from eventmill.testing import engine


def eventmill(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "eventmill.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def app():
    with engine(smtp_port=0) as running:
        for number, name in enumerate(("ada", "bob")):
            running.client("ses").send_email(
                Source="me@example.com",
                Destination={"ToAddresses": [f"{name}@example.com"]},
                Message={
                    "Subject": {"Data": f"number {number}"},
                    "Body": {"Text": {"Data": f"for {name}"}},
                },
            )
        running.client("sns").publish(PhoneNumber="+15550123", Message="ring")
        running.settle()
        yield running


def test_the_command_lists_and_shows(app) -> None:
    at = ("--endpoint", app.endpoint)
    listed = eventmill("mailbox", *at).stdout.splitlines()
    assert [line.split("  ")[-2] for line in listed] == [
        "ada@example.com",
        "bob@example.com",
        "+15550123",
    ]
    assert [line.split("  ")[-1] for line in listed] == ["number 0", "number 1", "ring"]
    (one,) = json.loads(eventmill("mailbox", "--to", "BOB@example.com", "--json", *at).stdout)
    assert one["subject"] == "number 1"
    shown = eventmill("mailbox", str(one["id"]), *at).stdout
    assert "Subject: number 1" in shown and "for bob" in shown
    assert "Message-ID: <" in eventmill("mailbox", str(one["id"]), "--raw", *at).stdout
    missing = eventmill("mailbox", "999", *at)
    assert missing.returncode == 1 and "Traceback" not in missing.stderr


def test_a_number_that_is_no_message_is_named(app) -> None:
    done = eventmill("mailbox", "99", "--endpoint", app.endpoint)
    assert done.returncode == 1
    assert done.stderr == "eventmill: the mailbox holds no message 99\n"


def test_it_can_be_emptied(app) -> None:
    request = urllib.request.Request(f"{app.endpoint}/_eventmill/mailbox/empty", method="POST")
    before = app.mailbox()
    assert len(before) == 3
    urllib.request.urlopen(request).close()
    assert app.mailbox() == []
    assert eventmill("mailbox", "--endpoint", app.endpoint).stderr == "nothing was sent\n"


def test_the_listener_is_open_when_a_port_was_asked_for(app) -> None:
    host, port = app.smtp
    assert f"smtp       {host}:{port}" in eventmill("status", "--endpoint", app.endpoint).stdout


def test_a_port_for_mail_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        given = ("--port", "0", "--smtp-port", port, "--data", str(tmp_path / "d"))
        done = eventmill("up", *given)
    assert done.returncode == 1 and "--smtp-port" in done.stderr
    assert f"cannot listen on 127.0.0.1 port {port}" in done.stderr
