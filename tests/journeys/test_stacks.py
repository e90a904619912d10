"""What CloudFormation itself offers: custom resources, stacks in stacks, loops, its own API."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from eventmill.cli.main import cli
from eventmill.kernel.errors import UsageError
from eventmill.testing import TestEngine, engine

APP = Path(__file__).parents[1] / "apps" / "stacks"


@pytest.fixture(scope="module")
def app() -> Iterator[TestEngine]:
    with engine() as running:
        running.deploy(APP)
        yield running


def test_a_function_makes_a_custom_resource_and_its_data_go_on(app: TestEngine) -> None:
    assert app.outputs["Shown"] == "HELLO"
    table = app.client("dynamodb")
    item = table.get_item(TableName=app.outputs["Table"], Key={"id": {"S": "first"}})["Item"]
    # CloudFormation passes every scalar on as a text.
    assert item == {"id": {"S": "first"}, "text": {"S": "hello"}, "count": {"S": "3"}}


def test_an_inner_stack_gets_parameters_and_tells_outputs(app: TestEngine) -> None:
    assert app.outputs["Told"] == "HELLO"
    told = app.client("ssm").get_parameter(Name="/stacks/told")["Parameter"]["Value"]
    assert told == "HELLO"


def test_a_loop_makes_one_of_each(app: TestEngine) -> None:
    assert app.outputs["North"].endswith("/stacks-north")
    assert app.outputs["South"].endswith("/stacks-south")


def test_what_nothing_runs_behind_is_there_and_marked(app: TestEngine, tmp_path: Path) -> None:
    assert app.outputs["Site"].startswith("arn:aws:amplify:us-east-1:")
    assert app.outputs["KeyArn"].startswith("arn:aws:kms:us-east-1:")
    with pytest.raises(ClientError, match="does not offer"):
        app.client("amplify").get_app(appId=app.outputs["Site"].rpartition("/")[2])
    checked = CliRunner().invoke(cli, ["check", str(APP), "--recorded"])
    assert checked.exit_code == 0, checked.output
    assert (
        "AWS::Amplify::App Site is recorded: nothing of it works here; calls to amplify answer 501"
        in checked.output
    )


def test_the_api_tells_of_stacks(app: TestEngine) -> None:
    api = app.client("cloudformation")
    (stack,) = api.describe_stacks(StackName="stacks")["Stacks"]
    outputs = {entry["OutputKey"]: entry for entry in stack["Outputs"]}
    assert outputs["Told"]["ExportName"] == "stacks-told"
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    detail = api.describe_stack_resource(StackName="stacks", LogicalResourceId="Table")
    assert detail["StackResourceDetail"]["PhysicalResourceId"] == app.outputs["Table"]
    listed = api.list_stack_resources(StackName=stack["StackId"])["StackResourceSummaries"]
    assert {"Seed", "Inner", "Queuenorth"} <= {entry["LogicalResourceId"] for entry in listed}
    assert {entry["StackName"] for entry in api.list_stacks()["StackSummaries"]} == {
        "stacks",
        "stacks-Inner",
    }
    assert api.list_exports()["Exports"][0]["Value"] == "HELLO"
    with pytest.raises(ClientError, match="Stack with id gone does not exist"):
        api.describe_stacks(StackName="gone")


def test_changes_reach_the_function_and_the_inner_stack(tmp_path: Path) -> None:
    folder = tmp_path / "stacks"
    shutil.copytree(APP, folder)
    with engine() as mill:
        mill.deploy(folder)
        mill.deploy(folder, {"Greeting": "bye", "Shops": "north,south,west"})
        assert mill.outputs["Shown"] == mill.outputs["Told"] == "BYE"
        queues = mill.client("sqs").list_queues()["QueueUrls"]
        assert [url.rpartition("/")[2] for url in queues] == [
            "stacks-north",
            "stacks-south",
            "stacks-west",
        ]


def test_an_export_belongs_to_its_output_though_another_has_its_value(
    eventmill: TestEngine, tmp_path: Path
) -> None:
    (tmp_path / "template.yaml").write_text(
        """
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
Outputs:
  Plain: {Value: !GetAtt Queue.Arn}
  Shared: {Value: !GetAtt Queue.Arn, Export: {Name: jobs-arn}}
  Again: {Value: !GetAtt Queue.Arn, Export: {Name: jobs-arn-too}}
"""
    )
    arn = eventmill.deploy(tmp_path)["Plain"]
    api = eventmill.client("cloudformation")

    def names() -> dict[str, str]:
        (stack,) = api.describe_stacks()["Stacks"]
        return {out["OutputKey"]: out.get("ExportName", "") for out in stack["Outputs"]}

    assert names() == {"Plain": "", "Shared": "jobs-arn", "Again": "jobs-arn-too"}
    exports = {entry["Name"]: entry["Value"] for entry in api.list_exports()["Exports"]}
    assert exports == {"jobs-arn": arn, "jobs-arn-too": arn}
    earlier = json.dumps({"jobs-arn": arn})
    eventmill.run(
        eventmill.inner.database.write(
            lambda tx: tx.execute("UPDATE deploy_stacks SET exports=?", (earlier,))
        )
    )
    assert [entry["Value"] for entry in api.list_exports()["Exports"]] == [arn]
    assert list(names().values()).count("jobs-arn") == 1


def test_a_change_within_the_inner_stack_alone_reaches_it(tmp_path: Path) -> None:
    folder = tmp_path / "stacks"
    shutil.copytree(APP, folder)
    inner = folder / "inner.yaml"
    with engine() as mill:

        def deploy() -> list[str]:
            return mill.run(mill.inner.deploy(folder, {})).updated

        mill.deploy(folder)
        assert deploy() == []
        text = inner.read_text()
        inner.write_text(text.replace("Resources:", "Resources:\n  More: {Type: AWS::SQS::Queue}"))
        assert deploy() == [], "the outer stack sees nothing of it"
        names = [url.rpartition("/")[2] for url in mill.client("sqs").list_queues()["QueueUrls"]]
        assert any("Inner-More" in name for name in names), names
        inner.write_text(text.replace("Value: !Ref Name", "Value: !Sub '${Name}!'"))
        assert deploy() == ["Inner"]
        (stack,) = mill.client("cloudformation").describe_stacks(StackName="stacks")["Stacks"]
        outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in stack["Outputs"]}
        assert outputs["Told"] == "HELLO!"
        assert deploy() == []


def test_another_physical_id_replaces_and_a_resource_that_goes_is_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "stacks"
    shutil.copytree(APP, folder)
    template = folder / "template.yaml"
    with engine() as mill:
        mill.deploy(folder)

        def keys() -> set[str]:
            items = mill.client("dynamodb").scan(TableName=mill.outputs["Table"])["Items"]
            return {item["id"]["S"] for item in items}

        template.write_text(template.read_text().replace("Key: first", "Key: second"))
        mill.deploy(folder)
        assert keys() == {"second"}
        text = template.read_text()
        start, end = text.index("  Seed:\n"), text.index("  Inner:\n")
        text = text[:start] + text[end:]
        text = text.replace("!GetAtt Seed.Shown", "!Ref Greeting")
        template.write_text(text)
        mill.deploy(folder)
        assert keys() == set()
        with pytest.raises(UsageError, match="its function says: no such key"):
            bad = APP.joinpath("template.yaml").read_text().replace("Key: first", "Key: wrong")
            template.write_text(bad)
            mill.deploy(folder)


def test_what_is_to_be_retained_stays_though_nothing_else_of_it_changed(
    eventmill: TestEngine, tmp_path: Path
) -> None:
    file = tmp_path / "template.yaml"
    kept, other = "Kept: {Type: AWS::SQS::Queue}", "Other: {Type: AWS::SQS::Queue}"
    retained = kept.replace("}", ", DeletionPolicy: Retain}")
    for resources in ([kept, other], [retained, other], [other]):
        file.write_text("Resources:\n" + "".join(f"  {each}\n" for each in resources))
        eventmill.deploy(tmp_path)
    urls = eventmill.client("sqs").list_queues()["QueueUrls"]
    assert len(urls) == 2 and any("-Kept-" in url for url in urls)


def test_a_stack_can_go_though_its_resources_were_deleted_by_hand(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(
        """
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}
  Policy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Queue]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          {Effect: Allow, Principal: "*", Action: "sqs:*", Resource: !GetAtt Queue.Arn}
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: bucket}}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: table
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
Outputs:
  Queue: {Value: !Ref Queue}
"""
    )
    with engine() as app:
        queue = app.deploy(tmp_path)["Queue"]
        app.client("sqs").delete_queue(QueueUrl=queue)
        app.client("s3").delete_bucket(Bucket="bucket")
        app.client("dynamodb").delete_table(TableName="table")
        stack = app.client("cloudformation").describe_stacks()["Stacks"][0]["StackName"]
        app.run(app.inner.stacks.delete(stack))
        assert app.client("cloudformation").describe_stacks()["Stacks"] == []


def test_check_and_deployments_name_handlers_that_are_not_there(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(
        """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: src, Runtime: python3.12, Handler: app.handlr}
"""
    )
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text("def handler(event, context): pass\n")
    expected = f"{template}:3: Work cannot run app.handlr: {tmp_path}/src/app.py defines no handlr"
    assert f"notice    {expected}" in CliRunner().invoke(cli, ["check", str(tmp_path)]).output
    data, eventmill = tmp_path / "data", f"{sys.executable} -m eventmill.cli"
    ask = f"{eventmill} invoke Work --data {data}; {eventmill} logs Work --data {data}"
    command = ["run", str(tmp_path), "--port", "0", "--data", str(data), "--", "sh", "-c", ask]
    deployed = subprocess.run(
        [*eventmill.split(), *command], capture_output=True, text=True, check=False
    )
    assert f"  {expected}" in deployed.stderr
    assert "Runtime.HandlerNotFound: Handler 'handlr' missing on module 'app'" in deployed.stdout


def test_deployments_say_where_a_key_stands_twice(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(
        """\
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      DelaySeconds: 1
      DelaySeconds: 2
"""
    )
    command = ["run", str(tmp_path), "--port", "0", "--data", str(tmp_path / "data"), "--", "true"]
    deployed = CliRunner().invoke(cli, command)
    assert deployed.exit_code == 0, deployed.output
    assert f"{template}:6: DelaySeconds stands here and in line 5: " in deployed.stderr


def test_a_deployment_looks_into_inner_stacks_before_it_makes_anything(tmp_path: Path) -> None:
    inner = tmp_path / "inner.yaml"
    (tmp_path / "between.yaml").write_text(
        "Resources:\n"
        "  Deep: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: inner.yaml}}\n"
    )
    (tmp_path / "template.yaml").write_text(
        """\
Parameters: {Place: {Type: String, Default: "https://example.com/other.yaml"}}
Resources:
  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: too-early}}
  Between: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: between.yaml}}
  Far:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: !Sub "https://${AWS::Region}.example.com/far.yaml"}
"""
    )
    with engine() as app:
        with pytest.raises(UsageError, match=r"inner.yaml does not exist"):
            app.deploy(tmp_path)
        inner.write_text("Resources:\n  Jobs: {Type: AWS::SQS::Queue, Properties: {Colour: red}}\n")
        with pytest.raises(UsageError, match="nothing was deployed") as refused:
            app.deploy(tmp_path)
        assert f"{inner}:2: Jobs: AWS::SQS::Queue Colour: " in str(refused.value)
        assert (
            f"{tmp_path / 'template.yaml'}:5: Far: AWS::CloudFormation::Stack TemplateURL: "
            in str(refused.value)
        )
        assert "example.com/far.yaml" in str(refused.value)
        inner.write_text(
            "Resources:\n"
            "  Own: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: between.yaml}}\n"
        )
        with pytest.raises(UsageError, match=r"between.yaml would be a stack within itself"):
            app.deploy(tmp_path)
        text = (tmp_path / "template.yaml").read_text()
        known = '!Sub "https://${AWS::Region}.example.com/far.yaml"'
        (tmp_path / "template.yaml").write_text(text.replace(known, "!Ref Place"))
        inner.write_text("Resources: {Jobs: {Type: AWS::SQS::Queue}}\n")
        with pytest.raises(UsageError, match=r":5: Far: TemplateURL https://example.com/other"):
            app.deploy(tmp_path)
        assert "QueueUrls" not in app.client("sqs").list_queues()
        assert app.client("cloudformation").describe_stacks()["Stacks"] == []


def test_what_is_not_made_is_not_refused(tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text(
        """\
Conditions: {Never: !Equals [a, b]}
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  Painted: {Type: AWS::SQS::Queue, Condition: Never, Properties: {Colour: red}}
"""
    )
    (tmp_path / "template.yaml").write_text(
        """\
Parameters: {Stage: {Type: String, Default: test}}
Conditions: {Live: !Equals [!Ref Stage, live]}
Resources:
  Inner: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: inner.yaml}}
  Far:
    Type: AWS::CloudFormation::Stack
    Condition: Live
    Properties: {TemplateURL: "https://example.com/far.yaml"}
  Missing:
    Type: AWS::CloudFormation::Stack
    Condition: Live
    Properties: {TemplateURL: missing.yaml}
"""
    )
    with engine() as app:
        app.deploy(tmp_path)
        assert len(app.client("sqs").list_queues()["QueueUrls"]) == 1
        with pytest.raises(UsageError, match=r"missing.yaml does not exist"):
            app.deploy(tmp_path, {"Stage": "live"})
        (tmp_path / "missing.yaml").write_text("Resources: {Found: {Type: AWS::SQS::Queue}}\n")
        with pytest.raises(UsageError, match=r"far.yaml is no path of a local file"):
            app.deploy(tmp_path, {"Stage": "live"})
        assert len(app.client("sqs").list_queues()["QueueUrls"]) == 1


def test_check_looks_into_inner_stacks(tmp_path: Path) -> None:
    inner = tmp_path / "inner.yaml"
    inner.write_text("Resources:\n  Jobs: {Type: AWS::SQS::Queue, Properties: {Colour: red}}\n")
    (tmp_path / "template.yaml").write_text(
        """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Inner: {Type: AWS::Serverless::Application, Properties: {Location: inner.yaml}}
  Jobs: {Type: AWS::SQS::Queue}
"""
    )
    checked = CliRunner().invoke(cli, ["check", str(tmp_path)])
    assert checked.exit_code == 1
    assert f"refused   {inner}:2: Jobs: AWS::SQS::Queue Colour: " in checked.output
    assert checked.output.splitlines()[-1].startswith(
        "nothing would be deployed: 2 of 3 resources are offered, 1 refusal"
    )


OUTER = """
Resources:
  Inner:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: inner.yaml
      Parameters: {Env: dev, Flag: true, Many: [true, 1]}
Outputs:
  Told: {Value: !GetAtt Inner.Outputs.Told}
"""
INNER = """
Transform: AWS::LanguageExtensions
Parameters:
  Env: {Type: String}
  Flag: {Type: String, AllowedValues: ["true", "false"]}
  Many: {Type: CommaDelimitedList}
Mappings:
  Envs: {dev: {Names: [Red, Blue]}}
Resources:
  Fn::ForEach::Queues:
    - Name
    - !FindInMap [Envs, !Ref Env, Names]
    - Queue${Name}: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "told-${Name}"}}
Outputs:
  Told: {Value: !Sub ["${Flag} ${all}", {all: !Join [" ", !Ref Many]}]}
"""


def test_an_inner_template_is_looked_at_with_the_parameters_that_it_will_get(
    tmp_path: Path,
) -> None:
    """Truth values arrive as CloudFormation writes them, and what an inner loop needs is known."""
    (tmp_path / "template.yaml").write_text(OUTER)
    (tmp_path / "inner.yaml").write_text(INNER)
    # Other tools name their files so too; they are no assets of the CDK's.
    (tmp_path / "webpack.assets.json").write_text('{"main": {"js": "main.js"}}')
    with engine() as mill:
        assert mill.deploy(tmp_path)["Told"] == "true true 1"
        urls = mill.client("sqs").list_queues(QueueNamePrefix="told-")["QueueUrls"]
        assert [url.rpartition("/")[2] for url in urls] == ["told-Blue", "told-Red"]


ENVIRONMENTS = "{Type: String, AllowedValues: [dev]}"
MIDDLE = """
Parameters: {Env: {Type: String}, Flag: {Type: String}, Many: {Type: CommaDelimitedList}}
Resources:
  Inner:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: deep.yaml
      Parameters: {Env: !Ref Env, Flag: !Ref Flag, Many: !Join [",", !Ref Many]}
Outputs:
  Told: {Value: !GetAtt Inner.Outputs.Told}
"""


def test_what_only_the_deployment_of_a_stack_between_knows_is_not_made_up(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(OUTER)
    (tmp_path / "inner.yaml").write_text(MIDDLE)
    (tmp_path / "deep.yaml").write_text(INNER.replace("{Type: String}", ENVIRONMENTS))
    with engine() as mill:
        assert mill.deploy(tmp_path)["Told"] == "true true 1"


def test_what_is_replaced_stays_where_the_policy_of_replacement_says_so(tmp_path: Path) -> None:
    def template(name: str) -> None:
        bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": f"kept-{name}"}}
        queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"gone-{name}"}}
        kept = bucket | {"UpdateReplacePolicy": "Retain"}
        (tmp_path / "template.json").write_text(json.dumps({"Resources": {"A": kept, "B": queue}}))

    with engine() as mill:
        for name in ("one", "two"):
            template(name)
            mill.deploy(tmp_path)
        buckets = [entry["Name"] for entry in mill.client("s3").list_buckets()["Buckets"]]
        assert buckets == ["kept-one", "kept-two"]
        (url,) = mill.client("sqs").list_queues(QueueNamePrefix="gone-")["QueueUrls"]
        assert url.endswith("/gone-two")


def replacing(folder: Path, name: str, *, fails: bool) -> None:
    """A template whose queue is replaced with each name, and whose next resource may fail."""
    lost = {
        "Type": "AWS::Lambda::Permission",
        "DependsOn": "Queue",
        "Properties": {
            "Action": "lambda:InvokeFunction",
            "FunctionName": "nowhere",
            "Principal": "sns.amazonaws.com",
        },
    }
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"place-{name}"}}
    resources = {"Queue": queue} | ({"Lost": lost} if fails else {})
    (folder / "template.json").write_text(json.dumps({"Resources": resources}))


def places(mill: TestEngine) -> dict[str, str]:
    """The stack's queues and what they hold."""
    sqs = mill.client("sqs")
    return {
        url.rpartition("-")[2]: sqs.get_queue_attributes(
            QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
        )["Attributes"]["ApproximateNumberOfMessages"]
        for url in sqs.list_queues(QueueNamePrefix="place-").get("QueueUrls", [])
    }


def broken_off(mill: TestEngine, folder: Path) -> None:
    """A deployment that fails after it has replaced the queue, in which a message lies."""
    replacing(folder, "one", fails=False)
    mill.deploy(folder)
    mill.client("sqs").send_message(QueueUrl="place-one", MessageBody="m")
    replacing(folder, "two", fails=True)
    with pytest.raises(UsageError, match="nowhere"):
        mill.deploy(folder)
    assert places(mill) == {"one": "1", "two": "0"}


def test_what_was_replaced_when_a_deployment_broke_off_is_deleted_by_the_next(
    tmp_path: Path,
) -> None:
    with engine(tmp_path / "data") as mill:
        broken_off(mill, tmp_path)
    with engine(tmp_path / "data") as mill:
        replacing(tmp_path, "two", fails=False)
        mill.deploy(tmp_path)
        assert places(mill) == {"two": "0"}
        mill.deploy(tmp_path)
        assert places(mill) == {"two": "0"}


def test_what_was_replaced_when_a_deployment_broke_off_is_taken_back(tmp_path: Path) -> None:
    with engine() as mill:
        broken_off(mill, tmp_path)
        replacing(tmp_path, "one", fails=False)
        mill.deploy(tmp_path)
        assert places(mill) == {"one": "1"}


def test_the_api_tells_when_and_with_what_a_stack_was_deployed(tmp_path: Path) -> None:
    def written(size: str, more: str = "") -> None:
        (tmp_path / "template.yaml").write_text(
            "Description: of jobs\n"
            "Parameters: {Wait: {Type: Number}, Word: {Type: String, NoEcho: true, Default: s},"
            " Hosts: {Type: CommaDelimitedList, Default: 'a, b'}}\n"
            "Resources: {Jobs: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: !Ref Wait}}}\n"
            f"Outputs: {{Size: {{Value: {size}, Description: how many{more}}}}}\n"
        )

    with engine() as mill:
        api = mill.client("cloudformation")

        def stack() -> dict[str, Any]:
            (found,) = api.describe_stacks()["Stacks"]
            return dict(found)

        written("1")
        mill.deploy(tmp_path, {"Wait": "5"})
        first = stack()
        assert abs(first["CreationTime"].timestamp() - mill.inner.clock.now()) < 60
        assert "LastUpdatedTime" not in first and first["Description"] == "of jobs"
        assert {
            entry["ParameterKey"]: entry["ParameterValue"] for entry in first["Parameters"]
        } == {
            "Wait": "5",
            "Word": "****",
            "Hosts": "a,b",
        }
        (output,) = first["Outputs"]
        assert output == {"OutputKey": "Size", "OutputValue": "1", "Description": "how many"}
        # Neither a resource nor the value of an output changed.
        written("1", " there are")
        mill.deploy(tmp_path, {"Wait": "5"})
        assert stack()["StackStatus"] == "CREATE_COMPLETE"
        mill.deploy(tmp_path, {"Wait": "6"})
        api.get_waiter("stack_update_complete").wait(StackName=first["StackName"])
        assert stack()["CreationTime"] == first["CreationTime"] <= stack()["LastUpdatedTime"]
        listed = api.list_stacks(StackStatusFilter=["UPDATE_COMPLETE"])["StackSummaries"]
        assert [entry["StackName"] for entry in listed] == [first["StackName"]]
        (resource,) = api.list_stack_resources(StackName=first["StackName"])[
            "StackResourceSummaries"
        ]
        assert resource["LastUpdatedTimestamp"] == stack()["LastUpdatedTime"]
