"""The settings of event source mappings, one by one: as SAM declares them, as the API takes,
returns and refuses them. What they do is in the tests of each source."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eventmill.testing import engine

APP = Path(__file__).parents[1] / "apps" / "pulled"
MOMENT = datetime.fromtimestamp(1_700_000_000, UTC)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch, engine() as running:
        # Nobody answers there: the mappings of Kafka stay disabled.
        patch.setenv("EVENTMILL_MSK_BOOTSTRAP_SERVERS", "127.0.0.1:1")
        running.deploy(APP)
        yield running


def mapping_of(app: Any, function: str) -> dict[str, Any]:
    """The one mapping of a function, without what differs from one to the next."""
    (found,) = app.client("lambda").list_event_source_mappings(FunctionName=app.outputs[function])[
        "EventSourceMappings"
    ]
    for name in ("UUID", "EventSourceMappingArn", "LastModified", "FunctionArn"):
        found.pop(name)
    return found


def filtered(**pattern: Any) -> dict[str, Any]:
    return {"Filters": [{"Pattern": json.dumps(pattern)}]}


REPORT = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
RESTING = {"LastProcessingResult": "No records processed", "StateTransitionReason": "User action"}


def test_a_queues_event_sets_everything(app) -> None:
    assert mapping_of(app, "QueueFunction") == REPORT | {
        "EventSourceArn": app.outputs["Orders"],
        "BatchSize": 5_000,
        "FilterCriteria": filtered(body={"kind": ["order"]}),
        "KMSKeyArn": "arn:aws:kms:us-east-1:123456789012:key/2",
        "MaximumBatchingWindowInSeconds": 30,
        "MetricsConfig": {"Metrics": ["EventCount"]},
        "ScalingConfig": {"MaximumConcurrency": 7},
        "State": "Disabled",
        "StateTransitionReason": "USER_INITIATED",
    }


def test_a_streams_event_sets_everything(app) -> None:
    assert mapping_of(app, "ClickFunction") == REPORT | RESTING | {
        "EventSourceArn": app.outputs["Clicks"],
        "BatchSize": 250,
        "BisectBatchOnFunctionError": True,
        "DestinationConfig": {"OnFailure": {"Destination": app.outputs["Lost"]}},
        "FilterCriteria": filtered(data={"kind": ["click"]}),
        "KMSKeyArn": "arn:aws:kms:us-east-1:123456789012:key/3",
        "MaximumBatchingWindowInSeconds": 5,
        "MaximumRecordAgeInSeconds": 3_600,
        "MaximumRetryAttempts": 3,
        "MetricsConfig": {"Metrics": ["EventCount"]},
        "ParallelizationFactor": 4,
        "StartingPosition": "AT_TIMESTAMP",
        "StartingPositionTimestamp": MOMENT,
        "State": "Disabled",
        "TumblingWindowInSeconds": 60,
    }


def test_a_tables_event_sets_everything(app) -> None:
    assert mapping_of(app, "ItemFunction") == REPORT | RESTING | {
        "EventSourceArn": app.outputs["Items"],
        "BatchSize": 20,
        "BisectBatchOnFunctionError": True,
        "DestinationConfig": {"OnFailure": {"Destination": app.outputs["Failures"]}},
        "FilterCriteria": filtered(eventName=["INSERT"]),
        "KMSKeyArn": "arn:aws:kms:us-east-1:123456789012:key/4",
        "MaximumBatchingWindowInSeconds": 6,
        "MaximumRecordAgeInSeconds": 120,
        "MaximumRetryAttempts": 0,
        "MetricsConfig": {"Metrics": ["EventCount"]},
        "ParallelizationFactor": 2,
        "StartingPosition": "LATEST",
        "State": "Disabled",
        "TumblingWindowInSeconds": 30,
    }


def test_a_clusters_event_sets_everything(app) -> None:
    access = {"Type": "CLIENT_CERTIFICATE_TLS_AUTH", "URI": app.outputs["Password"]}
    pollers = {"MinimumPollers": 1, "MaximumPollers": 3, "PollerGroupName": "shop"}
    assert mapping_of(app, "ClusterFunction") == REPORT | RESTING | {
        "EventSourceArn": app.outputs["Cluster"],
        "AmazonManagedKafkaEventSourceConfig": {"ConsumerGroupId": "shop"},
        "BatchSize": 70,
        "BisectBatchOnFunctionError": True,
        "DestinationConfig": {"OnFailure": {"Destination": app.outputs["Kept"]}},
        "FilterCriteria": filtered(value={"kind": ["order"]}),
        "KMSKeyArn": "arn:aws:kms:us-east-1:123456789012:key/5",
        "LoggingConfig": {"SystemLogLevel": "DEBUG"},
        "MaximumBatchingWindowInSeconds": 7,
        "MaximumRecordAgeInSeconds": 180,
        "MaximumRetryAttempts": 1,
        "MetricsConfig": {"Metrics": ["EventCount", "ErrorCount", "KafkaMetrics"]},
        "ProvisionedPollerConfig": pollers,
        "SourceAccessConfigurations": [access],
        "StartingPosition": "TRIM_HORIZON",
        "State": "Disabled",
        "Topics": ["orders"],
    }


def test_a_self_managed_clusters_event_sets_everything(app) -> None:
    servers = ["127.0.0.1:9092", "127.0.0.1:9093"]
    assert mapping_of(app, "TopicFunction") == REPORT | RESTING | {
        "SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": servers}},
        "SelfManagedKafkaEventSourceConfig": {"ConsumerGroupId": "mill"},
        "BatchSize": 80,
        "BisectBatchOnFunctionError": True,
        "DestinationConfig": {"OnFailure": {"Destination": app.outputs["Lost"]}},
        "FilterCriteria": filtered(value={"kind": ["order"]}),
        "KMSKeyArn": "arn:aws:kms:us-east-1:123456789012:key/6",
        "LoggingConfig": {"SystemLogLevel": "WARN"},
        "MaximumRecordAgeInSeconds": 240,
        "MaximumRetryAttempts": 2,
        "MetricsConfig": {"Metrics": ["KafkaMetrics"]},
        "ProvisionedPollerConfig": {"MinimumPollers": 2, "MaximumPollers": 4},
        "SourceAccessConfigurations": [
            {"Type": "BASIC_AUTH", "URI": app.outputs["Password"]},
            {"Type": "VPC_SUBNET", "URI": "subnet:subnet-1"},
            {"Type": "VPC_SECURITY_GROUP", "URI": "security_group:sg-1"},
        ],
        "StartingPosition": "AT_TIMESTAMP",
        "StartingPositionTimestamp": MOMENT,
        "State": "Disabled",
        "Topics": ["orders"],
    }


def test_what_a_template_no_longer_names_falls_back_to_its_default(app, tmp_path: Path) -> None:
    copy = tmp_path / "pulled"
    shutil.copytree(APP, copy)
    gone = re.compile(
        r"^ *(MaximumRetryAttempts|BisectBatchOnFunctionError|ScalingConfig|KmsKeyArn):.*\n", re.M
    )
    text = (copy / "template.yaml").read_text()
    (copy / "template.yaml").write_text(gone.sub("", text))
    before = {
        entry["EventSourceMappingArn"]
        for entry in app.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    }
    app.run(app.inner.deploy(copy, {}))
    found = app.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert {entry["EventSourceMappingArn"] for entry in found} == before, "updated in place"
    streams = [entry for entry in found if "sqs" not in entry.get("EventSourceArn", "")]
    assert {entry["MaximumRetryAttempts"] for entry in streams} == {-1}
    assert {entry["BisectBatchOnFunctionError"] for entry in streams} == {False}
    assert all("ScalingConfig" not in one and "KMSKeyArn" not in one for one in found)
    app.run(app.inner.deploy(APP, {}))
