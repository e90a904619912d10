"""Metrics of functions, of their logs and of clients, and the alarms that watch them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eventmill.kernel.errors import UsageError
from eventmill.testing import TestEngine, engine
from tests.queues import taken
from tests.shape import assert_shape, recorded

APP = Path(__file__).parents[1] / "apps" / "alarms"


@pytest.fixture(scope="module")
def app() -> Iterator[TestEngine]:
    with engine() as running:
        running.deploy(APP)
        yield running


def told(app: TestEngine) -> list[dict[str, Any]]:
    """What the queue of those who are told holds; taken out of it."""
    app.settle()
    return [json.loads(message["Body"]) for message in taken(app, app.outputs["Told"])]


def states(app: TestEngine) -> dict[str, str]:
    alarms = app.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return {alarm["AlarmName"]: alarm["StateValue"] for alarm in alarms}


def order(app: TestEngine, kind: str, total: float) -> None:
    body = json.dumps({"kind": kind, "total": total})
    app.client("sqs").send_message(QueueUrl=app.outputs["Orders"], MessageBody=body)
    app.settle()


def test_a_lost_order_raises_alarms_that_tell_everybody_and_end(app: TestEngine) -> None:
    app.advance(60)
    app.settle()
    lost, error = app.outputs["LostAlarm"], app.outputs["ErrorAlarm"]
    assert states(app) == {lost: "OK", error: "OK"}
    told(app)
    order(app, "bad", 1)
    # The failed receive was the last: after its visibility timeout the order is lost.
    app.advance(31)
    app.settle()
    app.advance(60)
    app.settle()
    assert states(app)[lost] == "ALARM"
    found = told(app)
    (notice,) = [entry for entry in found if entry.get("Type") == "Notification"]
    assert notice["Subject"] == f'ALARM: "{lost}" in US East (N. Virginia)'
    assert_shape(json.loads(notice["Message"]), recorded("alarm.topic"))
    (invocation,) = [entry for entry in found if "alarmData" in entry]
    assert_shape(invocation, recorded("alarm.function"))
    changes = [entry for entry in found if entry.get("source") == "aws.cloudwatch"]
    (change,) = [entry for entry in changes if entry.get("detail", {}).get("alarmName") == lost]
    assert_shape(change, recorded("alarm.bus"))

    app.client("sqs").purge_queue(QueueUrl=app.outputs["Lost"])
    app.advance(60)
    app.settle()
    assert states(app)[lost] == "OK"
    history = app.client("cloudwatch").describe_alarm_history(
        AlarmName=lost, HistoryItemType="StateUpdate"
    )["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in history] == [
        "Alarm updated from ALARM to OK",
        "Alarm updated from OK to ALARM",
        "Alarm updated from INSUFFICIENT_DATA to OK",
    ]


def values(app: TestEngine, namespace: str, name: str, stat: str, **dimensions: str) -> list[float]:
    metric = {
        "Namespace": namespace,
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
    }
    query = {"Id": "q", "MetricStat": {"Metric": metric, "Period": 86_400, "Stat": stat}}
    now = datetime.now(UTC)
    found = app.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query],
        StartTime=now - timedelta(days=1),
        EndTime=now + timedelta(days=1),
    )
    return found["MetricDataResults"][0]["Values"]


def test_functions_and_their_embedded_metrics_are_counted(app: TestEngine) -> None:
    for total in (2, 4):
        order(app, "good", total)
    assert sum(values(app, "Shop", "Total", "Sum", kind="good")) == 6
    assert max(values(app, "Shop", "Total", "Maximum", kind="good")) == 4
    name = app.outputs["Take"]
    assert sum(values(app, "AWS/Lambda", "Invocations", "Sum", FunctionName=name)) >= 2
    assert sum(values(app, "AWS/Lambda", "Duration", "Maximum", FunctionName=name)) > 0
    listed = app.client("cloudwatch").list_metrics(Namespace="AWS/Lambda")["Metrics"]
    assert {"Invocations", "Errors", "Duration"} <= {metric["MetricName"] for metric in listed}


def test_a_client_s_metrics_come_back_as_every_statistic(app: TestEngine) -> None:
    cloudwatch = app.client("cloudwatch")
    data = [
        {"MetricName": "Wait", "Value": 1.0, "Unit": "Seconds"},
        {"MetricName": "Wait", "Values": [2.0, 4.0], "Counts": [2.0, 1.0], "Unit": "Seconds"},
    ]
    cloudwatch.put_metric_data(Namespace="Desk", MetricData=data)
    now = datetime.now(UTC)
    (point,) = cloudwatch.get_metric_statistics(
        Namespace="Desk",
        MetricName="Wait",
        StartTime=now - timedelta(days=1),
        EndTime=now + timedelta(days=1),
        Period=172_800,
        Statistics=["Sum", "Average", "Minimum", "Maximum", "SampleCount"],
        ExtendedStatistics=["p50", "p100"],
        Unit="Seconds",
    )["Datapoints"]
    assert (point["Sum"], point["Average"], point["SampleCount"]) == (9, 2.25, 4)
    assert (point["Minimum"], point["Maximum"]) == (1, 4)
    assert point["ExtendedStatistics"]["p50"] == pytest.approx(2, rel=0.02)
    assert point["ExtendedStatistics"]["p100"] == 4


def test_expressions_over_metrics(app: TestEngine) -> None:
    cloudwatch = app.client("cloudwatch")
    for name, value in (("Good", 6.0), ("All", 8.0)):
        cloudwatch.put_metric_data(
            Namespace="Rate", MetricData=[{"MetricName": name, "Value": value}]
        )
    stat = {"Period": 86_400, "Stat": "Sum"}
    queries: list[dict[str, Any]] = [
        {
            "Id": name.lower(),
            "MetricStat": {"Metric": {"Namespace": "Rate", "MetricName": name}, **stat},
            "ReturnData": False,
        }
        for name in ("Good", "All")
    ]
    queries.append({"Id": "rate", "Expression": "100 * good / all"})
    now = datetime.now(UTC)
    window = {"StartTime": now - timedelta(days=1), "EndTime": now + timedelta(days=1)}
    found = cloudwatch.get_metric_data(MetricDataQueries=queries, **window)
    assert found["MetricDataResults"][0]["Values"] == [75.0]
    queries[-1]["Expression"] = "ANOMALY_DETECTION_BAND(good)"
    with pytest.raises(ClientError, match="Eventmill offers"):
        cloudwatch.get_metric_data(MetricDataQueries=queries, **window)


def test_a_metric_filter_counts_lines(app: TestEngine) -> None:
    order(app, "good", 1)
    logs = app.client("logs")
    group = f"/aws/lambda/{app.outputs['Take']}"
    logs.put_metric_filter(
        logGroupName=group,
        filterName="reports",
        filterPattern="REPORT",
        metricTransformations=[
            {"metricName": "Reports", "metricNamespace": "Lines", "metricValue": "1"}
        ],
    )
    order(app, "good", 2)
    assert sum(values(app, "Lines", "Reports", "Sum")) == 1


def measured(**change: Any) -> dict[str, Any]:
    """The query m1, which returns no data."""
    metric = {"Namespace": "Desk", "MetricName": "Wait"}
    stat = {"Metric": metric, "Period": 60, "Stat": "Sum"} | change
    return {"Id": "m1", "MetricStat": stat, "ReturnData": False}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ComparisonOperator": "LessThanLowerThreshold"}, "is not offered"),
        ({"DatapointsToAlarm": 3}, "DatapointsToAlarm"),
        ({"TreatMissingData": "forget"}, "TreatMissingData"),
        ({"Period": 70}, "multiple of 60"),
        ({"Statistic": None}, "Statistic"),
        ({"Metrics": [measured(Stat="IQM")]}, "IQM is not offered"),
        ({"Metrics": [measured(Period=70)]}, "multiple of 60"),
        ({"Metrics": [measured(), {"Id": "e1", "Expression": "m9 + 1"}]}, "Undefined variable: m9"),
        ({"Metrics": [measured(), {"Id": "e1", "Expression": "FILL(1, 1)"}]}, "FILL takes"),
        ({"Metrics": [measured(), {"Id": "e1", "Expression": "m1 + 1e999"}]}, "offers numbers"),
        ({"Metrics": [measured(), {"Id": "e1"}]}, "either MetricStat or Expression"),
    ],
)
def test_alarms_that_cannot_be(app: TestEngine, change: dict[str, Any], message: str) -> None:
    given = {
        "AlarmName": "wrong",
        "Namespace": "Desk",
        "MetricName": "Wait",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 2,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
    } | change
    with pytest.raises(ClientError, match=message):
        app.client("cloudwatch").put_metric_alarm(
            **{key: value for key, value in given.items() if value is not None}
        )


def test_a_mapping_counts_its_events_where_it_is_asked_to(app: TestEngine) -> None:
    functions = app.client("lambda")
    (mapping,) = functions.list_event_source_mappings(FunctionName=app.outputs["Take"])[
        "EventSourceMappings"
    ]
    number = mapping["UUID"]
    wanted = {"Filters": [{"Pattern": json.dumps({"body": {"kind": ["good"]}})}]}
    functions.update_event_source_mapping(
        UUID=number, MetricsConfig={"Metrics": ["EventCount"]}, FilterCriteria=wanted
    )
    app.settle()
    for kind in ("good", "other", "good"):
        order(app, kind, 1)
    functions.update_event_source_mapping(UUID=number, FilterCriteria={"Filters": []})
    app.settle()
    counted = {
        what: sum(
            values(app, "AWS/Lambda", f"{what}EventCount", "Sum", EventSourceMappingUUID=number)
        )
        for what in ("Polled", "FilteredOut", "Invoked", "FailedInvoke", "Deleted")
    }
    assert counted == {
        "Polled": 3,
        "FilteredOut": 1,
        "Invoked": 2,
        "FailedInvoke": 0,
        "Deleted": 2,
    }


def test_an_alarm_that_cannot_be_evaluated_keeps_no_other_from_its_state(app: TestEngine) -> None:
    cloudwatch = app.client("cloudwatch")
    for name in ("a broken one", "one that is well"):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Metrics=[measured(), {"Id": "e1", "Expression": "FILL(m1, 5) ^ 1"}],
            EvaluationPeriods=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanThreshold",
        )
    # As an engine kept it that did not look so closely.
    app.run(
        app.inner.database.write(
            lambda tx: (
                tx.execute(
                    "UPDATE cloudwatch_alarms SET config=replace(config, 'FILL(m1, 5)', 'm9')"
                    " WHERE name='a broken one'"
                )
                and None
            )
        )
    )
    app.advance(60)
    app.settle()
    assert states(app)["one that is well"] == "ALARM"
    (broken,) = cloudwatch.describe_alarms(AlarmNames=["a broken one"])["MetricAlarms"]
    assert broken["StateValue"] == "INSUFFICIENT_DATA"
    cloudwatch.delete_alarms(AlarmNames=["a broken one", "one that is well"])


def test_a_metric_that_several_alarms_watch_is_measured_once(app: TestEngine) -> None:
    sqs, cloudwatch = app.client("sqs"), app.client("cloudwatch")
    sqs.create_queue(QueueName="watched")
    dimensions = [{"Name": "QueueName", "Value": "watched"}]
    names = ("first", "second")
    for name in names:
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/SQS",
            MetricName="ApproximateNumberOfMessagesVisible",
            Dimensions=dimensions,
            Statistic="SampleCount",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanThreshold",
        )
    app.advance(60)
    app.settle()
    assert [states(app)[name] for name in names] == ["OK", "OK"]
    found = cloudwatch.describe_alarms_for_metric(
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=dimensions,
    )["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in found] == ["first", "second"]
    cloudwatch.delete_alarms(AlarmNames=names)


def test_a_template_may_give_numbers_and_truth_values_as_texts(
    app: TestEngine, tmp_path: Path
) -> None:
    stat = {"Metric": {"Namespace": "Texts", "MetricName": "None"}, "Period": "60", "Stat": "Sum"}
    alarm = {
        "Metrics": [
            {"Id": "m1", "MetricStat": stat, "ReturnData": "false"},
            {"Id": "e1", "Expression": "m1 + 1", "Period": 120},
        ],
        "TreatMissingData": "breaching",
        "EvaluationPeriods": "1",
        "Threshold": "1",
        "ActionsEnabled": "false",
        "AlarmActions": ["arn:aws:sns:us-east-1:000000000000:nobody"],
        "ComparisonOperator": "GreaterThanThreshold",
    }
    template = {"Resources": {"Late": {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm}}}
    path = tmp_path / "template.json"
    path.write_text(json.dumps(template))
    app.run(app.inner.deploy(path, {}))
    app.advance(60)
    app.settle()
    ((name, state),) = [entry for entry in states(app).items() if "-Late-" in entry[0]]
    assert state == "ALARM"
    history = app.client("cloudwatch").describe_alarm_history(AlarmName=name)
    kinds = {item["HistoryItemType"] for item in history["AlarmHistoryItems"]}
    assert kinds == {"ConfigurationUpdate", "StateUpdate"}
    alarm["Threshold"] = "high"
    path.write_text(json.dumps(template))
    with pytest.raises(UsageError, match="Threshold"):
        app.run(app.inner.deploy(path, {}))


def test_a_template_may_declare_alarms_that_nothing_here_can_judge(
    app: TestEngine, tmp_path: Path
) -> None:
    common: dict[str, Any] = {
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 1,
        "TreatMissingData": "breaching",
    }
    band = {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)"}
    search = "SUM(SEARCH('{Desk} Wait', 'Sum', 60))"
    given: dict[str, dict[str, Any]] = {
        "Band": {
            "Metrics": [measured() | {"ReturnData": True}, band],
            "ThresholdMetricId": "band",
            "ComparisonOperator": "GreaterThanUpperThreshold",
            "Threshold": None,
        },
        "Searched": {"Metrics": [{"Id": "e1", "Expression": search}]},
        "Trimmed": {"Namespace": "Desk", "MetricName": "Wait", "ExtendedStatistic": "tm99"},
        "Judged": {"Metrics": [measured(), {"Id": "e1", "Expression": "IF(m1 > 2, m1, 0)"}]},
    }
    resources = {
        name: {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                key: value
                for key, value in (common | {"AlarmName": name} | own).items()
                if value is not None
            },
        }
        for name, own in given.items()
    }
    path = tmp_path / "template.json"
    path.write_text(json.dumps({"Resources": resources}))
    app.run(app.inner.deploy(path, {}))
    cloudwatch = app.client("cloudwatch")
    cloudwatch.put_metric_data(Namespace="Desk", MetricData=[{"MetricName": "Wait", "Value": 5.0}])
    app.advance(60)
    app.settle()
    unjudged = dict.fromkeys(("Band", "Searched", "Trimmed"), "INSUFFICIENT_DATA")
    expected = {**unjudged, "Judged": "ALARM"}
    assert {name: state for name, state in states(app).items() if name in given} == expected
    # Whoever wants to see what it would cause sets its state.
    cloudwatch.set_alarm_state(AlarmName="Band", StateValue="ALARM", StateReason="a trial")
    cloudwatch.disable_alarm_actions(AlarmNames=list(given))
    assert states(app)["Band"] == "ALARM"
    cloudwatch.delete_alarms(AlarmNames=list(given))


def test_a_rate_is_judged_by_the_period_before(app: TestEngine) -> None:
    cloudwatch = app.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="rising",
        Metrics=[measured(), {"Id": "e1", "Expression": "RATE(m1)"}],
        EvaluationPeriods=1,
        Threshold=0.5,
        ComparisonOperator="GreaterThanThreshold",
    )
    found = []
    for value in (10.0, 20.0, 80.0):
        data = [{"MetricName": "Wait", "Value": value}]
        cloudwatch.put_metric_data(Namespace="Desk", MetricData=data)
        app.advance(60)
        app.settle()
        found.append(states(app)["rising"])
    assert found[1:] == ["OK", "ALARM"]
    cloudwatch.delete_alarms(AlarmNames=["rising"])
