"""Event source mappings through the API: what is taken, returned and refused, and their states."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from eventmill.testing import engine

ACCOUNT = "000000000000"
SQS = f"arn:aws:sqs:us-east-1:{ACCOUNT}"
CODE = "def handler(event, context): return None"
PATTERN = {"Filters": [{"Pattern": '{"body": {"kind": ["order"]}}'}]}


@pytest.fixture(scope="module")
def mill():
    with engine() as running:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("app.py", CODE)
        functions = running.client("lambda")
        for name in ("f", "g"):
            functions.create_function(
                FunctionName=name,
                Runtime="python3.12",
                Handler="app.handler",
                Role=f"arn:aws:iam::{ACCOUNT}:role/r",
                Code={"ZipFile": buffer.getvalue()},
                Timeout=20,
            )
        functions.publish_version(FunctionName="f")
        functions.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
        sqs = running.client("sqs")
        sqs.create_queue(QueueName="q")
        sqs.create_queue(QueueName="q.fifo", Attributes={"FifoQueue": "true"})
        sqs.create_queue(QueueName="hasty", Attributes={"VisibilityTimeout": "10"})
        running.client("kinesis").create_stream(StreamName="s", ShardCount=1)
        table = running.client("dynamodb").create_table(
            TableName="table",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        )["TableDescription"]
        running.outputs = {
            "queue": f"{SQS}:q",
            "fifo": f"{SQS}:q.fifo",
            "hasty": f"{SQS}:hasty",
            "stream": f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s",
            "table": table["LatestStreamArn"],
        }
        yield running


@pytest.fixture
def client(mill: Any) -> Any:
    # What botocore would refuse itself is the server's to refuse too.
    found = mill.client("lambda", config=Config(parameter_validation=False))
    yield found
    for entry in found.list_event_source_mappings()["EventSourceMappings"]:
        found.delete_event_source_mapping(UUID=entry["UUID"])
    mill.settle()


STARTS = {"StartingPosition": "LATEST"}
KAFKA = {
    "SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["127.0.0.1:1"]}},
    "Topics": ["t"],
    "Enabled": False,
} | STARTS


def create(mill: Any, client: Any, source: str, **given: Any) -> dict[str, Any]:
    if source != "kafka":
        given = {"EventSourceArn": mill.outputs.get(source, source)} | given
    made = client.create_event_source_mapping(**{"FunctionName": "f"} | given)
    made.pop("ResponseMetadata")
    return made


def test_what_a_new_mapping_of_a_queue_says(mill, client) -> None:
    made = create(mill, client, "queue")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made["UUID"])
    assert made.pop("LastModified").timestamp() > 0
    uuid = made.pop("UUID")
    assert made == {
        "BatchSize": 10,
        "EventSourceArn": f"{SQS}:q",
        "EventSourceMappingArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:event-source-mapping:{uuid}",
        "FunctionArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f",
        "FunctionResponseTypes": [],
        "MaximumBatchingWindowInSeconds": 0,
        "State": "Creating",
        "StateTransitionReason": "USER_INITIATED",
    }


@pytest.mark.parametrize("source", ["stream", "table"])
def test_what_a_new_mapping_of_a_stream_says(mill, client, source: str) -> None:
    made = create(mill, client, source, **STARTS)
    for name in ("LastModified", "UUID", "EventSourceMappingArn", "FunctionArn"):
        made.pop(name)
    assert made == STARTS | {
        "BatchSize": 100,
        "BisectBatchOnFunctionError": False,
        "DestinationConfig": {"OnFailure": {}},
        "EventSourceArn": mill.outputs[source],
        "FunctionResponseTypes": [],
        "LastProcessingResult": "No records processed",
        "MaximumBatchingWindowInSeconds": 0,
        "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": -1,
        "ParallelizationFactor": 1,
        "State": "Creating",
        "StateTransitionReason": "User action",
        "TumblingWindowInSeconds": 0,
    }


def test_a_mapping_goes_from_state_to_state(mill, client) -> None:
    made = create(mill, client, "queue", Enabled=False)
    uuid = made["UUID"]

    def state() -> str:
        return client.get_event_source_mapping(UUID=uuid)["State"]

    def update(**given: Any) -> str:
        return client.update_event_source_mapping(UUID=uuid, **given)["State"]

    assert (made["State"], state()) == ("Disabled", "Disabled")
    assert (update(Enabled=True), state()) == ("Enabling", "Enabled")
    assert (update(BatchSize=5), state()) == ("Updating", "Enabled")
    assert (update(Enabled=False), state()) == ("Disabling", "Disabled")
    assert client.get_event_source_mapping(UUID=uuid)["BatchSize"] == 5
    assert client.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    for call in (
        client.get_event_source_mapping,
        client.update_event_source_mapping,
        client.delete_event_source_mapping,
    ):
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            call(UUID=uuid)


def test_mappings_are_listed_by_source_and_function_and_in_pages(mill, client) -> None:
    create(mill, client, "queue")
    create(mill, client, "queue", FunctionName="g")
    aliased = create(mill, client, "queue", FunctionName=f"{ACCOUNT}:function:f:live")
    create(mill, client, "stream", **STARTS)
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f:live"
    assert aliased["FunctionArn"] == arn

    def listed(**given: Any) -> list[str]:
        found = client.list_event_source_mappings(**given)["EventSourceMappings"]
        return sorted(one["FunctionArn"].split(":", 6)[6] for one in found)

    assert listed(EventSourceArn=f"{SQS}:q") == ["f", "f:live", "g"]
    assert listed(FunctionName="f") == ["f", "f"]
    assert listed(FunctionName="f:live") == ["f:live"]
    assert listed(FunctionName=arn) == ["f:live"]
    assert listed(EventSourceArn=f"{SQS}:q", FunctionName="g") == ["g"]
    pages = client.get_paginator("list_event_source_mappings").paginate(
        PaginationConfig={"PageSize": 3}
    )
    assert [len(page["EventSourceMappings"]) for page in pages] == [3, 1]


def test_an_update_changes_what_it_names_and_moves_to_another_function(mill, client) -> None:
    uuid = create(mill, client, "queue", BatchSize=3, FilterCriteria=PATTERN)["UUID"]
    changed = client.update_event_source_mapping(
        UUID=uuid,
        FunctionName="g",
        ScalingConfig={"MaximumConcurrency": 2},
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    assert (changed["BatchSize"], changed["FilterCriteria"]) == (3, PATTERN)
    assert changed["FunctionArn"].endswith(":function:g")
    assert changed["ScalingConfig"] == {"MaximumConcurrency": 2}
    # Empty settings take away what was set.
    changed = client.update_event_source_mapping(
        UUID=uuid, ScalingConfig={}, FilterCriteria={"Filters": []}, FunctionResponseTypes=[]
    )
    assert "ScalingConfig" not in changed and "FilterCriteria" not in changed
    assert changed["FunctionResponseTypes"] == []


def test_a_mapping_has_tags(mill, client) -> None:
    arn = create(mill, client, "queue", Tags={"team": "web"})["EventSourceMappingArn"]
    assert client.list_tags(Resource=arn)["Tags"] == {"team": "web"}
    client.tag_resource(Resource=arn, Tags={"stage": "dev"})
    client.untag_resource(Resource=arn, TagKeys=["team"])
    assert client.list_tags(Resource=arn)["Tags"] == {"stage": "dev"}


@pytest.mark.parametrize(
    ("source", "given"),
    [
        ("queue", {"BatchSize": 10_000, "MaximumBatchingWindowInSeconds": 1}),
        ("queue", {"MaximumBatchingWindowInSeconds": 300}),
        ("queue", {"ScalingConfig": {"MaximumConcurrency": 2}}),
        ("queue", {"ScalingConfig": {"MaximumConcurrency": 1_000}}),
        ("queue", {"ProvisionedPollerConfig": {"MinimumPollers": 2, "MaximumPollers": 2_000}}),
        ("queue", {"BisectBatchOnFunctionError": False}),
        ("fifo", {"BatchSize": 10, "ScalingConfig": {"MaximumConcurrency": 5}}),
        ("stream", STARTS | {"BatchSize": 10_000}),
        ("stream", STARTS | {"MaximumRecordAgeInSeconds": 60, "MaximumRetryAttempts": 10_000}),
        ("stream", STARTS | {"MaximumRecordAgeInSeconds": 604_800, "MaximumRetryAttempts": 0}),
        ("stream", STARTS | {"ParallelizationFactor": 10, "TumblingWindowInSeconds": 0}),
        ("table", STARTS | {"TumblingWindowInSeconds": 900}),
        ("kafka", KAFKA | {"BatchSize": 10_000, "MaximumBatchingWindowInSeconds": 300}),
        ("kafka", KAFKA | {"ProvisionedPollerConfig": {"MinimumPollers": 1}}),
        ("kafka", KAFKA | {"DestinationConfig": {"OnFailure": {"Destination": "kafka://dead"}}}),
    ],
)
def test_limits_are_within(mill, client, source: str, given: dict[str, Any]) -> None:
    made = create(mill, client, source, **given)
    taken = {name: made[name] for name in given if name in made}
    taken.pop("Enabled", None)
    assert taken == {name: given[name] for name in taken}


WRONG = "InvalidParameterValueException"


def failing(target: str) -> dict[str, Any]:
    return {"DestinationConfig": {"OnFailure": {"Destination": target}}}


REFUSED = [
    ("queue", {"BatchSize": 0}, "ValidationException", "Value '0' at 'batchSize'"),
    ("queue", {"BatchSize": 10_001}, "ValidationException", "less than or equal to 10000"),
    (
        "queue",
        {"BatchSize": 11},
        WRONG,
        "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater "
        "than 10",
    ),
    ("queue", {"MaximumBatchingWindowInSeconds": 301}, "ValidationException", "300"),
    (
        "queue",
        {"ScalingConfig": {"MaximumConcurrency": 1}},
        "ValidationException",
        "greater than or equal to 2",
    ),
    (
        "queue",
        {"ScalingConfig": {"MaximumConcurrency": 1_001}},
        "ValidationException",
        "less than or equal to 1000",
    ),
    (
        "queue",
        {
            "ScalingConfig": {"MaximumConcurrency": 2},
            "ProvisionedPollerConfig": {"MinimumPollers": 2},
        },
        WRONG,
        "cannot be used together",
    ),
    ("queue", {"ProvisionedPollerConfig": {"MinimumPollers": 1}}, "ValidationException", "2"),
    (
        "queue",
        {"ProvisionedPollerConfig": {"MaximumPollers": 2_001}},
        "ValidationException",
        "2000",
    ),
    (
        "queue",
        {"MaximumRetryAttempts": 1},
        WRONG,
        "Unsupported 'maximumRetryAttempts' parameter for given event source mapping type.",
    ),
    ("queue", {"BisectBatchOnFunctionError": True}, WRONG, "'bisectBatchOnFunctionError'"),
    ("queue", {"ParallelizationFactor": 2}, WRONG, "'parallelizationFactor'"),
    ("queue", {"TumblingWindowInSeconds": 30}, WRONG, "'tumblingWindowInSeconds'"),
    (
        "queue",
        failing(f"{SQS}:q"),
        WRONG,
        "'destinationConfig'",
    ),
    ("queue", {"FunctionResponseTypes": ["ReportAll"]}, "ValidationException", "ReportAll"),
    ("queue", {"MetricsConfig": {"Metrics": ["Everything"]}}, "ValidationException", "Everything"),
    ("fifo", {"BatchSize": 11}, WRONG, "10 for FIFO queues"),
    ("fifo", {"MaximumBatchingWindowInSeconds": 1}, WRONG, "not supported for FIFO queues"),
    (
        "hasty",
        {},
        WRONG,
        "Queue visibility timeout: 10 seconds is less than Function timeout: 20 seconds",
    ),
    (f"{SQS}:none", {}, WRONG, "AWS.SimpleQueueService.NonExistentQueue"),
    ("stream", {}, WRONG, "startingPosition"),
    ("stream", {"StartingPosition": "NOW"}, "ValidationException", "NOW"),
    ("stream", {"StartingPosition": "AT_TIMESTAMP"}, WRONG, "StartingPositionTimestamp"),
    (
        "table",
        {"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1},
        WRONG,
        "Unsupported starting position",
    ),
    ("stream", STARTS | {"MaximumRecordAgeInSeconds": 59}, WRONG, "between 60 and 604800"),
    ("stream", STARTS | {"MaximumRecordAgeInSeconds": 604_801}, "ValidationException", "604800"),
    ("stream", STARTS | {"MaximumRetryAttempts": 10_001}, "ValidationException", "10000"),
    ("stream", STARTS | {"MaximumRetryAttempts": -2}, "ValidationException", "-1"),
    ("stream", STARTS | {"ParallelizationFactor": 11}, "ValidationException", "10"),
    ("stream", STARTS | {"TumblingWindowInSeconds": 901}, "ValidationException", "900"),
    ("stream", STARTS | {"ScalingConfig": {"MaximumConcurrency": 2}}, WRONG, "'scalingConfig'"),
    (
        "stream",
        STARTS | failing(f"{SQS}:q.fifo"),
        WRONG,
        "FIFO",
    ),
    (
        "stream",
        STARTS | failing("arn:aws:events:::x"),
        WRONG,
        "must be the ARN of sqs, sns or s3",
    ),
    (
        f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/none",
        STARTS,
        WRONG,
        f"Stream not found: arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/none",
    ),
    ("kafka", KAFKA | {"Topics": ["a", "b"]}, WRONG, "exactly one topic"),
    ("kafka", KAFKA | failing("kafka://t"), WRONG, "must not be the topic of the event source"),
    ("kafka", KAFKA | failing("kafka://.t"), WRONG, "does not name a topic"),
    ("stream", STARTS | failing("kafka://dead"), WRONG, "must be the ARN of sqs, sns or s3"),
    ("kafka", KAFKA | {"ParallelizationFactor": 2}, WRONG, "'parallelizationFactor'"),
    ("kafka", KAFKA | {"TumblingWindowInSeconds": 5}, WRONG, "'tumblingWindowInSeconds'"),
    ("queue", {"FunctionName": "none"}, WRONG, "Function does not exist"),
    *(
        ("queue", {"FilterCriteria": {"Filters": [{"Pattern": pattern}]}}, WRONG, "filter pattern")
        for pattern in ("null", '"text"', '{"body": "text"}', '{"body": []}', "{")
    ),
    (
        "queue",
        {"FilterCriteria": {"Filters": [{"Pattern": '{"a": ["b"]}'}] * 11}},
        WRONG,
        "filters",
    ),
    (
        "queue",
        {"FilterCriteria": {"Filters": [{"Pattern": json.dumps({"a": ["b" * 4_096]})}]}},
        WRONG,
        "4096",
    ),
]


@pytest.mark.parametrize(
    ("source", "given", "code", "words"),
    REFUSED,
    ids=[f"{number}-{entry[0].rpartition(':')[2]}" for number, entry in enumerate(REFUSED)],
)
def test_what_is_beyond_is_refused(mill, client, source, given, code, words) -> None:
    with pytest.raises(ClientError) as refused:
        create(mill, client, source, **given)
    error = refused.value.response["Error"]
    assert (error["Code"], refused.value.response["ResponseMetadata"]["HTTPStatusCode"]) == (
        code,
        400,
    )
    assert words in error["Message"]
    assert client.list_event_source_mappings()["EventSourceMappings"] == []


def test_a_source_and_a_function_are_mapped_once(mill, client) -> None:
    uuid = create(mill, client, "queue")["UUID"]
    with pytest.raises(client.exceptions.ResourceConflictException) as refused:
        create(mill, client, "queue")
    assert refused.value.response["Error"]["Message"] == (
        f'The event source arn (" {SQS}:q ") and function (" f ") provided mapping already '
        f"exists. Please update or delete the existing mapping with UUID {uuid}"
    )


def test_an_update_is_refused_as_a_creation_is_and_changes_nothing(mill, client) -> None:
    uuid = create(mill, client, "queue", BatchSize=3)["UUID"]
    with pytest.raises(ClientError):
        client.update_event_source_mapping(UUID=uuid, BatchSize=11, Enabled=False)
    found = client.get_event_source_mapping(UUID=uuid)
    assert (found["BatchSize"], found["State"]) == (3, "Enabled")
