from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eventmill.kernel.errors import Invalid
from eventmill.kernel.policies import of_service
from eventmill.services.contract import Resource
from eventmill.services.lambda_ import SERVICE, mappings, may_invoke, resolve

from .conftest import FUNCTION, QUEUE, Service

TYPES = {kind.name.rpartition("::")[2]: kind for kind in SERVICE.resources}
Make = Callable[..., Resource]

FUNCTION_PROPERTIES: dict[str, Any] = {
    "FunctionName": "f",
    "Runtime": "python3.13",
    "Handler": "index.handler",
    "Role": "r",
    "Timeout": "4",
    "Code": {"ZipFile": "x = 1"},
}


def test_a_function_is_created_changed_and_deleted(
    service: Service, resource: Make, tmp_path: Path
) -> None:
    made = resource("F", **FUNCTION_PROPERTIES, MemorySize=256, ReservedConcurrentExecutions="5")
    created = TYPES["Function"].create(service.context, made)
    assert created.physical_id == "f"
    assert created.attributes == {"Arn": FUNCTION}
    spec = resolve(service.tx, "f")
    assert (spec.timeout, spec.memory_mb, spec.reserved_concurrency) == (4.0, 256, 5)
    assert (spec.code / "index.py").read_text() == "x = 1"
    changed = resource("F", **{**FUNCTION_PROPERTIES, "Code": {"LocalPath": str(tmp_path)}})
    changed.physical_id = "f"
    TYPES["Function"].update(service.context, changed, made.properties)
    spec = resolve(service.tx, "f")
    assert (spec.code, spec.memory_mb, spec.reserved_concurrency) == (tmp_path, 128, None)
    TYPES["Function"].delete(service.context, changed)
    assert service("ListFunctions")["Functions"] == []
    TYPES["Function"].delete(service.context, changed)


def test_variables_stay_as_they_are_written_whatever_they_are_called(
    service: Service, resource: Make
) -> None:
    variables = {"Timeout": "soon", "BatchSize": "010", "Enabled": "yes"}
    made = resource("F", **FUNCTION_PROPERTIES, Environment={"Variables": variables})
    TYPES["Function"].create(service.context, made)
    assert resolve(service.tx, "f").environment == variables
    made.physical_id = "f"
    made.properties["Environment"] = {"Variables": {"Debug": True, "Limit": 3}}
    TYPES["Function"].update(service.context, made, {})
    assert resolve(service.tx, "f").environment == {"Debug": "true", "Limit": "3"}


def test_version_alias_and_permission_bind_to_each_other(service: Service, resource: Make) -> None:
    TYPES["Function"].create(service.context, resource("F", **FUNCTION_PROPERTIES))
    version = TYPES["Version"].create(service.context, resource("V", FunctionName="f"))
    assert version.physical_id == f"{FUNCTION}:1"
    alias = TYPES["Alias"].create(
        service.context,
        resource("A", FunctionName="f", Name="live", FunctionVersion=version.attributes["Version"]),
    )
    assert alias.physical_id == f"{FUNCTION}:live"
    permission = resource(
        "P",
        FunctionName=alias.physical_id,
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn="arn:rule",
    )
    permission.physical_id = TYPES["Permission"].create(service.context, permission).physical_id
    live = alias.physical_id
    events = of_service("events.amazonaws.com", source="arn:rule", account="111111111111")
    assert may_invoke(service.tx, live, events)
    assert not may_invoke(service.tx, FUNCTION, events)
    TYPES["Permission"].delete(service.context, permission)
    assert not may_invoke(service.tx, live, events)


@pytest.mark.parametrize("by_template", [False, True])
def test_a_version_takes_with_it_what_is_attached_to_it(
    service: Service, resource: Make, by_template: bool
) -> None:
    TYPES["Function"].create(service.context, resource("F", **FUNCTION_PROPERTIES))
    version = resource("V", FunctionName="f")
    version.physical_id = TYPES["Version"].create(service.context, version).physical_id
    at = {"FunctionName": "f", "Qualifier": "1"}
    permission = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "*"}
    service("AddPermission", **at, **permission)
    service("PutFunctionEventInvokeConfig", **at, MaximumRetryAttempts=0)
    service("PutProvisionedConcurrencyConfig", **at, ProvisionedConcurrentExecutions=5)
    service("PutRuntimeManagementConfig", **at, UpdateRuntimeOn="FunctionUpdate")
    if by_template:
        TYPES["Version"].delete(service.context, version)
    else:
        service("DeleteFunction", **at)
    left = service("ListProvisionedConcurrencyConfigs", FunctionName="f")
    assert left["ProvisionedConcurrencyConfigs"] == []
    left = service("ListFunctionEventInvokeConfigs", FunctionName="f")
    assert left["FunctionEventInvokeConfigs"] == []
    for table in ("lambda_policies", "lambda_recorded"):
        assert service.tx.all(f"SELECT * FROM {table}") == []


def test_a_mapping_falls_back_to_defaults(service: Service, resource: Make) -> None:
    TYPES["Function"].create(service.context, resource("F", **FUNCTION_PROPERTIES))
    base = {"FunctionName": "f", "EventSourceArn": QUEUE}
    made = resource("M", **base, BatchSize="5", ScalingConfig={"MaximumConcurrency": "7"})
    created = TYPES["EventSourceMapping"].create(service.context, made)
    (mapping,) = mappings(service.tx)
    assert (mapping.batch_size, mapping.maximum_concurrency) == (5, 7)
    plain = resource("M", **base)
    plain.physical_id = created.physical_id
    TYPES["EventSourceMapping"].update(service.context, plain, made.properties)
    (mapping,) = mappings(service.tx)
    assert (mapping.batch_size, mapping.maximum_concurrency) == (10, None)
    TYPES["EventSourceMapping"].delete(service.context, plain)
    assert mappings(service.tx) == []


KAFKA: dict[str, Any] = {
    "FunctionName": "f",
    "SelfManagedEventSource": {"Endpoints": {"KafkaBootstrapServers": ["127.0.0.1:9092"]}},
    "Topics": ["t"],
    "StartingPosition": "LATEST",
}


def test_what_a_template_no_longer_names_falls_back_whatever_the_source(
    service: Service, resource: Make
) -> None:
    TYPES["Function"].create(service.context, resource("F", **FUNCTION_PROPERTIES))
    kind = TYPES["EventSourceMapping"]
    plain = kind.create(service.context, resource("M", **KAFKA))
    (wanted,) = mappings(service.tx)
    gone = resource("M", **KAFKA)
    gone.physical_id = plain.physical_id
    kind.delete(service.context, gone)
    made = resource(
        "M",
        **KAFKA,
        Enabled=False,
        BatchSize=3,
        MaximumBatchingWindowInSeconds=7,
        LoggingConfig={"SystemLogLevel": "DEBUG"},
        SourceAccessConfigurations=[{"Type": "BASIC_AUTH", "URI": "arn:secret"}],
        SelfManagedKafkaEventSourceConfig={"ConsumerGroupId": "g"},
        Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
    )
    created = kind.create(service.context, made)
    changed = resource("M", **KAFKA, Tags=[{"Key": "b", "Value": "3"}])
    changed.physical_id = created.physical_id
    kind.update(service.context, changed, made.properties)
    (mapping,) = mappings(service.tx)
    assert replace(mapping, uuid="", created=0, group="") == replace(
        wanted, uuid="", created=0, group=""
    )
    assert mapping.group == created.physical_id
    shown = service("GetEventSourceMapping", UUID=created.physical_id)
    assert "LoggingConfig" not in shown
    arn = shown["EventSourceMappingArn"]
    assert service("ListTags", Resource=arn)["Tags"] == {"b": "3"}


@pytest.mark.parametrize("moment", ["1700000000", "2023-11-14T22:13:20Z"])
def test_a_starting_time_may_be_written_as_text(
    service: Service, resource: Make, moment: str
) -> None:
    TYPES["Function"].create(service.context, resource("F", **FUNCTION_PROPERTIES))
    given = {**KAFKA, "StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": moment}
    TYPES["EventSourceMapping"].create(service.context, resource("M", **given))
    (mapping,) = mappings(service.tx)
    assert mapping.starting_timestamp == 1_700_000_000
    with pytest.raises(Invalid):
        given["StartingPositionTimestamp"] = "soon"
        TYPES["EventSourceMapping"].create(service.context, resource("M", **given))


def test_layer_url_and_invoke_config(service: Service, resource: Make) -> None:
    TYPES["Function"].create(service.context, resource("F", **FUNCTION_PROPERTIES))
    layer = TYPES["LayerVersion"].create(
        service.context, resource("L", LayerName="l", Content={"LocalPath": "/tmp"})
    )
    assert layer.physical_id.endswith(":layer:l:1")
    url = resource("U", TargetFunctionArn=FUNCTION, AuthType="NONE", Cors={"MaxAge": "5"})
    assert TYPES["Url"].create(service.context, url).attributes["FunctionUrl"].startswith("http")
    config = resource("E", FunctionName="f", Qualifier="$LATEST", MaximumRetryAttempts="1")
    TYPES["EventInvokeConfig"].create(service.context, config)
    answer = service("GetFunctionEventInvokeConfig", FunctionName="f")
    assert answer["MaximumRetryAttempts"] == 1
    assert answer["FunctionArn"] == f"{FUNCTION}:$LATEST"
