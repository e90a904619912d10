"""Lists of roles, secrets, alarms and load balancers: their pages, filters and orders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eventmill.testing import TestEngine, engine


@pytest.fixture(scope="module")
def mill() -> Iterator[TestEngine]:
    with engine() as running:
        yield running


def paged(client: Any, operation: str, member: str, key: str, **request: Any) -> list[list[Any]]:
    pages = client.get_paginator(operation).paginate(**request, PaginationConfig={"PageSize": 2})
    return [[entry[key] for entry in page[member]] for page in pages]


def test_roles_keep_what_they_were_told(mill: TestEngine) -> None:
    iam = mill.client("iam")
    boundary = "arn:aws:iam::000000000000:policy/edge"
    for number in range(3):
        iam.create_role(
            RoleName=f"r{number}",
            Path="/team/",
            AssumeRolePolicyDocument="{}",
            Description="does things",
            MaxSessionDuration=7_200,
            PermissionsBoundary=boundary,
            Tags=[{"Key": "a", "Value": "1"}],
        )
    iam.create_role(RoleName="plain", AssumeRolePolicyDocument="{}")
    role = iam.get_role(RoleName="r0")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("does things", 7_200)
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    assert role["Tags"] == [{"Key": "a", "Value": "1"}]
    assert iam.get_role(RoleName="plain")["Role"]["MaxSessionDuration"] == 3_600
    found = paged(iam, "list_roles", "Roles", "RoleName", PathPrefix="/team/")
    assert found == [["r0", "r1"], ["r2"]]
    with pytest.raises(ClientError, match="'maxSessionDuration' failed to satisfy"):
        iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}", MaxSessionDuration=50_000)


def test_secrets_are_sorted_and_their_versions_paged(mill: TestEngine) -> None:
    secrets = mill.client("secretsmanager")
    for name in ("b", "a", "c"):
        secrets.create_secret(Name=name, SecretString="1")
        mill.advance(1)
    secrets.put_secret_value(SecretId="b", SecretString="2")
    secrets.put_secret_value(SecretId="b", SecretString="3")

    def names(**request: Any) -> list[str]:
        return [one["Name"] for one in secrets.list_secrets(**request)["SecretList"]]

    assert names() == ["b", "a", "c"]
    assert names(SortBy="name") == ["a", "b", "c"]
    assert names(SortBy="name", SortOrder="desc") == ["c", "b", "a"]
    assert names(SortBy="last-changed-date")[-1] == "b"
    every = {"SecretId": "b", "IncludeDeprecated": True, "MaxResults": 2}
    first = secrets.list_secret_version_ids(**every)
    rest = secrets.list_secret_version_ids(**every, NextToken=first["NextToken"])
    assert (len(first["Versions"]), len(rest["Versions"]), "NextToken" in rest) == (2, 1, False)
    with pytest.raises(ClientError, match="not sorted by last-accessed-date"):
        names(SortBy="last-accessed-date")


def test_alarms_are_found_by_kind_and_statistic_and_their_history_paged(mill: TestEngine) -> None:
    watch = mill.client("cloudwatch")
    metric = {"Namespace": "n", "MetricName": "m"}
    for statistic in ("Sum", "Average"):
        watch.put_metric_alarm(
            AlarmName=statistic,
            **metric,
            Statistic=statistic,
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            Tags=[{"Key": "of", "Value": statistic}],
        )
    arn = {"ResourceARN": watch.describe_alarms(AlarmNames=["Sum"])["MetricAlarms"][0]["AlarmArn"]}
    watch.tag_resource(**arn, Tags=[{"Key": "more", "Value": "1"}])
    watch.untag_resource(**arn, TagKeys=["of"])
    assert watch.list_tags_for_resource(**arn)["Tags"] == [{"Key": "more", "Value": "1"}]
    with pytest.raises(ClientError, match="does not exist"):
        watch.list_tags_for_resource(ResourceARN=arn["ResourceARN"] + "s")
    (found,) = watch.describe_alarms_for_metric(**metric, Statistic="Sum")["MetricAlarms"]
    assert found["AlarmName"] == "Sum"
    assert watch.describe_alarms_for_metric(**metric, Period=300)["MetricAlarms"] == []
    assert len(watch.describe_alarms(AlarmTypes=["MetricAlarm"])["MetricAlarms"]) == 2
    assert watch.describe_alarms(AlarmTypes=["CompositeAlarm"])["MetricAlarms"] == []
    for state in ("OK", "ALARM"):
        watch.set_alarm_state(AlarmName="Sum", StateValue=state, StateReason="told so")
    given = {"AlarmName": "Sum", "ScanBy": "TimestampDescending"}
    pages = paged(watch, "describe_alarm_history", "AlarmHistoryItems", "HistorySummary", **given)
    assert pages == [
        ["Alarm updated from OK to ALARM", "Alarm updated from INSUFFICIENT_DATA to OK"],
        ['Alarm "Sum" created'],
    ]


def test_target_groups_and_rules_come_in_pages(mill: TestEngine) -> None:
    balancing = mill.client("elbv2")
    for number in range(3):
        balancing.create_target_group(Name=f"g{number}", TargetType="lambda")
    found = paged(balancing, "describe_target_groups", "TargetGroups", "TargetGroupName")
    assert found == [["g0", "g1"], ["g2"]]
    with pytest.raises(ClientError, match="PageSize must be between 1 and 400"):
        balancing.describe_target_groups(PageSize=401)
    with pytest.raises(ClientError, match="The marker is not valid"):
        balancing.describe_load_balancers(Marker="x")


@pytest.mark.parametrize(
    ("service", "operation", "member", "limit"),
    [
        ("ses", "list_identities", "Identities", "MaxItems"),
        ("ses", "list_configuration_sets", "ConfigurationSets", "MaxItems"),
        ("ses", "list_templates", "TemplatesMetadata", "MaxItems"),
        ("sesv2", "list_email_identities", "EmailIdentities", "PageSize"),
        ("sesv2", "list_configuration_sets", "ConfigurationSets", "PageSize"),
        ("sesv2", "list_email_templates", "TemplatesMetadata", "PageSize"),
    ],
)
def test_what_mails_are_sent_with_comes_in_pages(
    mill: TestEngine, mails: None, service: str, operation: str, member: str, limit: str
) -> None:
    ask = getattr(mill.client(service), operation)
    first = ask(**{limit: 2})
    rest = ask(**{limit: 2}, NextToken=first["NextToken"])
    assert (len(first[member]), len(rest[member]), "NextToken" in rest) == (2, 1, False)
    with pytest.raises(ClientError, match="NextToken is invalid"):
        ask(NextToken="x")


@pytest.fixture(scope="module")
def mails(mill: TestEngine) -> None:
    """Three identities, configuration sets and templates."""
    ses = mill.client("ses")
    for number in range(3):
        ses.verify_email_identity(EmailAddress=f"a{number}@example.com")
        ses.create_configuration_set(ConfigurationSet={"Name": f"s{number}"})
        ses.create_template(Template={"TemplateName": f"t{number}", "SubjectPart": "s"})
