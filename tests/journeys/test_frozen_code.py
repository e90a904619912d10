"""Code is what it was when it was deployed, whatever happens to its source afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from eventmill.testing import TestEngine, engine
from tests.queues import taken

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: work
      Runtime: python3.12
      Handler: index.handler
      CodeUri: work/
      AutoPublishAlias: live
      Layers: [!Ref Words]
      Policies: [SQSSendMessagePolicy: {QueueName: !GetAtt Results.QueueName}]
      Environment: {Variables: {RESULTS: !Ref Results}}
      Events:
        Jobs: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn, BatchSize: 1}}
  Words:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: layer/}
  Jobs: {Type: AWS::SQS::Queue}
  Results: {Type: AWS::SQS::Queue}
Outputs:
  Jobs: {Value: !Ref Jobs}
  Results: {Value: !Ref Results}
"""
HANDLER = """
import os, time
import boto3, words

def handler(event, context):
    import late
    if "Records" in event:
        queue = boto3.client("sqs")
        for record in event["Records"]:
            queue.send_message(QueueUrl=os.environ["RESULTS"], MessageBody=record["body"])
    else:
        time.sleep(0.3)  # so that all who call at once have an environment of their own
    return ["VERSION", late.VERSION, words.VERSION]
"""
CALLERS = 5


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    (folder / "work").mkdir(parents=True)
    (folder / "layer" / "python").mkdir(parents=True)
    (folder / "template.yaml").write_text(TEMPLATE)
    write(folder, "one")
    return folder


@pytest.fixture
def mill(tmp_path: Path) -> Iterator[TestEngine]:
    with engine(tmp_path / "data") as running:
        yield running


def write(app: Path, version: str) -> None:
    (app / "work" / "index.py").write_text(HANDLER.replace("VERSION", version, 1))
    (app / "work" / "late.py").write_text(f"VERSION = '{version}'")
    (app / "layer" / "python" / "words.py").write_text(f"VERSION = '{version}'")


def answers(mill: TestEngine, qualifier: str = "$LATEST", callers: int = CALLERS) -> set[str]:
    """What everyone who calls at once is told."""

    def call(_: int) -> str:
        answer = mill.client("lambda").invoke(FunctionName="work", Qualifier=qualifier)
        assert "FunctionError" not in answer, answer["Payload"].read()
        (version,) = set(json.loads(answer["Payload"].read()))
        return str(version)

    with ThreadPoolExecutor(callers) as pool:
        return set(pool.map(call, range(callers)))


def sha(mill: TestEngine) -> str:
    return str(mill.client("lambda").get_function_configuration(FunctionName="work")["CodeSha256"])


def test_an_edit_is_run_from_the_next_deployment_on(mill: TestEngine, app: Path) -> None:
    mill.deploy(app)
    assert answers(mill, callers=1) == {"one"}
    write(app, "two")
    assert answers(mill) == {"one"}
    (app / "work" / "index.py").write_text("def handler(event, con")
    (app / "work" / "late.py").unlink()
    assert answers(mill, callers=CALLERS + 2) == {"one"}
    write(app, "two")
    mill.deploy(app)
    assert answers(mill) == {"two"}


def test_what_is_queued_during_a_deployment_is_not_lost(mill: TestEngine, app: Path) -> None:
    mill.deploy(app)
    queues, before = mill.client("sqs"), sha(mill)
    sent = [f"job {number}" for number in range(20)]
    for body in sent[:10]:
        queues.send_message(QueueUrl=mill.outputs["Jobs"], MessageBody=body)
    write(app, "two")
    mill.deploy(app)
    for body in sent[10:]:
        queues.send_message(QueueUrl=mill.outputs["Jobs"], MessageBody=body)
    mill.settle()
    bodies = [message["Body"] for message in taken(mill, mill.outputs["Results"])]
    assert sorted(bodies) == sorted(sent)
    assert sha(mill) != before
    write(app, "one")
    mill.deploy(app)
    assert sha(mill) == before


def test_versions_keep_their_code_and_the_alias_goes_on(tmp_path: Path, app: Path) -> None:
    """SAM publishes a version of changed code and turns the alias to it."""
    with engine(tmp_path / "data") as mill:
        mill.deploy(app)
        assert answers(mill, "live") == answers(mill, "1") == {"one"}
        write(app, "two")
        result = mill.run(mill.inner.deploy(app, {}))
        assert len(result.created) == 2  # versions of the function and of the layer
        assert result.deleted == []
    write(app, "three")
    with engine(tmp_path / "data") as mill:
        assert answers(mill, "live") == answers(mill, "2") == {"two"}
        assert answers(mill, "1") == {"one"}
        mill.client("lambda").delete_function(FunctionName="work", Qualifier="1")
    with engine(tmp_path / "data") as mill:
        assert answers(mill, "live") == {"two"}
        kept = {path.read_text() for path in (tmp_path / "data" / "code").rglob("late.py")}
        assert kept == {"VERSION = 'two'"}


def test_a_second_deployment_of_the_same_code_changes_nothing(mill: TestEngine, app: Path) -> None:
    mill.deploy(app)
    write(app, "one")
    again = mill.run(mill.inner.deploy(app, {}))
    assert (again.created, again.updated, again.deleted) == ([], [], [])
