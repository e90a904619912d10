"""User pools in templates: what changes in place, what is refused, what is said of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from eventmill.cli.main import cli
from eventmill.kernel.errors import UsageError
from eventmill.testing import TestEngine, engine
from tests.refusals import refused_as

POOL = """
Parameters: {Named: {Type: String, Default: one}}
Resources:
  Pool:
    Type: AWS::Cognito::UserPool
    Properties:
      Policies: {PasswordPolicy: {MinimumLength: "12", RequireNumbers: "true"}}
      Schema: [{Name: tier, AttributeDataType: String}]
      %s
  Client:
    Type: AWS::Cognito::UserPoolClient
    Properties: {UserPoolId: !Ref Pool, ClientName: !Ref Named, AccessTokenValidity: "2"}
  Group:
    Type: AWS::Cognito::UserPoolGroup
    Properties: {UserPoolId: !Ref Pool, GroupName: staff, Precedence: "%s"}
Outputs:
  Pool: {Value: !Ref Pool}
  Client: {Value: !Ref Client}
"""


@pytest.fixture(scope="module")
def mill() -> Iterator[TestEngine]:
    with engine() as running:
        yield running


def deploy(mill: TestEngine, folder: Path, text: str) -> dict[str, str]:
    folder.mkdir(exist_ok=True)
    (folder / "template.yaml").write_text(text)
    return dict(mill.deploy(folder))


def test_a_pool_changes_in_place_and_keeps_its_users(mill: TestEngine, tmp_path: Path) -> None:
    folder, idp = tmp_path / "changing", mill.client("cognito-idp")
    before = deploy(mill, folder, POOL % ("DeletionProtection: INACTIVE", 1))
    pool, client = before["Pool"], before["Client"]
    idp.admin_create_user(UserPoolId=pool, Username="ann", MessageAction="SUPPRESS")
    more = "AttributeDataType: String}, {Name: size, AttributeDataType: Number}]"
    text = POOL.replace("AttributeDataType: String}]", more)
    after = deploy(mill, folder, (text % ("AutoVerifiedAttributes: [email]", 2)))
    assert (after["Pool"], after["Client"]) == (pool, client)
    shown = idp.describe_user_pool(UserPoolId=pool)["UserPool"]
    assert shown["AutoVerifiedAttributes"] == ["email"]
    assert shown["Policies"]["PasswordPolicy"]["MinimumLength"] == 12
    assert [entry["Name"] for entry in shown["SchemaAttributes"]][-2:] == [
        "custom:tier",
        "custom:size",
    ]
    assert idp.get_group(UserPoolId=pool, GroupName="staff")["Group"]["Precedence"] == 2
    assert idp.admin_get_user(UserPoolId=pool, Username="ann")["Enabled"]
    held = idp.describe_user_pool_client(UserPoolId=pool, ClientId=client)["UserPoolClient"]
    assert (held["ClientName"], held["AccessTokenValidity"]) == ("one", 2)
    for change, why in (
        ("UsernameAttributes: [email]", "Updates are not allowed for property - UsernameAttr"),
        ("AliasAttributes: [email]", "Updates are not allowed for property - AliasAttributes"),
    ):
        with pytest.raises(UsageError, match=why):
            deploy(mill, folder, text % (change, 2))
    with pytest.raises(UsageError, match="Existing schema attributes cannot be modified"):
        deploy(mill, folder, (text % ("", 2)).replace("Type: Number", "Type: String"))
    deploy(mill, folder, "Resources: {Queue: {Type: AWS::SQS::Queue}}")
    assert refused_as(idp.describe_user_pool, UserPoolId=pool) == "ResourceNotFoundException"


def checked(folder: Path, text: str) -> tuple[int, str]:
    (folder / "template.yaml").write_text(text)
    done = CliRunner().invoke(cli, ["check", str(folder / "template.yaml")])
    return done.exit_code, done.output


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        (
            "Policies: {PasswordPolicy: {MinimumLength: 3}}",
            "the minimum length is between 6 and",
        ),
        ("{UsernameAttributes: [email], AliasAttributes: [email]}", "Only one of the aliasAttrib"),
        ("UsernameAttributes: [name]", "UsernameAttributes are email and phone_number, not name."),
        ("Schema: [{Name: x, Required: true}]", "Required custom attributes are not supported"),
        ("Colour: red", "Colour"),
    ],
)
def test_what_no_pool_can_have_is_refused_before(
    tmp_path: Path, properties: str, said: str
) -> None:
    given = properties if properties.startswith("{") else f"{{{properties}}}"
    text = f"Resources: {{Pool: {{Type: AWS::Cognito::UserPool, Properties: {given}}}}}"
    code, output = checked(tmp_path, text)
    assert code == 1 and said in output, output


def test_what_is_said_of_a_pool(tmp_path: Path) -> None:
    code, output = checked(
        tmp_path,
        """
Resources:
  Asked:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      Role: arn:aws:iam::000000000000:role/r
      Code: {ZipFile: "def handler(event, context): return event"}
  Pool:
    Type: AWS::Cognito::UserPool
    Properties:
      MfaConfiguration: "ON"
      LambdaConfig: {PreSignUp: !GetAtt Asked.Arn}
""",
    )
    assert code == 0, output
    assert "nobody is asked for a second factor here" in output
    assert (
        "AWS::Lambda::Function Asked gets nothing from AWS::Cognito::UserPool Pool: no "
        "AWS::Lambda::Permission lets cognito-idp.amazonaws.com in"
    ) in output


def test_a_client_is_replaced_when_it_gets_a_secret(mill: TestEngine, tmp_path: Path) -> None:
    folder = tmp_path / "secretive"

    def text(secret: str) -> str:
        return f"""
Resources:
  Pool: {{Type: AWS::Cognito::UserPool}}
  Client:
    Type: AWS::Cognito::UserPoolClient
    Properties: {{UserPoolId: !Ref Pool, GenerateSecret: {secret}}}
Outputs: {{Client: {{Value: !Ref Client}}, Pool: {{Value: !Ref Pool}}}}
"""

    first = deploy(mill, folder, text("false"))
    second = deploy(mill, folder, text("true"))
    assert first["Pool"] == second["Pool"] and first["Client"] != second["Client"]
    idp: Any = mill.client("cognito-idp")
    (listed,) = idp.list_user_pool_clients(UserPoolId=first["Pool"])["UserPoolClients"]
    assert listed["ClientId"] == second["Client"]
