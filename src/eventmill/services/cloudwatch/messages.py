"""What alarms say when they change, in the forms of each that is told.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eventmill.kernel.clock import iso_millis, iso_seconds
from eventmill.services.cloudwatch import alarms
from eventmill.services.cloudwatch.alarms import Alarm

_REGIONS = {
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)",
    "eu-west-1": "EU (Ireland)",
    "eu-central-1": "EU (Frankfurt)",
    "ap-northeast-1": "Asia Pacific (Tokyo)",
    "ap-southeast-1": "Asia Pacific (Singapore)",
    "ap-southeast-2": "Asia Pacific (Sydney)",
}


@dataclass(frozen=True, slots=True)
class Change:
    """`alarm` is as it was before it got `state`."""

    alarm: Alarm
    arn: str
    state: str
    reason: str
    at: float
    region: str
    account: str

    @property
    def place(self) -> str:
        """The region's name."""
        return _REGIONS.get(self.region, self.region)


def _offset(at: float) -> str:
    return iso_millis(at).replace("Z", "+0000")


def subject(change: Change) -> str:
    """Of the mail that a topic makes of it; SNS takes 100 characters."""
    return f'{change.state}: "{change.alarm.name}" in {change.place}'[:100]


def notification(change: Change) -> dict[str, Any]:
    """What topics get."""
    alarm, config = change.alarm, change.alarm.config
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": config.get("AlarmDescription"),
        "AWSAccountId": change.account,
        "AlarmConfigurationUpdatedTimestamp": _offset(alarm.updated),
        "NewStateValue": change.state,
        "NewStateReason": change.reason,
        "StateChangeTime": _offset(change.at),
        "Region": change.place,
        "AlarmArn": change.arn,
        "OldStateValue": alarm.state,
        "OKActions": config.get("OKActions") or [],
        "AlarmActions": config.get("AlarmActions") or [],
        "InsufficientDataActions": config.get("InsufficientDataActions") or [],
        "Trigger": _trigger(alarm),
    }


def _trigger(alarm: Alarm) -> dict[str, Any]:
    config = alarm.config
    told: dict[str, Any] = {
        "Period": int(config.get("Period") or 60),
        "EvaluationPeriods": int(config["EvaluationPeriods"]),
        "ComparisonOperator": config["ComparisonOperator"],
        "Threshold": float(config.get("Threshold") or 0),
        "TreatMissingData": config.get("TreatMissingData") or "missing",
        "EvaluateLowSampleCountPercentile": config.get("EvaluateLowSampleCountPercentile") or "",
    }
    if config.get("DatapointsToAlarm"):
        told["DatapointsToAlarm"] = int(config["DatapointsToAlarm"])
    if config.get("Metrics"):
        return told | {"Metrics": config["Metrics"]}
    extended = config.get("ExtendedStatistic")
    return told | {
        "MetricName": config["MetricName"],
        "Namespace": config["Namespace"],
        "StatisticType": "ExtendedStatistic" if extended else "Statistic",
        "Statistic": extended or str(config["Statistic"]).upper(),
        "Unit": config.get("Unit"),
        "Dimensions": [
            {"value": entry["Value"], "name": entry["Name"]}
            for entry in config.get("Dimensions") or ()
        ],
    }


def _configuration(alarm: Alarm) -> dict[str, Any]:
    metrics = []
    for query in alarms.as_queries(alarm.config):
        told: dict[str, Any] = {
            "id": query["Id"],
            "returnData": query.get("ReturnData") is not False,
        }
        if query.get("MetricStat"):
            stat = query["MetricStat"]
            metric = stat["Metric"]
            dimensions = {e["Name"]: e["Value"] for e in metric.get("Dimensions") or ()}
            told["metricStat"] = {
                "metric": {
                    "namespace": metric["Namespace"],
                    "name": metric["MetricName"],
                    "dimensions": dimensions,
                },
                "period": int(stat["Period"]),
                "stat": stat["Stat"],
            }
        else:
            told |= {"expression": query["Expression"], "label": query.get("Label") or query["Id"]}
        metrics.append(told)
    shown: dict[str, Any] = {"metrics": metrics}
    if alarm.config.get("AlarmDescription"):
        shown["description"] = alarm.config["AlarmDescription"]
    return shown


def _states(change: Change) -> dict[str, Any]:
    return {
        "state": {
            "value": change.state,
            "reason": change.reason,
            "timestamp": _offset(change.at),
        },
        "previousState": {
            "value": change.alarm.state,
            "reason": change.alarm.reason,
            "timestamp": _offset(change.alarm.since),
        },
        "configuration": _configuration(change.alarm),
    }


def event(change: Change) -> dict[str, Any]:
    """What the default event bus gets."""
    return {
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "time": iso_seconds(change.at),
        "resources": [change.arn],
        "detail": {"alarmName": change.alarm.name, **_states(change)},
    }


def invocation(change: Change) -> dict[str, Any]:
    """What functions get."""
    return {
        "source": "aws.cloudwatch",
        "alarmArn": change.arn,
        "accountId": change.account,
        "time": _offset(change.at),
        "region": change.region,
        "alarmData": {"alarmName": change.alarm.name, **_states(change)},
    }
