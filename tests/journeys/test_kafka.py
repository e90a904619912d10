"""Kafka: from a producer, over a real broker and a consumer group, to the handler."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError
from botocore.exceptions import ClientError

from eventmill.testing import engine
from tests.broker import Broker, broker
from tests.metrics import total
from tests.policies import letting
from tests.shape import assert_shape, recorded

# One broker serves all tests, so they stay together.
pytestmark = pytest.mark.xdist_group("kafka")

APP = Path(__file__).parents[1] / "apps" / "kafka"
WRITER = {
    "security_protocol": "SASL_PLAINTEXT",
    "sasl_mechanism": "PLAIN",
    "sasl_plain_username": "writer",
    "sasl_plain_password": "writer-secret",
}
CLUSTER = "arn:aws:kafka:us-east-1:000000000000:cluster/shop/0a1b2c3d-1"


async def _connected(servers: str) -> None:
    """Make the topic, once the broker answers."""
    for _ in range(120):
        admin = AIOKafkaAdminClient(bootstrap_servers=servers, **WRITER)
        try:
            await admin.start()
            await admin.create_topics(
                [
                    NewTopic("orders", 2, 1),
                    *(
                        NewTopic(name, 1, 1)
                        for name in ("crash", "scram", "tls", "msk", "lost", "dead")
                    ),
                ]
            )
            return
        except (KafkaError, OSError):
            await asyncio.sleep(0.5)
        finally:
            await admin.close()
    raise TimeoutError("the broker does not answer")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory):
    with broker(tmp_path_factory.mktemp("kafka")) as found:
        asyncio.run(_connected(found.sasl))
        yield found


@pytest.fixture(scope="module")
def servers(running: Broker) -> str:
    return running.sasl


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def app(servers: str, data: Path):
    with engine(data) as running:
        running.deploy(APP, {"Servers": servers})
        yield running


def send(
    servers: str, *kinds: str, partition: int = 0, topic: str = "orders", at: int | None = None
) -> None:
    """`at` is the records' time in milliseconds, now without it."""

    async def work() -> None:
        async with AIOKafkaProducer(bootstrap_servers=servers, **WRITER) as producer:
            for kind in kinds:
                value = json.dumps({"kind": kind}).encode()
                headers = [("trace", b"\x01\x80\xff")]
                await producer.send(topic, value, b"k", partition, at, headers=headers)

    asyncio.run(work())


def next_message(app: Any, output: str) -> dict[str, Any]:
    sqs = app.client("sqs")
    queue = app.outputs[output]
    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return json.loads(message["Body"])


def offsets(event: dict[str, Any]) -> list[int]:
    (records,) = event["records"].values()
    return [record["offset"] for record in records]


def mapped(app: Any, servers: str, topic: str, destination: str, **more: Any) -> str:
    """A mapping that gives up at the first failure; returns its UUID."""
    secrets = app.client("secretsmanager").list_secrets()["SecretList"]
    secret = next(secret for secret in secrets if "Credentials" in secret["Name"])
    given = {"MaximumRetryAttempts": 0, "StartingPosition": "TRIM_HORIZON"} | more
    return app.client("lambda").create_event_source_mapping(
        FunctionName=app.outputs["Function"],
        SelfManagedEventSource={"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": [servers]}},
        Topics=[topic],
        SourceAccessConfigurations=[{"Type": "BASIC_AUTH", "URI": secret["ARN"]}],
        DestinationConfig={"OnFailure": {"Destination": destination}},
        **given,
    )["UUID"]


def mapping(app: Any) -> dict[str, Any]:
    (found,) = app.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    return found


def assert_problem(app: Any, uuid: str) -> None:
    """Soon, in real time, since the broker keeps its own."""
    for _ in range(200):
        found = app.client("lambda").get_event_source_mapping(UUID=uuid)
        if found["LastProcessingResult"].startswith("PROBLEM: Connection error"):
            return
        app.run(asyncio.sleep(0.1))
    raise AssertionError(found)


def test_a_record_reaches_the_handler_field_by_field(app, servers) -> None:
    send(servers, "noise", "order")
    event = next_message(app, "Results")
    assert_shape(event, recorded("kafka"))
    assert offsets(event) == [1]
    app.settle()
    found = mapping(app)
    assert (found["State"], found["LastProcessingResult"]) == ("Enabled", "OK")
    assert found["SelfManagedEventSource"] == {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": [servers]}}
    assert found["SelfManagedKafkaEventSourceConfig"]["ConsumerGroupId"] == "shop"
    assert "EventSourceArn" not in found


def test_what_fails_is_retried_then_told_to_the_destination(app, servers) -> None:
    send(servers, "order", "poison", "order")
    first = next_message(app, "Results")
    assert len(offsets(first)) == 3
    app.settle()
    # Another partition goes on, whatever becomes of this one.
    send(servers, "order", partition=1)
    app.advance(60)
    both = {}
    for _ in range(2):
        both |= {next(iter(event["records"])): event for event in [next_message(app, "Results")]}
    assert set(both) == {"orders-0", "orders-1"}
    again = both["orders-0"]
    assert offsets(again) == offsets(first)[1:]
    lost = next_message(app, "Lost")
    assert lost["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert lost["requestContext"]["approximateInvokeCount"] == 2
    info = lost["KafkaBatchInfo"]
    assert (info["batchSize"], info["bootstrapServers"]) == (2, servers)
    assert info["recordInfo"]["orders-0"]["firstRecordOffset"] == str(offsets(again)[0])


@pytest.fixture(scope="module")
def poison(servers: str) -> None:
    """One record that fails, in the topic `lost`. Each mapping of it is a group of its own, so
    all of them read it."""
    send(servers, "raises", topic="lost")


@pytest.mark.parametrize("target", ["sqs", "sns", "s3"])
def test_discarded_records_are_told_of(app, servers, poison, target) -> None:
    sqs, allowed = app.client("sqs"), {"Policy": letting("sns", "s3")}
    url = sqs.create_queue(QueueName=target, Attributes=allowed)["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:000000000000:{target}"
    destination = arn
    if target == "sns":
        destination = app.client("sns").create_topic(Name=target)["TopicArn"]
        app.client("sns").subscribe(TopicArn=destination, Protocol="sqs", Endpoint=arn)
    elif target == "s3":
        app.client("s3").create_bucket(Bucket="kafka-lost")
        destination = "arn:aws:s3:::kafka-lost"
        notify = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
        app.client("s3").put_bucket_notification_configuration(
            Bucket="kafka-lost", NotificationConfiguration=notify, SkipDestinationValidation=True
        )
        app.settle()
        sqs.purge_queue(QueueUrl=url)
    made = mapped(app, servers, "lost", destination)
    app.outputs["Told"] = url
    record = next_message(app, "Told")
    if target == "sns":
        record = json.loads(record["Message"])
    elif target == "s3":
        (found,) = app.client("s3").list_objects_v2(Bucket="kafka-lost")["Contents"]
        assert found["Key"].startswith(f"aws/lambda/{made}/lost-0/")
        body = app.client("s3").get_object(Bucket="kafka-lost", Key=found["Key"])["Body"].read()
        record = json.loads(body)
        assert offsets(json.loads(record.pop("payload"))) == [0]
    assert_shape(record, recorded("destination.kafka"))
    assert offsets(next_message(app, "Results")) == [0]
    app.client("lambda").delete_event_source_mapping(UUID=made)
    app.settle()


def received(servers: str, topic: str) -> Any:
    """The first record of a topic."""

    async def work() -> Any:
        options = WRITER | {"auto_offset_reset": "earliest"}
        async with AIOKafkaConsumer(topic, bootstrap_servers=servers, **options) as consumer:
            return await asyncio.wait_for(consumer.getone(), 20)

    return asyncio.run(work())


def test_discarded_records_go_to_a_topic_of_their_cluster(app, servers, poison) -> None:
    made = mapped(app, servers, "lost", "kafka://dead")
    dead = received(servers, "dead")
    assert dead.key == b"lost-0"
    record = json.loads(dead.value)
    assert offsets(json.loads(record.pop("payload"))) == [0]
    assert_shape(record, recorded("destination.kafka"))
    assert offsets(next_message(app, "Results")) == [0]
    app.client("lambda").delete_event_source_mapping(UUID=made)
    app.settle()


def test_a_topic_that_is_not_there_loses_the_record_and_a_metric_says_so(
    app, servers, poison
) -> None:
    made = mapped(app, servers, "lost", "kafka://nowhere")
    assert offsets(next_message(app, "Results")) == [0]
    while app.settle(60).later:
        app.advance(61)
    lost = total(app, "DestinationDeliveryFailures", FunctionName=app.outputs["Function"])
    assert lost == 1
    app.client("lambda").delete_event_source_mapping(UUID=made)
    app.settle()


def test_what_one_machine_cannot_offer_is_refused_by_name(app) -> None:
    client, function = app.client("lambda"), app.outputs["Function"]

    def refused(**request: Any) -> str:
        with pytest.raises(ClientError) as failed:
            client.create_event_source_mapping(FunctionName=function, **request)
        assert failed.value.response["Error"]["Code"] == "InvalidParameterValueException"
        return failed.value.response["Error"]["Message"]

    queue = "arn:aws:mq:us-east-1:000000000000:broker:b:b-1"
    assert "Amazon MQ" in refused(EventSourceArn=queue, Queues=["q"])
    documents = "arn:aws:rds:us-east-1:000000000000:cluster:documents"
    assert "DocumentDB" in refused(EventSourceArn=documents)
    kafka = {"EventSourceArn": CLUSTER, "Topics": ["t"], "StartingPosition": "LATEST"}
    assert "EVENTMILL_MSK_BOOTSTRAP_SERVERS" in refused(**kafka)
    assert "exactly one topic" in refused(EventSourceArn=CLUSTER, StartingPosition="LATEST")


def test_a_cluster_of_msk_is_the_broker_that_the_engine_is_told(
    app, servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVENTMILL_MSK_BOOTSTRAP_SERVERS", servers)
    client = app.client("lambda")
    made = client.create_event_source_mapping(
        FunctionName=app.outputs["Function"],
        EventSourceArn=CLUSTER,
        Topics=["orders"],
        StartingPosition="TRIM_HORIZON",
    )
    assert made["EventSourceArn"] == CLUSTER
    listed = client.list_event_source_mappings(EventSourceArn=CLUSTER)["EventSourceMappings"]
    assert [one["UUID"] for one in listed] == [made["UUID"]]
    # Without credentials the broker lets nobody in: the mapping says so and the engine lives on.
    assert_problem(app, made["UUID"])
    client.delete_event_source_mapping(UUID=made["UUID"])
    app.settle()


def test_a_cluster_of_a_stack_feeds_its_function(servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENTMILL_MSK_BOOTSTRAP_SERVERS", servers)
    send(servers, "order", topic="msk")
    with engine() as other:
        other.deploy(APP.parent / "msk")
        event = next_message(other, "Results")
        assert_shape(event, recorded("msk"))
        assert event["eventSourceArn"] == other.outputs["Cluster"]


@pytest.mark.parametrize("kind", ["scram", "tls"])
def test_credentials_come_from_secrets_and_reading_begins_at_a_time(app, running, kind) -> None:
    secrets, client = app.client("secretsmanager"), app.client("lambda")

    def secret(name: str, **held: str) -> str:
        return secrets.create_secret(Name=name, SecretString=json.dumps(held))["ARN"]

    if kind == "scram":
        uri = secret("scram", username="scrammer", password="scram-secret")
        access = [{"Type": "SASL_SCRAM_512_AUTH", "URI": uri}]
    else:
        root = secret("root", certificate=running.certificate)
        own = secret("own", certificate=running.certificate, privateKey=running.key)
        access = [
            {"Type": "SERVER_ROOT_CA_CERTIFICATE", "URI": root},
            {"Type": "CLIENT_CERTIFICATE_TLS_AUTH", "URI": own},
            {"Type": "VPC_SUBNET", "URI": "subnet:subnet-1"},
        ]
    now = int(time.time() * 1000)
    send(running.sasl, "order", topic=kind, at=now - 60_000)
    send(running.sasl, "order", topic=kind, at=now + 10)
    address = running.sasl if kind == "scram" else running.tls
    made = client.create_event_source_mapping(
        FunctionName=app.outputs["Function"],
        SelfManagedEventSource={"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": [address]}},
        Topics=[kind],
        StartingPosition="AT_TIMESTAMP",
        StartingPositionTimestamp=now / 1000,
        SourceAccessConfigurations=access,
    )
    event = next_message(app, "Results")
    assert offsets(event) == [1] and event["bootstrapServers"] == address
    client.delete_event_source_mapping(UUID=made["UUID"])
    app.settle()


def test_a_pipe_reads_a_topic(app, servers) -> None:
    sqs, pipes = app.client("sqs"), app.client("pipes")
    app.outputs["Piped"] = sqs.create_queue(QueueName="piped")["QueueUrl"]
    secrets = app.client("secretsmanager").list_secrets()["SecretList"]
    secret = next(secret for secret in secrets if "Credentials" in secret["Name"])
    pipes.create_pipe(
        Name="topic",
        RoleArn="arn:aws:iam::000000000000:role/pipe",
        Source=f"smk://{servers}",
        SourceParameters={
            "SelfManagedKafkaParameters": {
                "TopicName": "orders",
                "StartingPosition": "TRIM_HORIZON",
                "Credentials": {"BasicAuth": secret["ARN"]},
            },
            "FilterCriteria": {"Filters": [{"Pattern": '{"value": {"kind": ["piped"]}}'}]},
        },
        Target="arn:aws:sqs:us-east-1:000000000000:piped",
        TargetParameters={
            "InputTemplate": '{"kind": "<$.value.kind>", "key": "<$.key>", "from": "<$.topic>", '
            '"place": "<$.eventSourceKey>", "source": "<$.eventSource>"}'
        },
    )
    send(servers, "piped", partition=1)
    next_message(app, "Results")
    assert next_message(app, "Piped") == {
        "kind": "piped",
        "key": "k",
        "from": "orders",
        "place": "orders-1",
        "source": "SelfManagedKafka",
    }
    assert pipes.describe_pipe(Name="topic")["CurrentState"] == "RUNNING"
    pipes.delete_pipe(Name="topic")
    app.settle()


def test_no_record_is_lost_by_kill_9(servers: str, tmp_path: Path) -> None:
    """The engine dies in the midst; after its restart every record has reached the function."""
    parameters = {"Servers": servers, "Topic": "crash", "Group": "crash"}
    command = [sys.executable, "-m", "eventmill.cli", "up", str(APP), "--port", "0", "--json"]
    for name, value in parameters.items():
        command += ["--parameter", f"{name}={value}"]
    process = subprocess.Popen(
        [*command, "--data", str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["endpoint"]
        send(servers, *["order"] * 60, topic="crash")
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with engine(tmp_path) as again:
        again.deploy(APP, parameters)
        send(servers, *["order"] * 5, topic="crash")
        arrived: set[int] = set()
        while len(arrived) < 65:
            arrived |= set(offsets(next_message(again, "Results")))
        assert arrived == set(range(65))


def test_a_broker_that_goes_away_shows_in_the_mapping(app, running) -> None:
    """The last test of this file: it ends the broker."""
    running.process.kill()
    running.process.wait()
    assert_problem(app, mapping(app)["UUID"])
    assert app.client("sqs").get_queue_attributes(QueueUrl=app.outputs["Results"])
