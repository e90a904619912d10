"""The API's operations on alarms."""

from __future__ import annotations

from typing import Any

from eventmill.services import paging
from eventmill.services.cloudwatch import alarms, faults, points, watching
from eventmill.services.cloudwatch.alarms import Alarm
from eventmill.services.cloudwatch.metrics import OPERATIONS
from eventmill.services.contract import Call, Result
from eventmill.services.tags import tag_map

_PAGE = 100


@OPERATIONS.write("PutMetricAlarm")
def put_metric_alarm(call: Call, request: dict[str, Any]) -> Result:
    """A change keeps state and tags; the next look is at the end of the minute. Raises Invalid."""
    config = {name: value for name, value in request.items() if name not in ("AlarmName", "Tags")}
    alarms.check(config)
    name = request["AlarmName"]
    fresh = alarms.find(call.tx, name) is None
    alarms.put(call, name, config)
    if fresh:
        alarms.TAGS.put(call.tx, name, tag_map(request.get("Tags")))
    return {}


@OPERATIONS.write("DeleteAlarms")
def delete_alarms(call: Call, request: dict[str, Any]) -> Result:
    """Names that are gone are no error."""
    for name in request["AlarmNames"]:
        alarms.delete(call.tx, name)
    return {}


@OPERATIONS.scan("DescribeAlarms")
def describe_alarms(call: Call, request: dict[str, Any]) -> Result:
    """By names, by a prefix, by state or by an action's prefix, ordered by name.

    There are no composite alarms: none is a part of another, and nothing is asked of their type.
    """
    parts = request.get("ChildrenOfAlarmName") or request.get("ParentsOfAlarmName")
    if parts or "MetricAlarm" not in (request.get("AlarmTypes") or ("MetricAlarm",)):
        return {"MetricAlarms": [], "CompositeAlarms": []}
    names, prefix = request.get("AlarmNames"), request.get("AlarmNamePrefix") or ""
    after = request.get("NextToken") or ""
    found = [
        alarm
        for alarm in alarms.every(call.tx)
        if alarm.name.startswith(prefix)
        and alarm.name > after
        and (not names or alarm.name in names)
        and request.get("StateValue") in (None, alarm.state)
        and _acts(alarm, request.get("ActionPrefix"))
    ]
    limit = request.get("MaxRecords") or _PAGE
    answer: dict[str, Any] = {
        "MetricAlarms": [shown(call, alarm) for alarm in found[:limit]],
        "CompositeAlarms": [],
    }
    if len(found) > limit:
        answer["NextToken"] = found[limit - 1].name
    return answer


def _acts(alarm: Alarm, prefix: str | None) -> bool:
    actions = [
        action for member in alarms.ACTIONS.values() for action in alarm.config.get(member) or ()
    ]
    return prefix is None or any(action.startswith(prefix) for action in actions)


def shown(call: Call, alarm: Alarm) -> dict[str, Any]:
    """An alarm as DescribeAlarms has it."""
    return {
        "ActionsEnabled": True,
        "OKActions": [],
        "AlarmActions": [],
        "InsufficientDataActions": [],
        "Dimensions": [],
        **alarm.config,
        "AlarmName": alarm.name,
        "AlarmArn": alarms.arn(call, alarm.name),
        "AlarmConfigurationUpdatedTimestamp": alarm.updated,
        "StateValue": alarm.state,
        "StateReason": alarm.reason,
        "StateUpdatedTimestamp": alarm.since,
        "StateTransitionedTimestamp": alarm.since,
    }


@OPERATIONS.scan("DescribeAlarmsForMetric")
def describe_alarms_for_metric(call: Call, request: dict[str, Any]) -> Result:
    """Alarms on one metric with just these dimensions, and the statistic, period and unit given."""
    wanted = points.key(request.get("Dimensions") or ())
    found = [
        shown(call, alarm)
        for alarm in alarms.every(call.tx)
        if alarm.config.get("MetricName") == request["MetricName"]
        and alarm.config.get("Namespace") == request["Namespace"]
        and points.key(alarm.config.get("Dimensions") or ()) == wanted
        and all(
            request.get(name) in (None, alarm.config.get(name))
            for name in ("Statistic", "ExtendedStatistic", "Period", "Unit")
        )
    ]
    return {"MetricAlarms": found}


@OPERATIONS.write("SetAlarmState")
def set_alarm_state(call: Call, request: dict[str, Any]) -> Result:
    """For tests: until the next look. Raises NotFound."""
    alarm = alarms.find(call.tx, request["AlarmName"])
    if alarm is None:
        raise faults.missing(f"Alarm {request['AlarmName']} does not exist")
    if request["StateValue"] not in alarms.STATES:
        raise faults.value(f"StateValue must be one of {', '.join(alarms.STATES)}.")
    watching.change(call, alarm, request["StateValue"], request["StateReason"])
    return {}


def _switch(call: Call, names: list[str], enabled: bool) -> Result:
    for name in names:
        alarm = alarms.find(call.tx, name)
        if alarm is not None:
            alarms.put(call, name, {**alarm.config, "ActionsEnabled": enabled})
    return {}


@OPERATIONS.write("EnableAlarmActions")
def enable_alarm_actions(call: Call, request: dict[str, Any]) -> Result:
    """Names that are gone are no error."""
    return _switch(call, request["AlarmNames"], True)


@OPERATIONS.write("DisableAlarmActions")
def disable_alarm_actions(call: Call, request: dict[str, Any]) -> Result:
    """States change on, and nobody is told."""
    return _switch(call, request["AlarmNames"], False)


@OPERATIONS.scan("DescribeAlarmHistory")
def describe_alarm_history(call: Call, request: dict[str, Any]) -> Result:
    """Newest first unless ScanBy says otherwise; the token is the last entry's number."""
    if "MetricAlarm" not in (request.get("AlarmTypes") or ("MetricAlarm",)):
        return {"AlarmHistoryItems": []}
    limit = request.get("MaxRecords") or _PAGE
    newest_first = request.get("ScanBy") != "TimestampAscending"
    rows = call.tx.all(
        "SELECT id, alarm, at, kind, summary, data FROM cloudwatch_history"
        " WHERE (?1 IS NULL OR alarm=?1) AND (?2 IS NULL OR kind=?2) AND at>=?3 AND at<?4"
        f" AND (?5=0 OR id{'<' if newest_first else '>'}?5)"
        f" ORDER BY id {'DESC' if newest_first else 'ASC'} LIMIT ?6",
        (
            request.get("AlarmName"),
            request.get("HistoryItemType"),
            request.get("StartDate") or 0,
            request.get("EndDate") or 1e12,
            paging.place(request.get("NextToken"), faults.bad_token()),
            limit + 1,
        ),
    )
    items = [
        {
            "AlarmName": name,
            "AlarmType": "MetricAlarm",
            "Timestamp": at,
            "HistoryItemType": kind,
            "HistorySummary": summary,
            "HistoryData": data,
        }
        for _, name, at, kind, summary, data in rows[:limit]
    ]
    more = {"NextToken": str(rows[limit - 1][0])} if len(rows) > limit else {}
    return {"AlarmHistoryItems": items} | more
