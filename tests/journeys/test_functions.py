"""Versions, aliases, packages and settings of functions through the API."""

from __future__ import annotations

import io
import json
import urllib.request
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eventmill.testing import engine

ROLE = "arn:aws:iam::000000000000:role/r"


@pytest.fixture(scope="module")
def mill():
    with engine() as running:
        yield running


def packed(text: str, name: str = "app.py") -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(name, text)
    return held.getvalue()


def create(mill: Any, name: str, text: str, **more: Any) -> dict[str, Any]:
    given = {
        "FunctionName": name,
        "Runtime": "python3.12",
        "Handler": "app.handler",
        "Role": ROLE,
        "Code": {"ZipFile": packed(text)},
    }
    return mill.client("lambda").create_function(**(given | more))


def call(mill: Any, name: str, **more: Any) -> tuple[Any, Any]:
    answer = mill.client("lambda").invoke(FunctionName=name, **more)
    return json.loads(answer["Payload"].read()), answer


def refused(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


SAYS = "def handler(event, context):\n    return {}\n"


def test_code_comes_from_an_object_of_the_engine_s_own(mill) -> None:
    s3, client = mill.client("s3"), mill.client("lambda")
    s3.create_bucket(Bucket="packages")
    s3.put_bucket_versioning(Bucket="packages", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="packages", Key="a.zip", Body=packed(SAYS.format(1)))
    # Longer than what lies in a row, so that it is read from a file.
    long = packed(SAYS.format(2) + "# " + "".join(chr(97 + i * 7 % 26) for i in range(300_000)))
    s3.put_object(Bucket="packages", Key="a.zip", Body=long + bytes(0))
    create(mill, "stored", "", Code={"S3Bucket": "packages", "S3Key": "a.zip"})
    assert call(mill, "stored")[0] == 2
    client.update_function_code(
        FunctionName="stored",
        S3Bucket="packages",
        S3Key="a.zip",
        S3ObjectVersion=first["VersionId"],
    )
    assert call(mill, "stored")[0] == 1
    with pytest.raises(ClientError) as error:
        client.update_function_code(FunctionName="stored", S3Bucket="packages", S3Key="b.zip")
    assert refused(error) == (
        "InvalidParameterValueException",
        "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The "
        "specified key does not exist.",
    )


def test_the_code_s_location_gives_the_package(mill) -> None:
    create(mill, "fetched", SAYS.format(1))
    location = mill.client("lambda").get_function(FunctionName="fetched")["Code"]["Location"]
    with urllib.request.urlopen(location) as answer:
        assert answer.headers["content-type"] == "application/zip"
        archive = zipfile.ZipFile(io.BytesIO(answer.read()))
    assert archive.read("app.py").decode() == SAYS.format(1)
    layer = mill.client("lambda").publish_layer_version(
        LayerName="shared", Content={"ZipFile": packed("x = 1", "python/x.py")}
    )
    with urllib.request.urlopen(layer["Content"]["Location"]) as answer:
        assert zipfile.ZipFile(io.BytesIO(answer.read())).namelist() == ["python/x.py"]


def test_an_alias_shares_calls_by_weight_and_tells_the_version(mill) -> None:
    client = mill.client("lambda")
    create(mill, "shared", SAYS.format(1), Publish=True)
    client.update_function_code(FunctionName="shared", ZipFile=packed(SAYS.format(2)), Publish=True)
    client.create_alias(
        FunctionName="shared",
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}},
    )
    seen = set()
    for _ in range(60):
        payload, answer = call(mill, "shared", Qualifier="live")
        assert answer["ExecutedVersion"] == str(payload)
        seen.add(payload)
    assert seen == {1, 2}
    client.update_alias(
        FunctionName="shared", Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 1.0}}
    )
    assert {call(mill, "shared", Qualifier="live")[0] for _ in range(10)} == {2}
    with pytest.raises(ClientError) as error:
        client.delete_function(FunctionName="shared", Qualifier="2")
    assert refused(error)[0] == "ResourceConflictException"


def test_text_logs_begin_with_what_runs_and_end_with_a_report(mill) -> None:
    create(mill, "logged", "import os\ndef handler(event, context):\n    os._exit(event['n'])\n")
    call(mill, "logged", Payload=b'{"n": 4}')
    mill.settle()
    events = mill.client("logs").filter_log_events(logGroupName="/aws/lambda/logged")["events"]
    first, start, exit_line, end, report = [event["message"] for event in events]
    assert first.startswith("INIT_START Runtime Version: python:3.")
    assert start.startswith("START RequestId: ")
    assert exit_line.endswith("Error: Runtime exited with error: exit status 4\nRuntime.ExitError")
    assert end.startswith("END RequestId: ")
    assert report.endswith("\tStatus: error\tError Type: Runtime.ExitError\t")


def test_json_logs_by_their_levels(mill) -> None:
    code = "import logging\ndef handler(event, context):\n    logging.warning('w')\n    return 1\n"
    for level in ("DEBUG", "INFO", "WARN"):
        create(
            mill,
            f"json-{level}",
            code,
            LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": level},
        )
        call(mill, f"json-{level}")
    mill.settle()

    def types(level: str) -> list[str]:
        events = mill.client("logs").filter_log_events(logGroupName=f"/aws/lambda/json-{level}")
        records = [json.loads(event["message"]) for event in events["events"]]
        return [record.get("type") or record["level"] for record in records]

    usual = ["platform.initStart", "platform.start", "WARNING", "platform.report"]
    assert types("INFO") == usual
    assert types("DEBUG") == [*usual[:3], "platform.runtimeDone", usual[3]]
    assert types("WARN") == ["WARNING"]


def test_the_older_asynchronous_call(mill) -> None:
    create(mill, "older", SAYS.format(1))
    answer = mill.client("lambda").invoke_async(FunctionName="older", InvokeArgs=b'{"a": 1}')
    assert answer["Status"] == 202
    mill.settle()
    events = mill.client("logs").filter_log_events(logGroupName="/aws/lambda/older")["events"]
    assert any(event["message"].startswith("REPORT") for event in events)


def test_what_is_recorded_is_given_back(mill) -> None:
    client = mill.client("lambda")
    systems = [
        {
            "Arn": "arn:aws:elasticfilesystem:us-east-1:1:access-point/fsap-1",
            "LocalMountPath": "/mnt/a",
        }
    ]
    provider = {"CapacityProviderArn": "arn:aws:lambda:us-east-1:000000000000:capacity-provider:p"}
    create(
        mill,
        "recorded",
        SAYS.format(1),
        FileSystemConfigs=systems,
        VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
        SnapStart={"ApplyOn": "PublishedVersions"},
        EphemeralStorage={"Size": 1024},
        CapacityProviderConfig={"LambdaManagedInstancesCapacityProviderConfig": provider},
    )
    config = client.get_function_configuration(FunctionName="recorded")
    assert config["FileSystemConfigs"] == systems
    assert config["VpcConfig"]["SubnetIds"] == ["subnet-1"]
    assert config["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}
    assert config["EphemeralStorage"] == {"Size": 1024}
    assert config["CapacityProviderConfig"] == {
        "LambdaManagedInstancesCapacityProviderConfig": provider
    }
    updates = client.put_runtime_management_config(
        FunctionName="recorded", UpdateRuntimeOn="FunctionUpdate"
    )
    assert updates["UpdateRuntimeOn"] == "FunctionUpdate"
    held = client.get_runtime_management_config(FunctionName="recorded")
    assert held["UpdateRuntimeOn"] == "FunctionUpdate" and held["FunctionArn"].endswith("recorded")
    signing = client.create_code_signing_config(
        AllowedPublishers={"SigningProfileVersionArns": ["arn:aws:signer:us-east-1:1:/p/v"]}
    )["CodeSigningConfig"]
    arn = signing["CodeSigningConfigArn"]
    client.put_function_code_signing_config(FunctionName="recorded", CodeSigningConfigArn=arn)
    found = client.get_function_code_signing_config(FunctionName="recorded")
    assert found["CodeSigningConfigArn"] == arn
    with pytest.raises(ClientError) as error:
        create(mill, "image", "", PackageType="Image", Code={"ImageUri": "x"})
    assert "container engine" in refused(error)[1]


def test_permissions_of_layers(mill) -> None:
    client = mill.client("lambda")
    client.publish_layer_version(
        LayerName="open", Content={"ZipFile": packed("x = 1", "python/x.py")}
    )
    given = {"LayerName": "open", "VersionNumber": 1}
    added = client.add_layer_version_permission(
        **given, StatementId="all", Action="lambda:GetLayerVersion", Principal="*"
    )
    statement = json.loads(added["Statement"])
    assert statement["Principal"] == "*" and statement["Resource"].endswith(":layer:open:1")
    policy = json.loads(client.get_layer_version_policy(**given)["Policy"])
    assert [entry["Sid"] for entry in policy["Statement"]] == ["all"]
    with pytest.raises(ClientError) as error:
        client.add_layer_version_permission(
            **given, StatementId="all", Action="lambda:GetLayerVersion", Principal="*"
        )
    assert refused(error)[0] == "ResourceConflictException"
    client.remove_layer_version_permission(**given, StatementId="all")
    with pytest.raises(ClientError) as error:
        client.get_layer_version_policy(**given)
    assert refused(error)[0] == "ResourceNotFoundException"


def test_lists_go_page_by_page(mill) -> None:
    client = mill.client("lambda")
    create(mill, "paged", SAYS.format(1), Publish=True)
    for name in ("a", "b", "c"):
        client.create_alias(FunctionName="paged", Name=name, FunctionVersion="1")
    for number in range(3):
        client.publish_layer_version(
            LayerName="paged", Content={"ZipFile": packed(f"x = {number}", "x.py")}
        )
    for operation, member, given, least in (
        ("list_functions", "Functions", {}, 2),
        ("list_aliases", "Aliases", {"FunctionName": "paged"}, 3),
        ("list_layer_versions", "LayerVersions", {"LayerName": "paged"}, 3),
        ("list_versions_by_function", "Versions", {"FunctionName": "paged"}, 2),
    ):
        pages = list(
            client.get_paginator(operation).paginate(**given, PaginationConfig={"PageSize": 1})
        )
        assert all(len(page[member]) <= 1 for page in pages), operation
        found = [json.dumps(entry, default=str) for page in pages for entry in page[member]]
        assert len(found) == len(set(found)) >= least, operation


def test_a_bootstrap_that_cannot_be_started_is_an_error_of_the_function(mill) -> None:
    for name, code, reason in (
        ("absent", packed("", "other"), "No such file or directory"),
        ("unfit", packed("#!/bin/sh\n", "bootstrap"), "Permission denied"),
    ):
        create(mill, name, "", Runtime="provided.al2023", Code={"ZipFile": code})
        for _ in range(2):
            payload, answer = call(mill, name)
            assert answer["FunctionError"] == "Unhandled"
            assert payload["errorType"] == "Runtime.InvalidEntrypoint"
            assert reason in payload["errorMessage"]


TRUST = """\
import os, urllib.request

NAMES = ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")

def handler(event, context):
    if event:
        address = os.environ["AWS_ENDPOINT_URL"].replace("http:", "https:") + event
        urllib.request.urlopen(urllib.request.Request(address, method="OPTIONS")).read()
    return {name: os.environ[name] for name in NAMES if name in os.environ}
"""


def test_the_engine_is_trusted_without_an_sdk_unless_the_function_says_otherwise(mill) -> None:
    mill.client("s3").create_bucket(Bucket="trusted")
    create(mill, "trusting", TRUST)
    said, answer = call(mill, "trusting", Payload=json.dumps("/trusted"))
    assert "FunctionError" in answer and "HTTP Error" in said["errorMessage"]
    said, _ = call(mill, "trusting", Payload="null")
    assert said["SSL_CERT_FILE"] == said["AWS_CA_BUNDLE"]
    own = {name: f"/own/{name}" for name in ("AWS_CA_BUNDLE", "SSL_CERT_FILE")}
    own["NODE_EXTRA_CA_CERTS"] = "/own/node"
    create(mill, "wary", TRUST, Environment={"Variables": own})
    assert call(mill, "wary", Payload="null")[0] == own
