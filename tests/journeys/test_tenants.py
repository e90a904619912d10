"""Functions whose environments serve one tenant each: by Invoke, by events and by a REST API."""

from __future__ import annotations

import io
import json
import shutil
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eventmill.testing import engine
from tests.queues import taken

APP = Path(__file__).parents[1] / "apps" / "tenants"
MISSING = "is enabled with tenancy configuration. Add a valid tenant ID in your request"


@pytest.fixture(scope="module")
def mill():
    with engine() as running:
        running.deploy(APP)
        yield running


def invoke(mill: Any, tenant: str | None, **more: Any) -> Any:
    given = {"TenantId": tenant} if tenant else {}
    answer = mill.client("lambda").invoke(
        FunctionName=mill.outputs["Work"], Payload=json.dumps(more), **given
    )
    assert "FunctionError" not in answer
    return json.load(answer["Payload"])


def test_tenants_share_no_environment(mill) -> None:
    served = [invoke(mill, tenant) for tenant in ("blue", "green", "blue", "blue", "green")]
    assert [(told["tenant"], told["calls"]) for told in served] == [
        ("blue", 1),
        ("green", 1),
        ("blue", 2),
        ("blue", 3),
        ("green", 2),
    ]


def test_events_go_to_their_tenant(mill) -> None:
    for tenant in ("red", "white", "red"):
        answer = mill.client("lambda").invoke(
            FunctionName=mill.outputs["Work"],
            InvocationType="Event",
            Payload=json.dumps({"later": True}),
            TenantId=tenant,
        )
        assert answer["StatusCode"] == 202
    mill.settle()
    told = [json.loads(message["Body"]) for message in taken(mill, mill.outputs["Results"])]
    assert sorted(entry["tenant"] for entry in told) == ["red", "red", "white"]


@pytest.mark.parametrize("kind", ["RequestResponse", "Event", "DryRun"])
def test_a_call_names_a_tenant_where_the_function_asks_for_one(mill, kind: str) -> None:
    with pytest.raises(ClientError, match=MISSING) as error:
        mill.client("lambda").invoke(FunctionName=mill.outputs["Work"], InvocationType=kind)
    assert error.value.response["Error"]["Code"] == "InvalidParameterValueException"


def test_a_call_names_none_where_the_function_asks_for_none(mill) -> None:
    functions, name = mill.client("lambda"), mill.outputs["Plain"]
    assert json.loads(functions.invoke(FunctionName=name)["Payload"].read()) is None
    with pytest.raises(ClientError, match="is not enabled with tenancy configuration"):
        functions.invoke(FunctionName=name, TenantId="blue")


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node here")
def test_node_knows_its_tenant_too(mill) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(
            "index.mjs", "export const handler = async (_, context) => context.tenantId"
        )
    functions = mill.client("lambda")
    functions.create_function(
        FunctionName="noded",
        Runtime="nodejs22.x",
        Handler="index.handler",
        Role="arn:aws:iam::000000000000:role/r",
        Code={"ZipFile": packed.getvalue()},
        TenancyConfig={"TenantIsolationMode": "PER_TENANT"},
    )
    answer = functions.invoke(FunctionName="noded", TenantId="blue")
    assert json.load(answer["Payload"]) == "blue"


def test_the_configuration_tells_of_it(mill) -> None:
    config = mill.client("lambda").get_function_configuration(FunctionName=mill.outputs["Work"])
    assert config["TenancyConfig"] == {"TenantIsolationMode": "PER_TENANT"}


@pytest.mark.parametrize("path", ["proxy", "mapped"])
def test_a_rest_api_names_the_tenant(mill, path: str) -> None:
    def get(**headers: str) -> tuple[int, Any]:
        request = urllib.request.Request(f"{mill.outputs['Api']}/{path}", headers=headers)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    status, told = get(**{"X-Tenant": f"of-{path}"})
    assert status == 200, told
    assert (status, told["tenant"], told["calls"]) == (200, f"of-{path}", 1)
    status, said = get()
    assert status == 400 and MISSING in said["message"]


def test_what_knows_no_tenants_reaches_no_handler(mill) -> None:
    functions, name = mill.client("lambda"), mill.outputs["Work"]
    functions.add_permission(
        FunctionName=name, StatementId="s", Action="lambda:InvokeFunction", Principal="*"
    )
    topics = mill.client("sns")
    topic = topics.create_topic(Name="tenantless")["TopicArn"]
    arn = functions.get_function_configuration(FunctionName=name)["FunctionArn"]
    dead = mill.client("sqs").create_queue(QueueName="tenantless-dead")["QueueUrl"]
    functions.put_function_event_invoke_config(
        FunctionName=name,
        MaximumRetryAttempts=0,
        DestinationConfig={
            "OnFailure": {"Destination": "arn:aws:sqs:us-east-1:000000000000:tenantless-dead"}
        },
    )
    topics.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    topics.publish(TopicArn=topic, Message="hello")
    mill.settle()
    (message,) = taken(mill, dead)
    assert MISSING in json.loads(message["Body"])["responsePayload"]["errorMessage"]
