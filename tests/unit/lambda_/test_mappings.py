from __future__ import annotations

import json
from typing import Any

import pytest

from eventmill.kernel.errors import Conflict, Fault, NotFound
from eventmill.services.contract import Known
from eventmill.services.lambda_ import Filters, mappings

from .conftest import FUNCTION, QUEUE, STREAM, Service

KINESIS = "arn:aws:kinesis:us-east-1:111111111111:stream/s"
STREAM_SETTINGS = {"EventSourceArn": STREAM, "StartingPosition": "TRIM_HORIZON"}


def test_a_queue_gets_its_defaults(service: Service) -> None:
    service.function()
    answer = service("CreateEventSourceMapping", FunctionName="f", EventSourceArn=QUEUE)
    assert set(answer) == {
        "BatchSize",
        "EventSourceArn",
        "EventSourceMappingArn",
        "FunctionArn",
        "FunctionResponseTypes",
        "LastModified",
        "MaximumBatchingWindowInSeconds",
        "State",
        "StateTransitionReason",
        "UUID",
    }
    assert (answer["BatchSize"], answer["State"]) == (10, "Creating")
    assert service("GetEventSourceMapping", UUID=answer["UUID"])["State"] == "Enabled"
    (mapping,) = mappings(service.tx)
    assert (mapping.source, mapping.function, mapping.window) == (QUEUE, FUNCTION, 0)


def test_a_stream_gets_its_defaults(service: Service) -> None:
    service.function()
    answer = service("CreateEventSourceMapping", FunctionName="f", **STREAM_SETTINGS)
    assert answer["DestinationConfig"] == {"OnFailure": {}}
    assert answer["LastProcessingResult"] == "No records processed"
    (mapping,) = mappings(service.tx)
    assert (mapping.batch_size, mapping.maximum_retries, mapping.maximum_age) == (100, -1, -1)


def test_what_has_no_meaning_here_is_recorded_and_provisioned_pollers_are_bounds(
    service: Service,
) -> None:
    service.function()
    given = {
        "KMSKeyArn": "arn:aws:kms:us-east-1:111111111111:key/k",
        "MetricsConfig": {"Metrics": ["EventCount"]},
        "ProvisionedPollerConfig": {"MinimumPollers": 3, "MaximumPollers": 4},
    }
    answer = service("CreateEventSourceMapping", FunctionName="f", EventSourceArn=QUEUE, **given)
    assert {name: answer[name] for name in given} == given
    (mapping,) = mappings(service.tx)
    assert mapping.pollers == (3, 4)
    changed = service("UpdateEventSourceMapping", UUID=answer["UUID"], ProvisionedPollerConfig={})
    assert "ProvisionedPollerConfig" not in changed
    assert mappings(service.tx)[0].pollers is None


def test_disabled_mappings_are_not_read(service: Service) -> None:
    service.function()
    answer = service(
        "CreateEventSourceMapping", FunctionName="f", EventSourceArn=QUEUE, Enabled=False
    )
    assert answer["State"] == "Disabled"
    assert mappings(service.tx) == []
    enabling = service("UpdateEventSourceMapping", UUID=answer["UUID"], Enabled=True, BatchSize=3)
    assert enabling["State"] == "Enabling"
    assert mappings(service.tx)[0].batch_size == 3
    service("DeleteEventSourceMapping", UUID=answer["UUID"])
    with pytest.raises(NotFound):
        service("GetEventSourceMapping", UUID=answer["UUID"])


@pytest.mark.parametrize(
    "given",
    [
        {"EventSourceArn": f"{QUEUE}x"},
        {"EventSourceArn": QUEUE, "BatchSize": 11},
        {"EventSourceArn": QUEUE, "BatchSize": 0},
        {"EventSourceArn": QUEUE, "MaximumBatchingWindowInSeconds": 301},
        {"EventSourceArn": QUEUE, "ParallelizationFactor": 2},
        {"EventSourceArn": QUEUE, "ScalingConfig": {"MaximumConcurrency": 1}},
        {"EventSourceArn": QUEUE, "ProvisionedPollerConfig": {"MinimumPollers": 1}},
        {
            "EventSourceArn": QUEUE,
            "ProvisionedPollerConfig": {"MinimumPollers": 2},
            "ScalingConfig": {"MaximumConcurrency": 2},
        },
        {"EventSourceArn": QUEUE, "MetricsConfig": {"Metrics": ["Everything"]}},
        {**STREAM_SETTINGS, "DestinationConfig": {"OnFailure": {"Destination": f"{QUEUE}.fifo"}}},
        {"EventSourceArn": STREAM, "StartingPosition": "NOW"},
        {"EventSourceArn": QUEUE, "FunctionName": "other"},
        {"EventSourceArn": f"{QUEUE}.fifo", "MaximumBatchingWindowInSeconds": 1},
        {"EventSourceArn": f"{QUEUE}.fifo", "BatchSize": 11},
        {"EventSourceArn": STREAM},
        {"EventSourceArn": f"{STREAM}x", "StartingPosition": "LATEST"},
        {"EventSourceArn": STREAM, "StartingPosition": "AT_TIMESTAMP"},
        {**STREAM_SETTINGS, "MaximumRecordAgeInSeconds": 59},
        {**STREAM_SETTINGS, "ScalingConfig": {"MaximumConcurrency": 2}},
        {**STREAM_SETTINGS, "Topics": ["t"]},
        {"EventSourceArn": "arn:aws:mq:us-east-1:111111111111:broker:b"},
        *(
            {"EventSourceArn": QUEUE, "FilterCriteria": {"Filters": [{"Pattern": pattern}]}}
            for pattern in ("null", '"a"', '{"a": "b"}', '{"a": []}', "{")
        ),
    ],
)
def test_what_aws_refuses_is_refused(service: Service, given: dict[str, Any]) -> None:
    service.function()
    with pytest.raises(Fault):
        service("CreateEventSourceMapping", **({"FunctionName": "f"} | given))


@pytest.mark.parametrize(
    "given",
    [
        {"EventSourceArn": QUEUE},
        {
            "SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["b:9092"]}},
            "Topics": ["t"],
            "StartingPosition": "LATEST",
        },
    ],
)
def test_the_fewest_pollers_are_not_above_the_most(service: Service, given: dict[str, Any]) -> None:
    service.function()
    pollers = {"MinimumPollers": 5, "MaximumPollers": 3}
    with pytest.raises(Fault, match="MinimumPollers must not be greater"):
        service(
            "CreateEventSourceMapping", FunctionName="f", ProvisionedPollerConfig=pollers, **given
        )


def test_reading_begins_at_no_time_to_come(service: Service) -> None:
    service.function()
    given = {"EventSourceArn": KINESIS, "StartingPosition": "AT_TIMESTAMP", "FunctionName": "f"}
    service.known[KINESIS] = Known()
    now = service.context.now
    with pytest.raises(Fault, match="cannot be in the future"):
        service("CreateEventSourceMapping", StartingPositionTimestamp=now + 1, **given)
    service("CreateEventSourceMapping", StartingPositionTimestamp=now, **given)


def test_a_visibility_below_the_timeout_is_refused(service: Service) -> None:
    service.function(Timeout=20)
    service.known[QUEUE] = Known(facts={"VisibilityTimeout": "10"})
    with pytest.raises(Fault, match="10 seconds is less than Function timeout: 20 seconds"):
        service("CreateEventSourceMapping", FunctionName="f", EventSourceArn=QUEUE)


def test_the_same_mapping_twice_is_a_conflict(service: Service) -> None:
    service.function()
    uuid = service("CreateEventSourceMapping", FunctionName="f", EventSourceArn=QUEUE)["UUID"]
    with pytest.raises(Conflict, match=uuid):
        service("CreateEventSourceMapping", FunctionName="f", EventSourceArn=QUEUE)


@pytest.mark.parametrize(
    ("pattern", "body", "kept"),
    [
        ({"body": {"kind": ["a"]}}, '{"kind":"a"}', True),
        ({"body": {"kind": ["a"]}}, '{"kind":"b"}', False),
        ({"body": {"kind": ["a"]}}, "no json", False),
        ({"body": ["plain"]}, "plain", True),
        ({"body": ["{}"]}, "{}", False),
        ({"messageId": ["m"]}, "anything", True),
        ({"messageId": ["n"]}, "anything", False),
    ],
)
def test_filters_judge_a_message(pattern: dict[str, Any], body: str, kept: bool) -> None:
    filters = Filters(QUEUE, [json.dumps(pattern)])
    assert filters.keep({"messageId": "m", "body": body}) is kept
