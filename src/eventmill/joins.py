"""How the services are joined: which there are, and who answers for an ARN."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from eventmill.deliver.streams import StreamSource
from eventmill.deliver.upkeep import Chore
from eventmill.deploy.addresses import api_address
from eventmill.deploy.api import SERVICE as CLOUDFORMATION
from eventmill.kernel.arns import service_of
from eventmill.kernel.metrics import Dimensions
from eventmill.services import (
    acm,
    apigateway,
    apigatewayv2,
    cloudwatch,
    cognito,
    dynamodb,
    ec2,
    elbv2,
    events,
    iam,
    kinesis,
    lambda_,
    logs,
    pipes,
    route53,
    s3,
    scheduler,
    secretsmanager,
    ses,
    sns,
    sqs,
    ssm,
    sts,
)
from eventmill.services.contract import Call, Known, ResourceType, Service
from eventmill.store.transaction import Transaction

SERVICES: dict[str, Service] = {
    service.name: service
    for service in (
        sqs.SERVICE,
        s3.SERVICE,
        dynamodb.SERVICE,
        dynamodb.STREAMS,
        kinesis.SERVICE,
        lambda_.SERVICE,
        apigateway.SERVICE,
        apigatewayv2.SERVICE,
        events.SERVICE,
        pipes.SERVICE,
        scheduler.SERVICE,
        sns.SERVICE,
        ses.SERVICE,
        ses.SERVICE_V2,
        logs.SERVICE,
        cloudwatch.SERVICE,
        sts.SERVICE,
        iam.SERVICE,
        ec2.SERVICE,
        acm.SERVICE,
        route53.SERVICE,
        elbv2.SERVICE,
        secretsmanager.SERVICE,
        cognito.SERVICE,
        ssm.SERVICE,
        CLOUDFORMATION,
    )
}

RESOURCE_TYPES: dict[str, ResourceType] = {
    kind.name: kind for service in SERVICES.values() for kind in service.resources
}


def _queue(tx: Transaction, arn: str) -> Known | None:
    fifo = sqs.is_fifo(tx, arn)
    if fifo is None:
        return None
    return Known(
        {"VisibilityTimeout": sqs.visibility_timeout(tx, arn), "FifoQueue": fifo},
        partial(sqs.admits, tx, arn),
    )


def _function(tx: Transaction, arn: str) -> Known | None:
    if not lambda_.exists(tx, arn):
        return None
    return Known(
        {"LogGroup": lambda_.resolve(tx, arn).log_group}, partial(lambda_.may_invoke, tx, arn)
    )


def _bucket(tx: Transaction, arn: str) -> Known | None:
    return Known(admits=partial(s3.admits, tx, arn)) if s3.exists(tx, arn) else None


def _table(tx: Transaction, arn: str) -> Known | None:
    return Known() if dynamodb.exists(tx, arn) else None


def _stream(tx: Transaction, arn: str) -> Known | None:
    return Known() if kinesis.exists(tx, arn) else None


def _topic(tx: Transaction, arn: str) -> Known | None:
    topic = sns.find_topic(tx, arn)
    if topic is None:
        return None
    return Known({"FifoTopic": topic.fifo}, partial(sns.admits, tx, arn))


def _bus(tx: Transaction, arn: str) -> Known | None:
    return Known() if events.exists(tx, events.name_of(arn)) else None


def _gateway(tx: Transaction, arn: str) -> Known | None:
    """Domain names and stages, which both versions of API Gateway's API know."""
    kind, _, rest = arn.partition("::/")[2].partition("/")
    api, _, stage = rest.partition("/stages/")
    rows, parts = apigateway.parts, apigatewayv2.parts
    if kind == "restapis":
        found = rows.find(tx, api, "stage", stage)
    elif kind == "apis":
        found = parts.find(tx, api, "stage", stage)
    else:
        found = rows.find(tx, rows.ACCOUNT, "domain", rest)
        found = found or parts.find(tx, rest, "domainname", rest)
    return None if found is None else Known()


_ANSWERS: dict[str, Callable[[Transaction, str], Known | None]] = {
    "sqs": _queue,
    "lambda": _function,
    "s3": _bucket,
    "dynamodb": _table,
    "kinesis": _stream,
    "sns": _topic,
    "events": _bus,
    "apigateway": _gateway,
}

STREAM_SOURCES: dict[str, StreamSource] = {
    "dynamodb": dynamodb.streams,
    "kinesis": kinesis.source,
}


def directory(tx: Transaction, arn: str) -> Known | None:
    """What is known of the resource; None when nothing exists under the ARN."""
    answer = _ANSWERS.get(service_of(arn))
    return None if answer is None else answer(tx, arn)


def balancer_address(tx: Transaction, endpoint: str, dns: str, port: int) -> str | None:
    """Where the listener of a port (0: the first) of the load balancer of a DNS name answers."""
    balancer = elbv2.balancers.by_dns(tx, dns)
    return None if balancer is None else elbv2.balancers.address(tx, endpoint, balancer, port)


def gauge(
    tx: Transaction, namespace: str, name: str, dimensions: Dimensions, at: float
) -> float | None:
    """What is measured when somebody looks: the state of queues."""
    queue = dict(dimensions).get("QueueName")
    if namespace != "AWS/SQS" or queue is None:
        return None
    return sqs.gauge(tx, queue, name, at)


def status(tx: Transaction, call: Callable[[Transaction], Call]) -> dict[str, Any]:
    """What there is, by name: functions, queues with their depth, APIs' stages with addresses."""
    asked = call(tx)

    def listed(service: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        found = SERVICES[service].operations[operation].function(asked, request)
        assert isinstance(found, dict)
        return found

    functions = listed("lambda", "ListFunctions", {"MaxItems": 1000})["Functions"]
    buckets = listed("s3", "ListBuckets", {})["Buckets"]
    apis = []
    for api in listed("apigateway", "GetRestApis", {"limit": 500})["items"]:
        for stage in listed("apigateway", "GetStages", {"restApiId": api["id"]})["item"]:
            address = f"{api_address(asked.endpoint, api['id'])}/{stage['stageName']}"
            apis.append({"name": api["name"], "address": address})
    for api in listed("apigatewayv2", "GetApis", {"MaxResults": "500"})["Items"]:
        stages = listed("apigatewayv2", "GetStages", {"ApiId": api["ApiId"], "MaxResults": "500"})
        for stage in stages["Items"]:
            end = "" if stage["StageName"] == "$default" else f"/{stage['StageName']}"
            apis.append({"name": api["Name"], "address": api["ApiEndpoint"] + end})
    queues = {}
    for (arn,) in tx.all("SELECT arn FROM sqs_queues ORDER BY name"):
        visible, in_flight, delayed = sqs.counts(tx, arn)
        queues[arn.rpartition(":")[2]] = {
            "visible": visible,
            "inFlight": in_flight,
            "delayed": delayed,
        }
    return {
        "functions": [entry["FunctionName"] for entry in functions],
        "queues": queues,
        "tables": [name for (name,) in tx.all("SELECT name FROM ddb_tables ORDER BY name")],
        "buckets": [entry["Name"] for entry in buckets],
        "apis": apis,
    }


def chores(call: Callable[[Transaction], Call]) -> list[Chore]:
    """What the services do as time passes."""

    def expire_items(tx: Transaction) -> float | None:
        dynamodb.expire(call(tx))
        return dynamodb.next_expiry(tx)

    def tend_streams(tx: Transaction) -> float | None:
        dynamodb.streams.tend(call(tx))
        kinesis.trim(tx)
        return tx.now + 3_600

    def fire_schedules(tx: Transaction) -> float | None:
        events.fire(call(tx))
        return events.next_due(tx)

    def fire_scheduler(tx: Transaction) -> float | None:
        scheduler.fire(call(tx))
        return scheduler.next_due(tx)

    def apply_lifecycles(tx: Transaction) -> float | None:
        s3.lifecycle.run(call(tx))
        return s3.lifecycle.next_due(tx)

    def expire_archives(tx: Transaction) -> float | None:
        events.expire(tx)
        return tx.now + 3_600

    def expire_logs(tx: Transaction) -> float | None:
        logs.expire(tx)
        return tx.now + 3_600

    def watch_alarms(tx: Transaction) -> float | None:
        cloudwatch.watch(call(tx), gauge)
        return cloudwatch.next_due(tx)

    def expire_metrics(tx: Transaction) -> float | None:
        cloudwatch.expire(tx)
        return tx.now + 3_600

    return [
        Chore("alarms", watch_alarms, cloudwatch.KEY, waiting=cloudwatch.next_due),
        Chore("metric retention", expire_metrics),
        Chore(
            "message move tasks",
            lambda tx: sqs.move_tasks.step(tx, call(tx).ids),
            sqs.move_tasks.KEY,
            waiting=sqs.move_tasks.next_due,
        ),
        Chore("rules' schedules", fire_schedules, events.SCHEDULES_KEY, waiting=events.next_due),
        Chore("schedules", fire_scheduler, scheduler.SCHEDULES_KEY, waiting=scheduler.next_due),
        Chore(
            "event replays",
            events.replays.step,
            events.replays.REPLAYS_KEY,
            waiting=events.replays.next_due,
        ),
        Chore("lifecycle rules", apply_lifecycles, s3.lifecycle.KEY, s3.lifecycle.next_due),
        Chore("archive retention", expire_archives),
        Chore("health checks", elbv2.health.run, elbv2.KEY, waiting=elbv2.health.next_due),
        Chore("message retention", sqs.expire),
        Chore("unconfirmed subscriptions", sns.expire),
        Chore("time to live", expire_items),
        Chore("stream retention", tend_streams),
        Chore("log retention", expire_logs),
        Chore("deleted secrets", secretsmanager.purge, secretsmanager.DELETIONS_KEY),
    ]
