"""What stands under keys that CloudFormation does not have is refused, by its line: nothing of a
template is lost without a word, and no template gives a traceback.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from eventmill.cli.main import cli
from eventmill.kernel.errors import UsageError
from eventmill.testing import engine


def checked(folder: Path, text: str) -> tuple[int, str]:
    """The exit code and all that `eventmill check` says, its file called T."""
    template = folder / "template.yaml"
    template.write_text(text)
    done = CliRunner().invoke(cli, ["check", str(template)])
    said = done.output
    if done.exception and not isinstance(done.exception, SystemExit):
        assert isinstance(done.exception, UsageError), done.exception
        said += str(done.exception)
    return done.exit_code, said.replace(str(template), "T")


RESOURCES = """\
Transform: {transform}
Resources:
  A:
    Type: AWS::{kind}
    {body}
"""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("QueueName: q", "QueueName is no key of it (one of its properties is indented below"),
        ("Propertys: {QueueName: q}", "Propertys is no key of it; did you mean Properties?"),
        ("DependOn: B", "DependOn is no key of it; did you mean DependsOn?"),
        ("DeletionPolicy: Keep", "DeletionPolicy cannot be 'Keep'; it is one of Delete, Retain,"),
        ("DeletionPolicy: retain", "DeletionPolicy cannot be 'retain'; did you mean Retain?"),
        ("UpdateReplacePolicy: [Retain]", "UpdateReplacePolicy cannot be a list"),
        ("Properties: [a]", "Properties is a mapping, not a list"),
        ("Metadata: text", "Metadata is a mapping, not 'text'"),
        ("DependsOn: [{Ref: B}]", "DependsOn is a logical id, or a list of them"),
        ("Condition: [a]", "Condition is the name of one"),
    ],
)
@pytest.mark.parametrize("transform", ["[]", "AWS::Serverless-2016-10-31"])
def test_keys_beside_properties_are_cloudformations(
    tmp_path: Path, transform: str, body: str, said: str
) -> None:
    text = RESOURCES.format(transform=transform, kind="SQS::Queue", body=body)
    code, output = checked(tmp_path, text)
    assert code == 1 and f"T:5: the resource A: {said}" in output


@pytest.mark.parametrize("body", ["CodeUri: src\n    Properties:", "Properties: [a]", "Runtime: x"])
def test_a_function_of_sam_with_its_properties_beside_them(tmp_path: Path, body: str) -> None:
    kind = "Serverless::Function"
    text = RESOURCES.format(transform="AWS::Serverless-2016-10-31", kind=kind, body=body)
    code, output = checked(tmp_path, text)
    assert code == 1 and output.startswith("T:5: the resource A: ")


def test_sam_passes_keys_over_that_its_resources_do_not_have(tmp_path: Path) -> None:
    kind, body = "Serverless::SimpleTable", "TableName: t"
    text = RESOURCES.format(transform="AWS::Serverless-2016-10-31", kind=kind, body=body)
    code, output = checked(tmp_path, text)
    said = "T:5: the resource A: TableName is no key of it (one of its properties is indented below"
    assert code == 0 and said in output and "SAM passes it over" in output
    with engine() as mill:
        mill.deploy(tmp_path)
        (name,) = mill.client("dynamodb").list_tables()["TableNames"]
        assert name != "t"


def test_keys_of_sam_are_none_without_it(tmp_path: Path) -> None:
    body = "IgnoreGlobals: '*'"
    plain = RESOURCES.format(transform="[]", kind="SQS::Queue", body=body)
    assert "T:5: the resource A: IgnoreGlobals is no key of it" in checked(tmp_path, plain)[1]
    known = RESOURCES.format(
        transform="AWS::Serverless-2016-10-31",
        kind="Serverless::Function",
        body=f"{body}\n    Properties: {{Runtime: python3.12, Handler: a.b, InlineCode: x}}",
    )
    assert checked(tmp_path, known)[0] == 0


ROUTED = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  A:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      InlineCode: "def handler(event, context): pass"
      Events:
        Order:
          Type: {kind}
          Properties:
            Path: {path}
            Method: {method}
"""


@pytest.mark.parametrize("kind", ["Api", "HttpApi"])
@pytest.mark.parametrize(
    ("path", "method", "said"),
    [
        ("orders", "get", "T:13: the event Order of A: Path orders begins with no slash; write /o"),
        ("/orders", "fetch", "T:14: the event Order of A: fetch is no method of an API; it is one"),
        ("/orders", "Optons", "T:14: the event Order of A: Optons is no method of an API; did y"),
    ],
)
def test_events_name_routes_that_an_api_may_have(
    tmp_path: Path, kind: str, path: str, method: str, said: str
) -> None:
    code, output = checked(tmp_path, ROUTED.format(kind=kind, path=path, method=method))
    assert code == 1 and output.startswith(said)


@pytest.mark.parametrize(
    ("kind", "path", "method"),
    [
        ("Api", "/", "ANY"),
        ("Api", "/{proxy+}", "x-amazon-apigateway-any-method"),
        ("Api", "/orders", "Options"),
        ("HttpApi", "$default", "any"),
        ("HttpApi", "/orders/{id}/", "delete"),
    ],
)
def test_events_of_apis_that_are_well(tmp_path: Path, kind: str, path: str, method: str) -> None:
    assert checked(tmp_path, ROUTED.format(kind=kind, path=path, method=method))[0] == 0


QUEUE = "Resources: {A: {Type: AWS::SQS::Queue}}\n"


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("Output: {}", "T:2: Output is no section of a template; did you mean Outputs?"),
        ("Outputs: [a]", "T:2: Outputs is a mapping of names, not a list"),
        ("Parameters: text", "T:2: Parameters is a mapping of names, not 'text'"),
        (
            "Outputs:\n  X: {Valu: 1}",
            "T:3: the output X: Valu is no key of it; did you mean Value?",
        ),
        ("Outputs:\n  X: !Ref A", "T:3: the output X: Ref is no key of it; what it gives is its"),
        ("Outputs:\n  X: text", "T:3: the output X is a mapping with a Value, not 'text'"),
        ("Outputs:\n  X: {Description: a}", "T:3: the output X needs a Value"),
        ("Outputs:\n  X: {Value: 1, Export: x}", "T:3: the output X: Export is a mapping with a"),
        ("Outputs:\n  X-Y: {Value: 1}", "T:3: the name of the output X-Y is not alphanumeric"),
        (
            "Parameters:\n  P: {Type: Strin}",
            "T:3: the parameter P: Strin is no type of a parameter; did you mean String?",
        ),
        ("Parameters:\n  P: {Default: a}", "T:3: the parameter P needs a Type"),
        ("Parameters:\n  P: {Type: [String]}", "T:3: the parameter P: Type is a text, not a list"),
        (
            "Parameters:\n  P:\n    Type: String\n    Defalt: a",
            "T:5: the parameter P: Defalt is no key of it; did you mean Default?",
        ),
        ("Parameters:\n  a_b: {Type: String}", "T:3: the name of the parameter a_b is not alpha"),
        ("Parameters:\n  P: text", "T:3: the parameter P is a mapping with a Type, not 'text'"),
        ("Parameters:\n  P: {Type: String, AllowedValues: a}", "T:3: the parameter P: AllowedVal"),
    ],
)
def test_sections_hold_what_cloudformation_knows(tmp_path: Path, section: str, said: str) -> None:
    code, output = checked(tmp_path, QUEUE + section + "\n")
    assert code == 1 and said in output


def test_names_of_resources_are_alphanumeric_and_all_slips_are_told_at_once(
    tmp_path: Path,
) -> None:
    text = "Resources:\n  my-queue: {Type: AWS::SQS::Queue}\n  B: {Type: AWS::SQS::Queue, a: 1}\n"
    code, output = checked(tmp_path, text)
    assert code == 1 and output.splitlines() == [
        "T:2: the name of the resource my-queue is not alphanumeric",
        "T:3: the resource B: a is no key of it (one of its properties is indented below "
        "Properties)",
    ]
    with engine() as mill:
        with pytest.raises(UsageError, match="the resource my-queue is not alphanumeric"):
            mill.deploy(tmp_path)
        assert "QueueUrls" not in mill.client("sqs").list_queues()


def test_what_cloudformation_takes_is_taken(tmp_path: Path) -> None:
    code, output = checked(
        tmp_path,
        """\
Transform: AWS::LanguageExtensions
Parameters:
  Many: {Type: 'List<AWS::EC2::Subnet::Id>', NoEcho: true, ConstraintDescription: c}
  Stored: {Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: x}
  Policy: {Type: String, Default: Retain}
Resources:
  A:
    Type: AWS::SQS::Queue
    DeletionPolicy: !Ref Policy
    UpdateReplacePolicy: Snapshot
    UpdatePolicy: {}
    CreationPolicy: {}
    DependsOn: B
  B: {Type: AWS::SQS::Queue, DeletionPolicy: RetainExceptOnCreate, Properties: }
  Fn::ForEach::Queues: [X, [C, D], {'Queue${X}': {Type: AWS::SQS::Queue, DependsOn: [A]}}]
Outputs:
  X: {Value: !Ref A, Description: d, Export: {Name: !Sub '${AWS::StackName}-x'}}
""",
    )
    assert code == 0, output
    assert "4 of 4 resources would be deployed, 0 refusals" in output


@pytest.mark.parametrize(
    ("kind", "properties", "missing"),
    [
        (
            "DynamoDB::Table",
            "KeySchema: [{AttributeName: id, KeyType: HASH}], BillingMode: PAY_PER_REQUEST,"
            " AttributeDefinitions: [{AttributeName: id, AttributeType: S}],"
            " StreamSpecification: {ViewType: NEW_IMAGE}",
            "StreamViewType",
        ),
        ("SNS::Topic", "Subscription: [{Protocol: sqs, EndPoint: a}]", "Endpoint"),
    ],
)
def test_a_missing_part_is_named(tmp_path: Path, kind: str, properties: str, missing: str) -> None:
    text = f"Resources:\n  A: {{Type: AWS::{kind}, Properties: {{{properties}}}}}\n"
    (tmp_path / "template.yaml").write_text(text)
    with engine() as mill, pytest.raises(UsageError, match=f"{missing} is missing"):
        mill.deploy(tmp_path)


@pytest.mark.parametrize(
    ("kind", "properties", "said"),
    [
        (
            "SNS::Topic",
            "{Subscription: [{Protocol: sqs, Endpoint: a, EndPoint: b}]}",
            "Subscription.EndPoint is no property that AWS has",
        ),
        (
            "Events::Rule",
            "{ScheduleExpression: rate(1 day), "
            "Targets: [{Id: a, Arn: b, RetryPolicy: {MaximumRetryAttempt: 1}}]}",
            "Targets.RetryPolicy.MaximumRetryAttempt is no property that AWS has",
        ),
        (
            "SQS::Queue",
            "{Tags: [{'Fn::If': [X, {Key: a, Valu: b}, {Ref: 'AWS::NoValue'}]}]}",
            "Tags.Valu is no property that AWS has",
        ),
    ],
)
def test_what_aws_does_not_have_within_a_property_is_named(
    tmp_path: Path, kind: str, properties: str, said: str
) -> None:
    text = (
        "Conditions: {X: {'Fn::Equals': [a, a]}}\n"
        f"Resources:\n  A:\n    Type: AWS::{kind}\n    Properties: {properties}\n"
    )
    _, shown = checked(tmp_path, text)
    assert said in shown and "did you mean" in shown


def test_free_names_within_a_property_are_nobodys_business(tmp_path: Path) -> None:
    body = "Properties: {EventPattern: {detail: {Anything: [1]}}, Targets: [{Id: a, Arn: b}]}"
    _, shown = checked(tmp_path, RESOURCES.format(transform="[]", kind="Events::Rule", body=body))
    assert "no property that AWS has" not in shown
