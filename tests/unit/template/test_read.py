"""Reading templates as people and programs write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from eventmill.cli.main import cli
from eventmill.kernel.errors import UsageError
from eventmill.template import Resolver, Template, read_template
from eventmill.template.text import line_of, read_mapping

_LOOP = """\
Transform: AWS::LanguageExtensions
Parameters: {Stage: {Type: String, Default: live}}
Mappings: {Shops: {live: {Names: [north, south]}, test: {Names: [east]}}}
Conditions: {Live: !Equals [!Ref Stage, live]}
Resources:
  Fn::ForEach::Queues:
    - Shop
    - COLLECTION
    - Queue${Shop}: {Type: AWS::SQS::Queue}
"""


def _read(folder: Path, text: str, parameters: dict[str, str] | None = None) -> Template:
    file = folder / "template.yaml"
    file.write_text(text)
    whole = parameters is not None
    return read_template(file, folder / "cache", "us-east-1", parameters or {}, whole=whole)


def test_json_may_be_indented_with_tabs(tmp_path: Path) -> None:
    file = tmp_path / "template.json"
    file.write_text(
        '{\n\t"Resources": {\n\t\t"Jobs": {"Type": "AWS::SQS::Queue", "T": "a\\tb"}\n\t}\n}'
    )
    document = read_mapping(file, [])
    assert document == {"Resources": {"Jobs": {"Type": "AWS::SQS::Queue", "T": "a\tb"}}}
    assert line_of(document["Resources"], "Jobs") == 3


def test_with_the_extensions_functions_name_resources(tmp_path: Path) -> None:
    text = (
        _LOOP.replace("COLLECTION", "[north]")
        + """\
  One: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref {"Fn::Sub": "Queue${Which}"}}}
Outputs:
  Fn::ForEach::Told:
    - Shop
    - [north]
    - Of${Shop}: {Value: !GetAtt [!Sub "Queue${Shop}", !Ref Wanted]}
"""
    )
    declared = "Wanted: {Type: String, Default: Arn}, Which: {Type: String, Default: north}, Stage"
    template = _read(tmp_path, text.replace("{Stage", f"{{{declared}", 1), {})
    assert template.outputs["Ofnorth"].value == {"Fn::GetAtt": ["Queuenorth", "Arn"]}
    assert template.resources["One"].properties == {"DisplayName": {"Ref": "Queuenorth"}}


def test_json_of_a_function_is_compact() -> None:
    template = Template(Path("t"), "", {}, {}, {}, {}, {}, {})
    made = Resolver(template, {"P": "ü"}, {}, {}).value(
        {"Fn::ToJsonString": {"a": {"Ref": "P"}, "b": [1, True], "c": {"Ref": "AWS::NoValue"}}}
    )
    assert made == '{"a":"ü","b":[1,true]}'


@pytest.mark.parametrize(
    ("collection", "given", "names"),
    [
        ("[a, b]", {}, ["Queuea", "Queueb"]),
        ("!FindInMap [Shops, !Ref Stage, Names]", {}, ["Queuenorth", "Queuesouth"]),
        ("!FindInMap [Shops, !Ref Stage, Names]", {"Stage": "test"}, ["Queueeast"]),
        ("!Split [',', 'x,y']", {}, ["Queuex", "Queuey"]),
        ("!If [Live, [one], [two]]", {"Stage": "test"}, ["Queuetwo"]),
        ("[!Ref Stage, 'AWS']", {}, ["Queuelive", "QueueAWS"]),
    ],
)
def test_loops_go_over_what_functions_give(
    tmp_path: Path, collection: str, given: dict[str, str], names: list[str]
) -> None:
    template = _read(tmp_path, _LOOP.replace("COLLECTION", collection), given)
    assert list(template.resources) == names


def test_a_loop_over_nothing_says_what_is_missing(tmp_path: Path) -> None:
    text = _LOOP.replace("COLLECTION", "!FindInMap [Shops, absent, Names]")
    with pytest.raises(UsageError, match=r"Queues: Fn::FindInMap: no entry Shops.absent.Names"):
        _read(tmp_path, text, {})


def test_functions_of_rules_have_short_forms(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("A: !Contains [!RefAll 'AWS::EC2::VPC::Id', x]\nB: !EachMemberIn [[a], [a, b]]")
    expected: dict[str, Any] = {
        "A": {"Fn::Contains": [{"Fn::RefAll": "AWS::EC2::VPC::Id"}, "x"]},
        "B": {"Fn::EachMemberIn": [["a"], ["a", "b"]]},
    }
    assert read_mapping(file, []) == expected


@pytest.mark.parametrize(
    "text",
    [
        """\
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties: {DelaySeconds: 1}
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      DelaySeconds: 2
      DelaySeconds: 3
""",
        """\
{"Resources": {
  "Jobs":
    {"Type": "AWS::SQS::Queue",
     "Properties": {"DelaySeconds": 1}},
  "Jobs":
    {"Type": "AWS::SQS::Queue",
     "Properties": {
       "DelaySeconds": 2,
       "DelaySeconds": 3
}}}}
""",
    ],
)
def test_the_last_of_equal_keys_is_taken_and_said(tmp_path: Path, text: str) -> None:
    template = _read(tmp_path, text, {})
    assert template.resources["Jobs"].properties == {"DelaySeconds": 3}
    checked = CliRunner().invoke(cli, ["check", str(tmp_path)])
    assert checked.exit_code == 0
    file, last = tmp_path / "template.yaml", "CloudFormation takes the last one"
    assert checked.output.splitlines()[:2] == [
        f"notice    {file}:5: Jobs stands here and in line 2: {last}",
        f"notice    {file}:9: DelaySeconds stands here and in line 8: {last}",
    ]


def test_what_a_mapping_changes_of_one_that_it_takes_in_does_not_stand_twice(
    tmp_path: Path,
) -> None:
    text = """\
Resources:
  Slow: &slow {Type: AWS::SQS::Queue, DeletionPolicy: Retain}
  Fast:
    <<: *slow
    DeletionPolicy: Delete
"""
    template = _read(tmp_path, text, {})
    assert template.resources["Fast"].type == "AWS::SQS::Queue"
    assert template.resources["Fast"].deletion_policy == "Delete"
    assert template.repeated == ()


def test_an_included_file_says_where_a_key_stands_twice(tmp_path: Path) -> None:
    (tmp_path / "queue.yaml").write_text("DelaySeconds: 1\nDelaySeconds: 2\n")
    text = """\
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      Fn::Transform: {Name: AWS::Include, Parameters: {Location: queue.yaml}}
"""
    (one,) = _read(tmp_path, text, {}).repeated
    assert (one.file, one.line, one.key, one.first) == (
        tmp_path / "queue.yaml",
        2,
        "DelaySeconds",
        1,
    )


def test_check_needs_no_values_of_parameters(tmp_path: Path) -> None:
    """SAM makes an alias of the parameter's value, which nobody gives here."""
    (tmp_path / "template.yaml").write_text(
        """\
Transform: AWS::Serverless-2016-10-31
Parameters: {Stage: {Type: String, AllowedValues: [beta, prod]}}
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      InlineCode: "def handler(event, context): pass"
      AutoPublishAlias: !Ref Stage
"""
    )
    checked = CliRunner().invoke(cli, ["check", str(tmp_path)])
    assert checked.exit_code == 0, checked.output


def test_a_kept_translation_that_a_power_cut_has_emptied_is_made_anew(tmp_path: Path) -> None:
    text = """\
Transform: AWS::Serverless-2016-10-31
Resources: {Table: {Type: AWS::Serverless::SimpleTable}}
"""
    first = _read(tmp_path, text, {})
    (kept,) = (tmp_path / "cache").glob("sam-*.json")
    kept.write_text("")
    assert _read(tmp_path, text, {}).resources == first.resources
    assert kept.read_text()


def test_a_workflow_s_definition_that_is_not_there_is_named(tmp_path: Path) -> None:
    text = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties: {DefinitionUri: flow.asl.json}
"""
    with pytest.raises(UsageError, match=r"Flow: DefinitionUri flow.asl.json: No such file"):
        _read(tmp_path, text, {})


_FLOW = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties: {DefinitionUri: other.yaml}
"""
_INCLUDED = """\
Resources:
  Fn::Transform: {Name: AWS::Include, Parameters: {Location: other.yaml}}
  Own: {Type: AWS::SQS::Queue}
"""


@pytest.mark.parametrize("text", [_FLOW, _INCLUDED])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"A: 1\nB: [\n", r"other\.yaml: line 3, column 1: "),
        (b"A: \xff\n", r"other\.yaml is no UTF-8 text"),
        (None, r"template\.yaml: .*other\.yaml: No such file or directory"),
    ],
)
def test_another_file_that_cannot_be_read_is_named(
    tmp_path: Path, text: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "other.yaml").write_bytes(content)
    with pytest.raises(UsageError, match=said):
        _read(tmp_path, text, {})


def test_resources_may_come_from_another_file(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("# theirs\n\n\nTheirs: {Type: AWS::SNS::Topic}\n")
    resources = _read(tmp_path, _INCLUDED, {}).resources
    assert {name: (each.type, each.line) for name, each in resources.items()} == {
        "Own": ("AWS::SQS::Queue", 3),
        "Theirs": ("AWS::SNS::Topic", 2),
    }


def test_what_loops_make_stands_at_their_line(tmp_path: Path) -> None:
    text = _LOOP.replace("COLLECTION", "[a, b]") + "  Own: {Type: AWS::SQS::Queue}\n"
    lines = {name: each.line for name, each in _read(tmp_path, text, {}).resources.items()}
    assert lines == {"Queuea": 6, "Queueb": 6, "Own": 10}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (_LOOP.replace("Type: AWS::SQS::Queue", "A: B"), ":6: the resource Queuea needs a Type"),
        (_LOOP.replace("{Type: AWS::SQS::Queue}", "text"), ":6: the resource Queuea needs a Type"),
        (_LOOP.replace("Transform:", "# "), ":6: the loop Fn::ForEach::Queues needs `Transform: "),
        (_INCLUDED, ":2: the resource Theirs needs a Type"),
        ("Resources:\n  Own: {A: B}\n", ":2: the resource Own needs a Type"),
        ("Resources: !Transform {Name: AWS::Include, Parameters: {Location: other.yaml}}\n",
         "template.yaml: the resource Theirs needs a Type"),
    ],
)  # fmt: skip
def test_a_resource_without_a_type_is_named_with_its_line(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "other.yaml").write_text("\nTheirs: {Properties: {}}\n")
    with pytest.raises(UsageError) as refused:
        _read(tmp_path, text.replace("COLLECTION", "[a]"), {})
    assert said in str(refused.value)


def test_loops_that_make_nothing_leave_no_resources(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the template declares no Resources"):
        _read(tmp_path, _LOOP.replace("COLLECTION", "[]"), {})
