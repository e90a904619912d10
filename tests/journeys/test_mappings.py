"""Event source mappings and asynchronous invocation: from the cause to the handler, and where
what fails is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eventmill.kernel import lineage
from eventmill.testing import engine
from tests.queues import taken
from tests.shape import assert_shape, recorded

APP = Path(__file__).parents[1] / "apps" / "mappings"


@pytest.fixture(scope="module")
def app():
    with engine() as running:
        running.deploy(APP)
        yield running


def received(app: Any, output: str = "Results") -> list[dict[str, Any]]:
    """The messages that a queue holds once nothing moves; taken out of it."""
    app.settle()
    return taken(app, app.outputs[output])


def told(app: Any) -> list[Any]:
    return [json.loads(message["Body"]) for message in received(app)]


def kept(app: Any, prefix: str) -> list[tuple[str, Any]]:
    """(key, content) of the failures kept in the bucket; taken out of it."""
    app.settle()
    s3, bucket, found = app.client("s3"), app.outputs["Lost"], []
    for entry in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []):
        body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
        found.append((entry["Key"], json.loads(body)))
        s3.delete_object(Bucket=bucket, Key=entry["Key"])
    return found


def send(app: Any, output: str, *bodies: Any, **more: Any) -> None:
    for body in bodies:
        app.client("sqs").send_message(
            QueueUrl=app.outputs[output], MessageBody=json.dumps(body), **more
        )


def test_a_queues_messages_arrive_filtered_and_windowed_and_the_bad_end_as_dead_letters(
    app,
) -> None:
    attributes = {
        "who": {"DataType": "String", "StringValue": "me"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    send(app, "Orders", {"total": 12}, MessageAttributes=attributes)
    send(app, "Orders", {"total": 5}, "text")
    assert told(app) == [], "the window is open"
    app.advance(21)
    (event,) = told(app)
    assert_shape(event, recorded("sqs"))
    send(app, "Orders", {"total": 11, "bad": 1}, {"total": 13})
    for seconds in (21, 61, 21, 61):
        app.settle()
        app.advance(seconds)
    batches = [[json.loads(r["body"])["total"] for r in event["Records"]] for event in told(app)]
    assert batches == [[11, 13], [11]]
    (dead,) = received(app, "Dead")
    assert json.loads(dead["Body"]) == {"total": 11, "bad": 1}


def test_a_fifo_queue_repeats_what_failed_in_order(app) -> None:
    send(app, "Steps", "first", MessageGroupId="g")
    (event,) = told(app)
    assert_shape(event, recorded("sqs.fifo"))
    send(app, "Steps", "bad", "after", MessageGroupId="g")
    send(app, "Steps", "other", MessageGroupId="h")
    for _ in range(3):
        app.settle()
        app.advance(31)
    seen = [json.loads(r["body"]) for event in told(app) for r in event["Records"]]
    assert seen.count("bad") == 2 and "other" in seen
    assert "after" in seen[seen.index("bad") :]
    assert [message["Body"] for message in received(app, "DeadSteps")] == ['"bad"']


def put(app: Any, name: str, **more: Any) -> None:
    app.client("dynamodb").put_item(
        TableName=app.outputs["Items"], Item={"id": {"S": name}, **more}
    )


def test_a_tables_changes_arrive_and_poison_is_kept_with_its_payload(app) -> None:
    put(app, "a", n={"N": "1"}, b={"B": b"foo"}, t={"SS": ["x", "y"]})
    app.settle()
    put(app, "a", n={"N": "2"})
    app.settle()
    app.client("dynamodb").delete_item(TableName=app.outputs["Items"], Key={"id": {"S": "a"}})
    events = told(app)
    assert_shape(
        {"Records": [r for event in events for r in event["Records"]]}, recorded("dynamodb")
    )
    put(app, "good")
    put(app, "poison")
    for _ in range(3):
        app.settle()
        app.advance(61)
    names = [r["dynamodb"]["Keys"]["id"]["S"] for e in told(app) for r in e["Records"]]
    assert names == ["good"]
    mappings = app.client("lambda").list_event_source_mappings(
        FunctionName=app.outputs["ItemsFunction"]
    )["EventSourceMappings"]
    uuid = mappings[0]["UUID"]
    ((key, record),) = kept(app, f"aws/lambda/{uuid}/shardId-")
    assert key.split("/")[4:7] == record["timestamp"][:10].split("-")
    assert_shape(record, recorded("destination.stream"))
    payload = json.loads(record["payload"])
    assert payload["Records"][0]["dynamodb"]["Keys"] == {"id": {"S": "poison"}}


def test_a_deletion_by_time_to_live_says_so(app) -> None:
    now = int(app.inner.clock.now())
    put(app, "brief", gone={"N": str(now + 30)})
    told(app)
    app.advance(3_700)
    app.settle()
    (event,) = told(app)
    (record,) = event["Records"]
    assert record["eventName"] == "REMOVE"
    assert record["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def test_a_mapping_follows_a_stream_from_shard_to_shard(app) -> None:
    told(app)
    for name in ("one", "two", "three"):
        put(app, name)
        app.settle()
        app.advance(5 * 3_600)
    names = [r["dynamodb"]["Keys"]["id"]["S"] for e in told(app) for r in e["Records"]]
    assert names == ["one", "two", "three"]


def invoke(app: Any, output: str, event: Any) -> None:
    app.client("lambda").invoke(
        FunctionName=app.outputs[output], InvocationType="Event", Payload=json.dumps(event)
    )


def test_an_asynchronous_failure_reaches_bucket_and_dead_letter_queue(app) -> None:
    invoke(app, "Work", {"fail": True})
    app.settle()
    assert kept(app, "aws/lambda/async/") == [], "one repetition is due in a minute"
    app.advance(61)
    ((key, record),) = kept(app, f"aws/lambda/async/{app.outputs['Work']}/")
    assert_shape(record, recorded("destination.failure"))
    assert key.split("/")[4:7] == record["timestamp"][:10].split("-")
    (dead,) = received(app, "Dead")
    assert json.loads(dead["Body"]) == {"fail": True}
    attributes = dead["MessageAttributes"]
    assert attributes["ErrorCode"] == {"DataType": "Number", "StringValue": "200"}
    assert attributes["ErrorMessage"]["StringValue"] == "told to"
    assert attributes["RequestID"]["StringValue"] == record["requestContext"]["requestId"]


def test_an_asynchronous_success_reaches_a_function_and_a_bus(app) -> None:
    invoke(app, "Work", {"n": 1})
    (record,) = told(app)
    assert_shape(record, recorded("destination.success"))
    invoke(app, "Announced", {"n": 1})
    (event,) = told(app)
    assert_shape(event, recorded("destination.bus"))


def test_a_record_too_large_for_its_topic_comes_without_payloads(app) -> None:
    invoke(app, "Announced", {"fail": True, "blob": "x" * 300_000})
    (envelope,) = told(app)
    record = json.loads(envelope["Message"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["functionArn"].endswith(":live")
    assert "requestPayload" not in record and "responsePayload" not in record
    assert record["responseContext"]["functionError"] == "Unhandled"


def turns(app: Any) -> list[int]:
    return sorted(turn["number"] for turn in told(app))


def test_a_function_that_feeds_its_own_queue_is_stopped(app) -> None:
    send(app, "Turns", {"number": 1, "last": 40})
    assert turns(app) == list(range(1, 17))
    app.advance(31)
    (dead,) = received(app, "Dead")
    assert json.loads(dead["Body"])["number"] == 17


def test_a_function_that_invokes_itself_is_stopped_unless_it_may(app) -> None:
    functions = app.client("lambda")
    invoke(app, "Again", {"number": 1, "last": 40})
    assert turns(app) == list(range(1, 17))
    (dead,) = received(app, "Dead")
    assert json.loads(dead["Body"])["number"] == 17
    name = app.outputs["Again"]
    assert functions.get_function_recursion_config(FunctionName=name)["RecursiveLoop"] == (
        "Terminate"
    )
    functions.put_function_recursion_config(FunctionName=name, RecursiveLoop="Allow")
    invoke(app, "Again", {"number": 1, "last": 20})
    assert turns(app) == list(range(1, 21))
    functions.put_function_recursion_config(FunctionName=name, RecursiveLoop="Terminate")


def test_a_caller_in_a_loop_is_told_so(app) -> None:
    name = app.outputs["Work"]
    arn = app.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    functions = app.client("lambda")
    trace = lineage.entered("Root=1-5759e988-bd862e3fe1be46a994272793", arn)
    for _ in range(15):
        trace = lineage.entered(trace, arn)

    def bring(request: Any, **rest: Any) -> None:
        request.headers["X-Amzn-Trace-Id"] = trace

    functions.meta.events.register("before-sign.lambda.Invoke", bring)
    with pytest.raises(ClientError) as stopped:
        functions.invoke(FunctionName=name, Payload="{}")
    assert stopped.value.response["Error"]["Code"] == "RecursiveInvocationException"


def test_provisioned_environments_are_ready_before_the_first_call(app) -> None:
    app.settle()
    functions, alias = app.client("lambda"), app.outputs["Ready"]
    where = {"FunctionName": alias.rpartition(":")[0], "Qualifier": "live"}
    config = functions.get_provisioned_concurrency_config(**where)
    assert (config["Status"], config["AllocatedProvisionedConcurrentExecutions"]) == ("READY", 2)
    answer = functions.invoke(FunctionName=alias)
    assert json.loads(answer["Payload"].read()) == "provisioned-concurrency"
    with pytest.raises(ClientError) as refused:
        functions.put_provisioned_concurrency_config(
            FunctionName=where["FunctionName"],
            Qualifier="$LATEST",
            ProvisionedConcurrentExecutions=1,
        )
    assert "cannot be applied to unpublished function versions" in str(refused.value)
    functions.put_function_concurrency(
        FunctionName=where["FunctionName"], ReservedConcurrentExecutions=2
    )
    with pytest.raises(ClientError) as refused:
        functions.put_provisioned_concurrency_config(**where, ProvisionedConcurrentExecutions=3)
    assert "should not be greater than the reserved" in str(refused.value)
    with pytest.raises(ClientError) as refused:
        functions.put_function_concurrency(
            FunctionName=where["FunctionName"], ReservedConcurrentExecutions=1
        )
    assert "total provisioned concurrency [2]" in str(refused.value)
    functions.delete_provisioned_concurrency_config(**where)
    with pytest.raises(functions.exceptions.ProvisionedConcurrencyConfigNotFoundException):
        functions.get_provisioned_concurrency_config(**where)


def test_a_stopped_function_refuses_calls_and_ends_events_at_once(app) -> None:
    functions, name = app.client("lambda"), app.outputs["Work"]
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError) as refused:
        functions.invoke(FunctionName=name)
    assert refused.value.response["Error"]["Code"] == "TooManyRequestsException"
    assert refused.value.response["Reason"] == ("ReservedFunctionConcurrentInvocationLimitExceeded")
    invoke(app, "Work", {"n": 1})
    ((_, record),) = kept(app, "aws/lambda/async/")
    assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert "responseContext" not in record and record["requestPayload"] == {"n": 1}
    received(app, "Dead")
    functions.delete_function_concurrency(FunctionName=name)
