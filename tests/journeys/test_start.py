"""The command line: what it prints, and what it says when it cannot start."""

from __future__ import annotations

import contextlib
import json
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from eventmill.kernel.errors import UsageError
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


SECRET = """\
Parameters:
  Token: {Type: String, NoEcho: true}
  Stage: {Type: String}
Resources:
  A: {Type: AWS::SQS::Queue}
Outputs:
  Stage: {Value: !Ref Stage}
"""


def ran(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """An engine with the folder's template, for as long as its output is printed."""
    code = "import os; print(os.environ.get('EVENTMILL_OUTPUT_Stage'))"
    data = () if "--ephemeral" in options else ("--data", str(folder / "d"))
    return eventmill(
        "run", str(folder), "--port", "0", *data, *options, "--", sys.executable, "-c", code
    )


def test_a_file_of_parameters_may_be_a_shell_s(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(SECRET)
    file = tmp_path / "env"
    file.write_text("# comment\nexport Stage='live one'\n\nToken=\"abc\"\n")
    done = ran(tmp_path, "--env-file", str(file))
    assert done.stdout == "live one\n", done.stderr
    assert "Token: " not in done.stderr
    file.write_text("\nexport Stge=live\n")
    done = ran(tmp_path, "--env-file", str(file))
    assert done.returncode == 1
    assert f"{file}:2: Stge: the template has no such parameter" in done.stderr
    file.write_text("Stage\n")
    done = ran(tmp_path, "--env-file", str(file))
    assert f"{file}:1: 'Stage' is not of the form NAME=VALUE" in done.stderr
    done = ran(tmp_path, "--parameter", "Stge=live")
    assert "--parameter Stge: the template has no such parameter" in done.stderr


def test_a_secret_is_announced_once_when_it_is_made(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(SECRET)
    first = ran(tmp_path, "--parameter", "Stage=live")
    assert "Token: " in first.stderr
    again = ran(tmp_path, "--parameter", "Stage=live")
    assert again.returncode == 0 and "Token: " not in again.stderr


def test_a_host_that_others_reach_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(SECRET)
    options = ("--parameter", "Stage=live", "--ephemeral")
    # An address for documentation, which no machine has: nothing is opened here.
    open_one = ran(tmp_path, "--host", "192.0.2.1", *options)
    assert "warning: 192.0.2.1 is open to the network" in open_one.stderr
    assert "warning" not in ran(tmp_path, *options).stderr


def test_an_engine_without_keeping_says_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "eventmill.cli", "up", "--port", "0", "--ephemeral"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(6)]
        process.terminate()
    assert lines[5] == "Nothing is kept: all data goes when this engine ends.\n"


def test_what_a_failed_deployment_did_stays_and_the_message_says_so(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(
        "Resources:\n"
        "  A: {Type: AWS::SQS::Queue, Properties: {QueueName: first}}\n"
        "  B:\n    Type: AWS::SNS::Subscription\n    DependsOn: A\n"
        "    Properties: {TopicArn: 'arn:aws:sns:us-east-1:000000000000:t', Protocol: sqs,\n"
        "      Endpoint: !GetAtt A.Arn}\n"
    )
    with engine(str(tmp_path / "d")) as mill:
        with pytest.raises(UsageError, match="what was done until then stays, and the next"):
            mill.deploy(str(tmp_path))
        assert len(mill.client("sqs").list_queues()["QueueUrls"]) == 1


def test_status_lists_tables_buckets_addresses_and_outputs(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(
        """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Items: {Type: AWS::Serverless::SimpleTable, Properties: {TableName: items}}
  Files: {Type: AWS::S3::Bucket, Properties: {BucketName: files}}
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      InlineCode: "def handler(event, context): return {'statusCode': 200}"
      Events:
        Rest: {Type: Api, Properties: {Path: /a, Method: get}}
        Http: {Type: HttpApi, Properties: {Path: /a, Method: get}}
Outputs:
  Bucket: {Value: !Ref Files}
"""
    )
    with engine(tmp_path / "d") as mill:
        mill.deploy(tmp_path)
        lines = eventmill("status", "--data", str(tmp_path / "d")).stdout.splitlines()
        assert "table      items" in lines and "bucket     files" in lines
        (output,) = (line for line in lines if line.startswith("output"))
        assert output.endswith(" Bucket: files")
        addresses = [line.split(": ")[1] for line in lines if line.startswith("api  ")]
        assert {urllib.request.urlopen(f"{one}/a").status for one in addresses} == {200}
        assert {one.rpartition("/")[2] for one in addresses} >= {"Prod", "Stage"}
        assert len(addresses) == 3


def test_logs_of_all_functions_are_in_the_order_of_time(tmp_path: Path) -> None:
    with engine(tmp_path / "d") as mill:
        logs = mill.client("logs")
        for name, at in (("b", 1), ("a", 2), ("b", 3)):
            group = {"logGroupName": f"/aws/lambda/{name}", "logStreamName": str(at)}
            with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
                logs.create_log_group(logGroupName=group["logGroupName"])
            logs.create_log_stream(**group)
            event = {"timestamp": int(time.time() * 1000) + at, "message": f"line {at}"}
            logs.put_log_events(**group, logEvents=[event])
        printed = eventmill("logs", "--data", str(tmp_path / "d")).stdout.splitlines()
        assert [line.split(" ", 1)[1] for line in printed] == ["b line 1", "a line 2", "b line 3"]


def test_an_engine_of_a_folder_below_is_named(tmp_path: Path) -> None:
    def status() -> str:
        return subprocess.run(
            [sys.executable, "-m", "eventmill.cli", "status"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        ).stderr

    data = tmp_path / "apps" / "mine" / ".eventmill"
    with engine(data):
        assert "no engine runs in .eventmill, but further below one does: add --data " in status()
        assert status().endswith(f"--data {data.relative_to(tmp_path)}\n")
    assert "start one with `eventmill up`" in status()
    (data / "engine.json").write_text('{"pid": 99999999, "endpoint": "http://127.0.0.1:9"}')
    assert "start one with `eventmill up`" in status()
