"""The CloudFormation types of CloudWatch, all recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.cloudwatch.operations import alarm_arn, delete, put
from eventmill.services.contract import (
    Call,
    Created,
    Resource,
    ResourceType,
    Support,
    generated_name,
)

_ALARM = (
    "ActionsEnabled",
    "AlarmActions",
    "AlarmDescription",
    "ComparisonOperator",
    "DatapointsToAlarm",
    "Dimensions",
    "EvaluateLowSampleCountPercentile",
    "EvaluationPeriods",
    "ExtendedStatistic",
    "InsufficientDataActions",
    "MetricName",
    "Metrics",
    "Namespace",
    "OKActions",
    "Period",
    "Statistic",
    "Tags",
    "Threshold",
    "ThresholdMetricId",
    "TreatMissingData",
    "Unit",
)


def _put(call: Call, resource: Resource) -> Created:
    name = resource.physical_id or resource.properties.get("AlarmName")
    name = name or generated_name(resource, call.ids, limit=255)
    config = {key: value for key, value in resource.properties.items() if key != "Tags"}
    put(call, name, config)
    return Created(name, {"Arn": alarm_arn(call, name)})


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _put(call, resource)


def _delete(call: Call, resource: Resource) -> None:
    delete(call, resource.physical_id or "")


RESOURCES = (
    ResourceType(
        "AWS::CloudWatch::Alarm",
        dict.fromkeys(_ALARM, Support.RECORDED) | {"AlarmName": Support.HONOURED},
        _put,
        _update,
        _delete,
        frozenset({"AlarmName"}),
    ),
)
