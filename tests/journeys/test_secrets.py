"""Secrets Manager and Parameter Store: over boto3, and out of templates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eventmill.kernel.errors import UsageError
from eventmill.testing import engine

APP = Path(__file__).parents[1] / "apps" / "secrets"
DAY = 86_400


@pytest.fixture(scope="module")
def app():
    with engine() as running:
        yield running


@pytest.fixture(scope="module")
def deployed(app):
    with pytest.raises(UsageError, match="Greeting takes its value from /shop/greeting in Param"):
        app.deploy(APP)
    ssm = app.client("ssm")
    ssm.put_parameter(Name="/shop/greeting", Value="hello", Type="String")
    ssm.put_parameter(Name="/shop/greeting", Value="welcome", Overwrite=True)
    ssm.put_parameter(Name="/shop/colours", Value="red, green", Type="StringList")
    with pytest.raises(UsageError, match=r"\{\{resolve:ssm-secure:/shop/token:1\}\} cannot be"):
        app.deploy(APP)
    ssm.put_parameter(Name="/shop/token", Value="t0p", Type="SecureString")
    app.deploy(APP)
    return app


def refused(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as failed:
        call(**request)
    assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return failed.value.response["Error"]["Code"]


def read(app: Any) -> dict[str, Any]:
    answer = app.client("lambda").invoke(FunctionName=app.outputs["Reader"])
    return json.loads(answer["Payload"].read())


def test_a_template_takes_its_values_from_both_stores(deployed) -> None:
    got = read(deployed)
    secret, variables = got["secret"], got["variables"]
    assert secret["username"] == "shop" and len(secret["password"]) == 24
    assert not set(secret["password"]) & set('"@/\\')
    assert got["limit"] == "7"
    assert variables == {
        "GREETING": "welcome",
        "COLOUR": "green",
        "USERNAME": "shop",
        "PASSWORD": secret["password"],
        "TOKEN": "Bearer t0p",
        "HALF": "hello welcome",
    }
    assert deployed.outputs["Hello"] == "welcome"
    # AWS shows no secrets in outputs.
    assert deployed.outputs["Hidden"].startswith("{{resolve:secretsmanager:arn:")


def test_a_deployment_takes_changed_values_and_keeps_generated_ones(deployed) -> None:
    before = read(deployed)
    deployed.client("ssm").put_parameter(Name="/shop/greeting", Value="bye", Overwrite=True)
    deployed.deploy(APP)
    after = read(deployed)
    assert after["variables"]["GREETING"] == "bye"
    assert after["secret"] == before["secret"]


def test_versions_of_a_secret_move_through_their_stages(app) -> None:
    secrets = app.client("secretsmanager")
    made = secrets.create_secret(
        Name="app/db", SecretString="one", Tags=[{"Key": "a", "Value": "b"}]
    )
    assert made["ARN"].startswith("arn:aws:secretsmanager:us-east-1:000000000000:secret:app/db-")
    first = made["VersionId"]
    second = secrets.put_secret_value(SecretId="app/db", SecretBinary=b"\x00two")
    assert second["VersionStages"] == ["AWSCURRENT"]
    current = secrets.get_secret_value(SecretId=made["ARN"])
    assert current["SecretBinary"] == b"\x00two" and "SecretString" not in current
    previous = secrets.get_secret_value(SecretId=made["ARN"][:-7], VersionStage="AWSPREVIOUS")
    assert (previous["SecretString"], previous["VersionId"]) == ("one", first)
    secrets.put_secret_value(SecretId="app/db", SecretString="three", VersionStages=["NEXT"])
    assert secrets.get_secret_value(SecretId="app/db")["VersionId"] == second["VersionId"]
    third = secrets.get_secret_value(SecretId="app/db", VersionStage="NEXT")["VersionId"]
    move = {"SecretId": "app/db", "VersionStage": "AWSCURRENT", "MoveToVersionId": third}
    assert refused(secrets.update_secret_version_stage, **move) == "InvalidParameterException"
    secrets.update_secret_version_stage(**move, RemoveFromVersionId=second["VersionId"])
    described = secrets.describe_secret(SecretId="app/db")
    assert described["VersionIdsToStages"] == {
        third: ["AWSCURRENT", "NEXT"],
        second["VersionId"]: ["AWSPREVIOUS"],
    }
    assert described["Tags"] == [{"Key": "a", "Value": "b"}]
    listed = secrets.list_secret_version_ids(SecretId="app/db", IncludeDeprecated=True)["Versions"]
    assert {entry["VersionId"] for entry in listed} == {first, second["VersionId"], third}


def test_the_same_token_again_changes_nothing_and_another_value_is_refused(app) -> None:
    secrets, token = app.client("secretsmanager"), "0" * 32
    secrets.create_secret(Name="twice")
    assert refused(secrets.get_secret_value, SecretId="twice") == "ResourceNotFoundException"
    put = {"SecretId": "twice", "ClientRequestToken": token}
    for _ in range(2):
        secrets.put_secret_value(**put, SecretString="a")
    assert refused(secrets.put_secret_value, **put, SecretString="b") == "ResourceExistsException"
    assert refused(secrets.create_secret, Name="twice") == "ResourceExistsException"


def test_a_deleted_secret_can_be_restored_until_its_window_ends(app) -> None:
    secrets = app.client("secretsmanager")
    secrets.create_secret(Name="old", SecretString="x")
    secrets.delete_secret(SecretId="old", RecoveryWindowInDays=7)
    assert refused(secrets.get_secret_value, SecretId="old") == "InvalidRequestException"
    assert refused(secrets.create_secret, Name="old") == "InvalidRequestException"
    assert "old" not in [one["Name"] for one in secrets.list_secrets()["SecretList"]]
    secrets.restore_secret(SecretId="old")
    assert secrets.get_secret_value(SecretId="old")["SecretString"] == "x"
    secrets.delete_secret(SecretId="old", RecoveryWindowInDays=7)
    app.advance(8 * DAY)
    app.settle()
    assert refused(secrets.restore_secret, SecretId="old") == "ResourceNotFoundException"
    secrets.create_secret(Name="old", SecretString="y")
    secrets.delete_secret(SecretId="old", ForceDeleteWithoutRecovery=True)
    assert refused(secrets.describe_secret, SecretId="old") == "ResourceNotFoundException"


def test_many_secrets_at_once_and_those_that_fail(app) -> None:
    secrets = app.client("secretsmanager")
    for name in ("many/a", "many/b", "other"):
        secrets.create_secret(Name=name, SecretString=name, Description=f"the {name}")
    answer = secrets.batch_get_secret_value(SecretIdList=["many/a", "none"])
    assert [one["SecretString"] for one in answer["SecretValues"]] == ["many/a"]
    assert [one["ErrorCode"] for one in answer["Errors"]] == ["ResourceNotFoundException"]
    filters = [{"Key": "name", "Values": ["many/"]}]
    found = secrets.batch_get_secret_value(Filters=filters)["SecretValues"]
    assert [one["Name"] for one in found] == ["many/a", "many/b"]
    first = secrets.list_secrets(Filters=filters, MaxResults=1)
    second = secrets.list_secrets(Filters=filters, MaxResults=1, NextToken=first["NextToken"])
    assert [one["Name"] for one in second["SecretList"]] == ["many/b"]
    assert "NextToken" not in second


def test_passwords_keep_to_what_is_asked(app) -> None:
    secrets = app.client("secretsmanager")
    made = secrets.get_random_password(
        PasswordLength=6, ExcludePunctuation=True, ExcludeCharacters="abc", IncludeSpace=True
    )["RandomPassword"]
    assert len(made) == 6 and " " in made and not set(made) & set("abc!")
    assert any(letter.isdigit() for letter in made) and any(letter.isupper() for letter in made)
    short = {"PasswordLength": 2}
    assert refused(secrets.get_random_password, **short) == "InvalidParameterException"


def test_rotation_is_recorded(app) -> None:
    secrets = app.client("secretsmanager")
    secrets.create_secret(Name="turning", SecretString="x")
    assert refused(secrets.rotate_secret, SecretId="turning") == "InvalidRequestException"
    arn = "arn:aws:lambda:us-east-1:000000000000:function:turn"
    rules = {"AutomaticallyAfterDays": 30}
    secrets.rotate_secret(SecretId="turning", RotationLambdaARN=arn, RotationRules=rules)
    described = secrets.describe_secret(SecretId="turning")
    assert described["RotationEnabled"] and described["RotationLambdaARN"] == arn
    assert described["RotationRules"] == rules
    secrets.cancel_rotate_secret(SecretId="turning")
    assert secrets.describe_secret(SecretId="turning")["RotationEnabled"] is False


def test_a_secure_parameter_is_shown_only_when_decryption_is_asked(app) -> None:
    ssm = app.client("ssm")
    ssm.put_parameter(Name="safe", Value="secret", Type="SecureString")
    closed = ssm.get_parameter(Name="safe")["Parameter"]
    assert closed["Type"] == "SecureString" and "secret" not in closed["Value"]
    assert closed["ARN"] == "arn:aws:ssm:us-east-1:000000000000:parameter/safe"
    shown = ssm.get_parameter(Name=closed["ARN"], WithDecryption=True)["Parameter"]
    assert (shown["Name"], shown["Value"]) == ("safe", "secret")
    assert (
        ssm.describe_parameters(
            ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": ["safe"]}]
        )["Parameters"][0]["KeyId"]
        == "alias/aws/ssm"
    )


def test_versions_and_labels_of_a_parameter(app) -> None:
    ssm = app.client("ssm")
    for number in range(1, 4):
        answer = ssm.put_parameter(
            Name="/v/p", Value=f"v{number}", Type="String", Overwrite=number > 1
        )
        assert answer["Version"] == number
    again = {"Name": "/v/p", "Value": "x", "Type": "String"}
    assert refused(ssm.put_parameter, **again) == "ParameterAlreadyExists"
    labelled = ssm.label_parameter_version(Name="/v/p", ParameterVersion=2, Labels=["live", "9"])
    assert labelled["InvalidLabels"] == ["9"]
    one = ssm.get_parameter(Name="/v/p:live")["Parameter"]
    assert (one["Value"], one["Version"], one["Selector"]) == ("v2", 2, ":live")
    assert ssm.get_parameter(Name="/v/p:1")["Parameter"]["Value"] == "v1"
    assert refused(ssm.get_parameter, Name="/v/p:7") == "ParameterVersionNotFound"
    ssm.label_parameter_version(Name="/v/p", Labels=["live"])
    history = ssm.get_parameter_history(Name="/v/p")["Parameters"]
    assert [(one["Value"], one["Labels"]) for one in history] == [
        ("v1", []),
        ("v2", []),
        ("v3", ["live"]),
    ]
    assert ssm.unlabel_parameter_version(Name="/v/p", ParameterVersion=3, Labels=["live"])[
        "RemovedLabels"
    ] == ["live"]


def test_parameters_below_a_path(app) -> None:
    ssm = app.client("ssm")
    for name in ("/tree/a", "/tree/b/c", "/tree/b/d", "/treehouse"):
        ssm.put_parameter(Name=name, Value="1", Type="String", Tags=[{"Key": "k", "Value": name}])

    def names(**request: Any) -> list[str]:
        return [one["Name"] for one in ssm.get_parameters_by_path(**request)["Parameters"]]

    assert names(Path="/tree") == ["/tree/a"]
    assert names(Path="/tree/", Recursive=True) == ["/tree/a", "/tree/b/c", "/tree/b/d"]
    pages = ssm.get_paginator("get_parameters_by_path").paginate(
        Path="/tree", Recursive=True, PaginationConfig={"PageSize": 2}
    )
    assert [len(page["Parameters"]) for page in pages] == [2, 1]
    answer = ssm.get_parameters(Names=["/tree/a", "/none"])
    assert [one["Name"] for one in answer["Parameters"]] == ["/tree/a"]
    assert answer["InvalidParameters"] == ["/none"]
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/tree/a")
    assert tags["TagList"] == [{"Key": "k", "Value": "/tree/a"}]
    gone = ssm.delete_parameters(Names=["/tree/a", "/none"])
    assert (gone["DeletedParameters"], gone["InvalidParameters"]) == (["/tree/a"], ["/none"])
    assert refused(ssm.delete_parameter, Name="/tree/a") == "ParameterNotFound"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"Name": "aws-x", "Value": "1", "Type": "String"}, "ValidationException"),
        ({"Name": "/a b", "Value": "1", "Type": "String"}, "ValidationException"),
        ({"Name": "untyped", "Value": "1"}, "ValidationException"),
        ({"Name": "large", "Value": "1" * 4_097, "Type": "String"}, "ValidationException"),
        (
            {"Name": "odd", "Value": "x", "Type": "String", "AllowedPattern": "[0-9"},
            "InvalidAllowedPatternException",
        ),
        (
            {"Name": "odd", "Value": "x", "Type": "String", "AllowedPattern": "[0-9]+"},
            "ParameterPatternMismatchException",
        ),
    ],
)
def test_what_aws_refuses_of_a_parameter(app, request_: dict[str, str], code: str) -> None:
    assert refused(app.client("ssm").put_parameter, **request_) == code
