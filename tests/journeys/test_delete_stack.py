"""A stack is deleted through CloudFormation's API and by `eventmill delete`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from eventmill.cli.main import cli
from eventmill.kernel.errors import UsageError
from eventmill.testing import TestEngine, engine

TEMPLATE = """
Resources:
  Gone: {Type: AWS::SQS::Queue, Properties: {QueueName: gone}}
  Kept: {Type: AWS::SQS::Queue, DeletionPolicy: Retain, Properties: {QueueName: kept}}
  Files: {Type: AWS::S3::Bucket, Properties: {BucketName: files-of-it}}
"""


def stacks(mill: TestEngine) -> list[str]:
    found = mill.client("cloudformation").describe_stacks()["Stacks"]
    return [entry["StackName"] for entry in found]


def queues(mill: TestEngine) -> list[str]:
    urls = mill.client("sqs").list_queues().get("QueueUrls", [])
    return [url.rpartition("/")[2] for url in urls]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "template.yaml").write_text(TEMPLATE)
    (folder / "db.yaml").write_text("Resources: {Q: {Type: AWS::SQS::Queue}}")
    return folder


def ran(*words: Any, said: str | None = None) -> str:
    done = CliRunner().invoke(cli, ["delete", *map(str, words)], input=said)
    if isinstance(done.exception, UsageError):
        raise done.exception
    return done.output


def test_the_api_deletes_a_stack_but_for_what_is_retained(shop: Path) -> None:
    with engine() as mill:
        mill.deploy(shop)
        cloud = mill.client("cloudformation")
        cloud.delete_stack(StackName="shop")
        cloud.get_waiter("stack_delete_complete").wait(
            StackName="shop", WaiterConfig={"Delay": 0, "MaxAttempts": 1}
        )
        assert stacks(mill) == [] and queues(mill) == ["kept"]
        assert mill.client("s3").list_buckets()["Buckets"] == []
        # One that is not there is deleted already.
        cloud.delete_stack(StackName="shop")


def test_what_cannot_be_deleted_is_named_and_the_rest_of_the_stack_stays(shop: Path) -> None:
    with engine() as mill:
        mill.deploy(shop)
        mill.client("s3").put_object(Bucket="files-of-it", Key="k", Body=b"v")
        cloud = mill.client("cloudformation")
        with pytest.raises(ClientError, match=r"Files .AWS::S3::Bucket. could not be deleted"):
            cloud.delete_stack(StackName="shop")
        assert stacks(mill) == ["shop"]
        number = cloud.describe_stacks()["Stacks"][0]["StackId"]
        cloud.delete_stack(StackName=number, RetainResources=["Files"])
        assert stacks(mill) == [] and queues(mill) == ["kept"]
        mill.client("s3").get_object(Bucket="files-of-it", Key="k")


def test_the_command_asks_a_running_engine(shop: Path) -> None:
    data = shop / ".eventmill"
    with engine(data) as mill:
        for file in ("template.yaml", "db.yaml"):
            mill.deploy(shop / file)
        assert "Aborted" in ran(shop, said="n\n")
        with pytest.raises(UsageError, match="no stack nope; there are: shop, shop-db"):
            ran("--stack", "nope", "--data", data)
        assert ran(shop / "db.yaml", "--yes") == "deleted the stack shop-db\n"
        (shop / "template.yaml").unlink()
        assert "deleted the stack shop\n" in ran("--stack", "shop", "--data", data, said="y\n")
        assert stacks(mill) == [] and queues(mill) == ["kept"]


def test_the_command_works_without_an_engine(shop: Path) -> None:
    data = shop / ".eventmill"
    with pytest.raises(UsageError, match="is no data directory of Eventmill; nothing was deleted"):
        ran(shop, "--yes")
    with engine(data) as mill:
        mill.deploy(shop)
    said = ran(shop, "--no-prompts")
    assert "retained Kept, as its policy says" in said and "deleted the stack shop" in said
    with engine(data) as mill:
        assert stacks(mill) == [] and queues(mill) == ["kept"]
    with pytest.raises(UsageError, match="name what to delete: a TEMPLATE, or --stack NAME"):
        ran()
