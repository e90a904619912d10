"""Several templates in one folder, and what the commands say of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from eventmill.cli.main import cli
from eventmill.datadir import running_below
from eventmill.kernel.errors import UsageError
from eventmill.testing import TestEngine, engine

DB = """
Resources: {Store: {Type: AWS::SQS::Queue, Properties: {QueueName: store}}}
Outputs: {Arn: {Value: !GetAtt Store.Arn, Export: {Name: store-arn}}}
"""
APP = """
Resources:
  Told:
    Type: AWS::SSM::Parameter
    Properties: {Name: told, Type: String, Value: !ImportValue store-arn}
"""


def stacks(mill: TestEngine) -> set[str]:
    found = mill.client("cloudformation").list_stacks()["StackSummaries"]
    return {entry["StackName"] for entry in found}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "db.yaml").write_text(DB)
    (folder / "app.yaml").write_text(APP)
    return folder


def test_each_template_file_is_a_stack_and_they_import(shop: Path) -> None:
    (shop / "template.yaml").write_text("Resources: {Q: {Type: AWS::SQS::Queue}}")
    with engine() as mill:
        for name in ("db.yaml", "app.yaml", "template.yaml", "db.yaml"):
            mill.deploy(shop / name)
        assert stacks(mill) == {"shop", "shop-db", "shop-app"}
        told = mill.client("ssm").get_parameter(Name="told")["Parameter"]["Value"]
        assert told.endswith(":store")
        mill.client("sqs").get_queue_url(QueueName="store")


def test_the_file_that_samconfig_names_has_the_folders_stack(shop: Path) -> None:
    (shop / "samconfig.toml").write_text('[default.deploy.parameters]\ntemplate_file = "db.yaml"\n')
    with engine() as mill:
        mill.deploy(shop / "db.yaml")
        assert stacks(mill) == {"shop"}


@pytest.mark.parametrize("first", ["db.yaml", "app.yaml"])
def test_a_stack_of_an_earlier_version_goes_on_or_stays(shop: Path, first: str) -> None:
    data = shop / ".eventmill"
    with engine(data) as mill:
        mill.run(mill.inner.deploy(shop / "db.yaml", {}, "shop"))
        url = mill.client("sqs").get_queue_url(QueueName="store")["QueueUrl"]
        mill.client("sqs").send_message(QueueUrl=url, MessageBody="kept")
    with engine(data) as mill:
        mill.deploy(shop / first)
        mill.deploy(shop / "db.yaml")
        assert stacks(mill) == {"shop"} | ({"shop-app"} if first == "app.yaml" else set())
        # Known to be that of db.yaml, it is not for the usual template.
        (shop / "template.yaml").write_text("Resources: {Q: {Type: AWS::SQS::Queue}}")
        mill.deploy(shop)
        assert "shop-template" in stacks(mill)
        url = mill.client("sqs").get_queue_url(QueueName="store")["QueueUrl"]
        (message,) = mill.client("sqs").receive_message(QueueUrl=url)["Messages"]
        assert message["Body"] == "kept"


def test_a_stack_within_another_is_not_taken_for_that_of_its_file(shop: Path) -> None:
    inner = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "db.yaml"}}
    (shop / "template.json").write_text(json.dumps({"Resources": {"db": inner}}))
    with engine() as mill:
        mill.deploy(shop)
        with pytest.raises(UsageError, match="already exists in stack shop-db as Store"):
            mill.deploy(shop / "db.yaml")
        mill.client("sqs").get_queue_url(QueueName="store")


def test_up_tells_what_is_served_and_what_is_not(shop: Path) -> None:
    def up(*arguments: str) -> tuple[dict[str, Any], str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "eventmill.cli", "up", *arguments, "--port", "0", "--json"],
            cwd=shop,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        if not arguments:
            asked = CliRunner().invoke(cli, ["logs", "Typo", "--endpoint", said["endpoint"]])
            assert "logs Typo: Function not found: " in str(asked.exception)
        process.terminate()
        return said, process.communicate(timeout=30)[1]

    up("db.yaml")
    assert up("app.yaml")[0]["stacks"] == ["shop-app", "shop-db"]
    (shop / "template.yaml").write_text(DB)
    said, errors = up()
    assert said["stacks"] == ["shop-app", "shop-db"]
    assert "template.yaml is not deployed, since none was named: `eventmill up .`" in errors


def test_folders_that_cannot_be_read_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone" / "inner").mkdir(parents=True)
    from eventmill import datadir

    scan = datadir.os.scandir

    def vanishing(path: Path) -> Any:
        if path.name == "gone":
            (path / "inner").rmdir()
            path.rmdir()
        return scan(path)

    monkeypatch.setattr(datadir.os, "scandir", vanishing)
    assert running_below(tmp_path) == []
