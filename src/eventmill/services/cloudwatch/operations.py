"""Alarms as records.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import Call, Operations, Result

OPERATIONS = Operations()

_REASON = "Alarms are recorded and not evaluated: no metrics are kept."


def alarm_arn(call: Call, name: str) -> str:
    """The ARN of an alarm of this account."""
    return f"arn:aws:cloudwatch:{call.region}:{call.account}:alarm:{name}"


def put(call: Call, name: str, config: Mapping[str, Any]) -> None:
    """Create or replace an alarm."""
    call.tx.execute(
        "INSERT OR REPLACE INTO cloudwatch_alarms VALUES(?,?,?)",
        (name, json.dumps(config), call.now),
    )


def delete(call: Call, name: str) -> None:
    """One that is gone is no error."""
    call.tx.execute("DELETE FROM cloudwatch_alarms WHERE name=?", (name,))


@OPERATIONS.write("PutMetricAlarm")
def put_metric_alarm(call: Call, request: dict[str, Any]) -> Result:
    """Keeps the alarm; it stays in INSUFFICIENT_DATA."""
    put(call, request["AlarmName"], request)
    return {}


@OPERATIONS.write("DeleteAlarms")
def delete_alarms(call: Call, request: dict[str, Any]) -> Result:
    """Names that are gone are no error."""
    for name in request["AlarmNames"]:
        delete(call, name)
    return {}


@OPERATIONS.scan("DescribeAlarms")
def describe_alarms(call: Call, request: dict[str, Any]) -> Result:
    """By names or by a prefix, ordered by name."""
    names, prefix = request.get("AlarmNames"), request.get("AlarmNamePrefix") or ""
    alarms = [
        {
            "ActionsEnabled": True,
            **json.loads(config),
            "AlarmName": name,
            "AlarmArn": alarm_arn(call, name),
            "AlarmConfigurationUpdatedTimestamp": updated,
            "StateValue": "INSUFFICIENT_DATA",
            "StateReason": _REASON,
            "StateUpdatedTimestamp": updated,
        }
        for name, config, updated in call.tx.all("SELECT * FROM cloudwatch_alarms ORDER BY name")
        if name.startswith(prefix) and (not names or name in names)
    ]
    return {"MetricAlarms": alarms, "CompositeAlarms": []}
