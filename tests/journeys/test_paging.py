"""Lists page by page: whole in order, and a token that no answer gave is refused by name."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eventmill.testing import engine


@pytest.fixture(scope="module")
def app():
    with engine() as running:
        logs = running.client("logs")
        logs.create_log_group(logGroupName="g")
        for number in range(5):
            name = f"n{number}"
            running.client("secretsmanager").create_secret(Name=name, SecretString="s")
            running.client("ssm").put_parameter(Name=name, Value="v", Type="String")
            running.client("apigateway").create_rest_api(name=name)
            running.client("apigatewayv2").create_api(Name=name, ProtocolType="HTTP")
            logs.create_log_stream(logGroupName="g", logStreamName=name)
            logs.put_log_events(
                logGroupName="g",
                logStreamName=name,
                logEvents=[{"timestamp": int(running.inner.clock.now_ms()), "message": name}],
            )
        running.client("s3").create_bucket(Bucket="bucket")
        running.client("lambda").create_function(
            FunctionName="f",
            Runtime="python3.13",
            Handler="a.b",
            Role="arn:aws:iam::000000000000:role/r",
            Code={"ZipFile": _archive()},
        )
        yield running


def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        out.writestr("a.py", "def b(event, context): ...")
    return buffer.getvalue()


@pytest.mark.parametrize("token", ["x", "-1", "²", "9" * 30])
@pytest.mark.parametrize(
    ("service", "operation", "given", "member", "code"),
    [
        ("secretsmanager", "list_secrets", {}, "NextToken", "InvalidNextTokenException"),
        ("ssm", "describe_parameters", {}, "NextToken", "InvalidNextToken"),
        ("cloudwatch", "list_metrics", {}, "NextToken", "InvalidParameterValue"),
        ("apigateway", "get_rest_apis", {}, "position", "BadRequestException"),
        ("apigatewayv2", "get_apis", {}, "NextToken", "BadRequestException"),
        (
            "logs",
            "describe_log_streams",
            {"logGroupName": "g"},
            "nextToken",
            "InvalidParameterException",
        ),
        (
            "logs",
            "filter_log_events",
            {"logGroupName": "g"},
            "nextToken",
            "InvalidParameterException",
        ),
        (
            "logs",
            "get_log_events",
            {"logGroupName": "g", "logStreamName": "n1"},
            "nextToken",
            "InvalidParameterException",
        ),
        (
            "lambda",
            "list_versions_by_function",
            {"FunctionName": "f"},
            "Marker",
            "InvalidParameterValueException",
        ),
    ],
)
def test_what_is_no_token_is_refused(
    app, service: str, operation: str, given: dict[str, Any], member: str, code: str, token: str
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(app.client(service), operation)(**given, **{member: token})
    assert refused.value.response["Error"]["Code"] == code


def test_what_is_no_continuation_token_is_refused(app) -> None:
    with pytest.raises(ClientError) as refused:
        app.client("s3").list_objects_v2(Bucket="bucket", ContinuationToken="x")
    assert refused.value.response["Error"]["Code"] == "InvalidArgument"


@pytest.mark.parametrize(
    ("service", "operation", "given", "member", "name"),
    [
        ("secretsmanager", "list_secrets", {}, "SecretList", "Name"),
        ("ssm", "describe_parameters", {}, "Parameters", "Name"),
        ("apigateway", "get_rest_apis", {}, "items", "name"),
        ("apigatewayv2", "get_apis", {}, "Items", "Name"),
        ("logs", "describe_log_streams", {"logGroupName": "g"}, "logStreams", "logStreamName"),
        ("logs", "filter_log_events", {"logGroupName": "g"}, "events", "message"),
    ],
)
def test_pages_make_up_the_whole(
    app, service: str, operation: str, given: dict[str, Any], member: str, name: str
) -> None:
    pages = (
        app.client(service)
        .get_paginator(operation)
        .paginate(**given, PaginationConfig={"PageSize": 2})
    )
    found = [[one[name] for one in page[member]] for page in pages]
    assert [len(page) for page in found] == [2, 2, 1]
    assert sorted(one for page in found for one in page) == [f"n{number}" for number in range(5)]


@pytest.fixture(scope="module")
def five(app) -> None:
    """Five each of what is listed by its names, or by numbers from the last to the first."""
    arn = "arn:aws:sqs:us-east-1:000000000000:q"
    app.client("sqs").create_queue(QueueName="q")
    pipe = {"RoleArn": "r", "Source": arn, "Target": arn, "DesiredState": "STOPPED"}
    functions = app.client("lambda")
    for name in NAMED:
        app.client("events").create_event_bus(Name=name)
        app.client("scheduler").create_schedule_group(Name=name)
        app.client("pipes").create_pipe(Name=name, **pipe)
        functions.create_alias(FunctionName="f", Name=name, FunctionVersion="$LATEST")
        functions.publish_layer_version(LayerName="l", Content={"ZipFile": _archive()})


NAMED = [f"p{number}" for number in range(5)]
PREFIX = {"NamePrefix": "p"}


@pytest.mark.parametrize(
    ("service", "ask", "drop", "given", "limit", "token", "member"),
    [
        ("events", "list_event_buses", "delete_event_bus", {}, "Limit", "", "EventBuses"),
        (
            "scheduler",
            "list_schedule_groups",
            "delete_schedule_group",
            {},
            "MaxResults",
            "",
            "ScheduleGroups",
        ),
        ("pipes", "list_pipes", "delete_pipe", {}, "Limit", "", "Pipes"),
        (
            "lambda",
            "list_aliases",
            "delete_alias",
            {"FunctionName": "f"},
            "MaxItems",
            "Marker",
            "Aliases",
        ),
        (
            "lambda",
            "list_layer_versions",
            "delete_layer_version",
            {"LayerName": "l"},
            "MaxItems",
            "Marker",
            "LayerVersions",
        ),
    ],
)
def test_a_list_goes_on_when_what_a_page_ended_with_is_gone(
    app, five, service, ask, drop, given, limit, token, member
) -> None:
    client, more, seen = app.client(service), {}, []
    key = "Version" if member == "LayerVersions" else "Name"
    while True:
        answer = getattr(client, ask)(**(given or PREFIX), **more, **{limit: 2})
        seen += [entry[key] for entry in answer[member]]
        last = {"VersionNumber" if key == "Version" else key: seen[-1]}
        getattr(client, drop)(**given, **last)
        following = answer.get("NextMarker" if token else "NextToken")
        if following is None:
            break
        more = {token or "NextToken": following}
    assert seen == ([5, 4, 3, 2, 1] if key == "Version" else NAMED)


def test_settings_of_functions_come_in_pages(app, five) -> None:
    functions, publisher = app.client("lambda"), "arn:aws:signer:us-east-1:123456789012:/p/1"
    publishers = {"AllowedPublishers": {"SigningProfileVersionArns": [publisher]}}
    for number in range(3):
        alias = {"FunctionName": "f", "Name": f"s{number}", "FunctionVersion": "$LATEST"}
        functions.create_alias(**alias)
        functions.put_function_event_invoke_config(
            FunctionName="f", Qualifier=f"s{number}", MaximumRetryAttempts=number % 3
        )
        signing = functions.create_code_signing_config(**publishers, Tags={"a": "b"})
    arn = signing["CodeSigningConfig"]["CodeSigningConfigArn"]
    assert functions.list_tags(Resource=arn)["Tags"] == {"a": "b"}
    for operation, given, member in (
        ("list_function_event_invoke_configs", {"FunctionName": "f"}, "FunctionEventInvokeConfigs"),
        ("list_code_signing_configs", {}, "CodeSigningConfigs"),
    ):
        pages = functions.get_paginator(operation).paginate(
            **given, PaginationConfig={"PageSize": 2}
        )
        assert [len(page[member]) for page in pages] == [2, 1]


def test_layers_are_listed_for_a_runtime(app) -> None:
    functions, content = app.client("lambda"), {"ZipFile": _archive()}
    for runtime in ("python3.12", "python3.13"):
        functions.publish_layer_version(
            LayerName="typed", Content=content, CompatibleRuntimes=[runtime]
        )
    (old,) = functions.list_layers(CompatibleRuntime="python3.12")["Layers"]
    assert (old["LayerName"], old["LatestMatchingVersion"]["Version"]) == ("typed", 1)
    wanted = {"LayerName": "typed", "CompatibleRuntime": "python3.13"}
    (new,) = functions.list_layer_versions(**wanted)["LayerVersions"]
    assert new["Version"] == 2
    assert functions.list_layers(CompatibleArchitecture="arm64")["Layers"] == []
