"""The CloudFormation types of CloudWatch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eventmill.services.cloudwatch import alarms, unjudged
from eventmill.services.contract import (
    Call,
    Created,
    Resource,
    ResourceType,
    Support,
    generated_name,
    truth,
    typed,
)
from eventmill.services.tags import tag_map

_ALARM = (
    "ActionsEnabled",
    "AlarmName",
    "AlarmActions",
    "AlarmDescription",
    "ComparisonOperator",
    "DatapointsToAlarm",
    "Dimensions",
    "EvaluationPeriods",
    "ExtendedStatistic",
    "InsufficientDataActions",
    "MetricName",
    "Metrics",
    "Namespace",
    "OKActions",
    "Period",
    "Statistic",
    "Threshold",
    "TreatMissingData",
    "Unit",
)

_TEXTS: Mapping[str, Callable[[str], Any]] = {
    "ActionsEnabled": truth,
    "DatapointsToAlarm": int,
    "EvaluationPeriods": int,
    "Period": int,
    "ReturnData": truth,
    "Threshold": float,
}
"""Members that templates may write as text."""


def _put(call: Call, resource: Resource) -> Created:
    name = resource.physical_id or resource.properties.get("AlarmName")
    name = name or generated_name(resource, call.ids, limit=255)
    skipped = ("AlarmName", "Tags")
    given = {key: value for key, value in resource.properties.items() if key not in skipped}
    config = typed(given, _TEXTS)
    if not unjudged.unjudged(config):
        alarms.check(config)
    alarms.put(call, name, config)
    alarms.TAGS.replace(call.tx, name, tag_map(resource.properties.get("Tags")))
    return Created(name, {"Arn": alarms.arn(call, name)})


def _update(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _put(call, resource)


def _delete(call: Call, resource: Resource) -> None:
    alarms.delete(call.tx, resource.physical_id or "")


RESOURCES = (
    ResourceType(
        "AWS::CloudWatch::Alarm",
        dict.fromkeys(_ALARM, Support.HONOURED)
        | {
            "Tags": Support.RECORDED,
            "EvaluateLowSampleCountPercentile": Support.RECORDED,
            "ThresholdMetricId": Support.RECORDED,
        },
        _put,
        _update,
        _delete,
        frozenset({"AlarmName"}),
        remark=unjudged.remark,
        adopts=(),
    ),
)
