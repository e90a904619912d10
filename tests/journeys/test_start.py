"""The command line: what it prints, and what it says when it cannot start."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from eventmill.testing import engine

APP = Path(__file__).parents[1] / "apps" / "queue"


def eventmill(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "eventmill.cli", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_command_runs_with_the_stacks_outputs(tmp_path: Path) -> None:
    code = (
        "import boto3, os, sys; url = os.environ['EVENTMILL_OUTPUT_Queue'];"
        "boto3.client('sqs').send_message(QueueUrl=url, MessageBody='m'); print(url); sys.exit(7)"
    )
    done = eventmill(
        "run",
        str(APP),
        "--port",
        "0",
        "--data",
        str(tmp_path / "d"),
        "--",
        sys.executable,
        "-c",
        code,
    )
    assert done.returncode == 7, done.stderr
    assert done.stdout.startswith("http://127.0.0.1:")


INVOKES = """
import boto3, json, os, ssl, urllib.request
for name in ("Inline", "Lies"):
    answer = boto3.client("lambda").invoke(FunctionName=os.environ["EVENTMILL_OUTPUT_" + name])
    print(json.load(answer["Payload"]))
"""
RELATIVE = """
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: python3.12, Handler: index.handler}}
Resources:
  Inline:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: |
        import os
        def handler(event, context):
            return os.path.isfile(os.environ["AWS_CA_BUNDLE"])
  Lies:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: src}
Outputs:
  Inline: {Value: !Ref Inline}
  Lies: {Value: !Ref Lies}
"""


@pytest.mark.parametrize("data", [(), ("--data", "kept")])
@pytest.mark.parametrize("template", [".", "template.yaml", "../app"])
def test_paths_may_be_relative(tmp_path: Path, template: str, data: tuple[str, ...]) -> None:
    """Functions run in folders of their own, and must find their code all the same."""
    folder = tmp_path / "app"
    (folder / "src").mkdir(parents=True)
    (folder / "template.yaml").write_text(RELATIVE)
    (folder / "src" / "index.py").write_text("def handler(event, context): return 'lies'")
    command = ("--port", "0", *data, "--", sys.executable, "-c", INVOKES)
    done = eventmill("run", template, *command, folder=folder)
    assert done.stdout.splitlines() == ["True", "lies"], done.stderr


def test_check_lists_refusals_with_their_lines(tmp_path: Path) -> None:
    template = tmp_path / "t.yaml"
    template.write_text(
        "Resources:\n  A: {Type: AWS::Lamda::Rocket}\n  B: {Type: AWS::SQS::Queue}\n"
    )
    done = eventmill("check", str(template))
    assert done.returncode == 1
    assert f"{template}:2: A: AWS::Lamda::Rocket" in done.stdout
    assert "nothing would be deployed: 1 of 2 resources are offered" in done.stdout


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = eventmill("up", "--port", port, "--data", str(tmp_path / "d"))
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_data_directory_in_use_is_refused(tmp_path: Path) -> None:
    with engine(tmp_path / "d"):
        done = eventmill("up", "--port", "0", "--data", str(tmp_path / "d"))
    assert done.returncode == 1
    assert "is in use by process" in done.stderr


def test_a_damaged_or_newer_database_is_refused(tmp_path: Path) -> None:
    with engine(tmp_path / "d"):
        pass
    database = tmp_path / "d" / "eventmill.db"
    with sqlite3.connect(database) as other:
        other.execute("UPDATE schema_version SET version=99 WHERE component='sqs'")
    done = eventmill("up", "--port", "0", "--data", str(tmp_path / "d"))
    assert "another program has it open" in done.stderr
    other.close()
    done = eventmill("up", "--port", "0", "--data", str(tmp_path / "d"))
    assert "was written by a newer Eventmill (sqs is at version 99" in done.stderr
    database.write_bytes(b"this is no database" * 1_000)
    done = eventmill("up", "--port", "0", "--data", str(tmp_path / "d"))
    assert done.returncode == 1
    assert "eventmill reset" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_host_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    with engine(tmp_path / "d") as mill:
        request = urllib.request.Request(mill.endpoint, headers={"Host": "evil.example"})
        try:
            urllib.request.urlopen(request)
            raise AssertionError("it was answered")
        except urllib.error.HTTPError as error:
            assert error.code == 403
        control = urllib.request.Request(
            f"{mill.endpoint}/_eventmill/status", headers={"Origin": "https://evil.example"}
        )
        try:
            urllib.request.urlopen(control)
            raise AssertionError("it was answered")
        except urllib.error.HTTPError as error:
            assert error.code == 403


def test_status_and_invoke_ask_the_running_engine(tmp_path: Path) -> None:
    with engine(tmp_path / "d") as mill:
        mill.deploy(APP)
        status = eventmill("status", "--json", "--data", str(tmp_path / "d"))
        found = json.loads(status.stdout)
        assert found["endpoint"] == mill.endpoint
        assert len(found["functions"]) == 1 and len(found["queues"]) == 3
        plain = eventmill("status", "--data", str(tmp_path / "d")).stdout
        assert f"function   {found['functions'][0]} (Work)" in plain
        invoked = eventmill(
            "invoke", "Work", "--event", '{"Records": []}', "--data", str(tmp_path / "d")
        )
        assert json.loads(invoked.stdout) == {"batchItemFailures": []}


def test_run_without_a_template_gives_its_command_a_bare_engine() -> None:
    code = "import os; print(os.environ['AWS_ENDPOINT_URL'])"
    done = eventmill("run", "--port", "0", "--ephemeral", "--", sys.executable, "-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("http://127.0.0.1:")
