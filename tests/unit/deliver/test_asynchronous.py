from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from eventmill.kernel.clock import Clock
from eventmill.kernel.functions import ConcurrencyExceeded
from eventmill.services import lambda_, sqs

from .bench import ACCOUNT, FUNCTION, LOST, Bench, Fails, bench, run

DONE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:done"


async def enqueue(b: Bench, payload: bytes = b'{"a":1}', function: str = FUNCTION) -> str:
    return await b.database.write(
        lambda tx: lambda_.enqueue_event(tx, b.ids, function, payload, trace="t", source="s")
    )


async def record(b: Bench, queue: str) -> dict[str, Any]:
    (body,) = await b.bodies(queue)
    loaded: dict[str, Any] = json.loads(body)
    return loaded


@run
async def test_success_reaches_its_destination(folder: Path) -> None:
    async with bench(folder) as b:
        await b.queue("done")
        await b.function(lambda event: {"ok": event["a"]})
        destinations = {"OnSuccess": {"Destination": DONE}}
        await b.call(
            "lambda",
            "PutFunctionEventInvokeConfig",
            FunctionName="f",
            DestinationConfig=destinations,
        )
        request_id = await enqueue(b)
        await b.flights.settled(5)
        told = await record(b, DONE)
        assert told["version"] == "1.0"
        assert told["requestContext"] == {
            "requestId": request_id,
            "functionArn": f"{FUNCTION}:$LATEST",
            "condition": "Success",
            "approximateInvokeCount": 1,
        }
        assert told["requestPayload"] == {"a": 1}
        assert told["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
        assert told["responsePayload"] == {"ok": 1}


@run
async def test_a_record_longer_than_its_queue_takes_comes_without_payloads(folder: Path) -> None:
    async with bench(folder) as b:
        await b.queue("done", MaximumMessageSize="1024")
        await b.function(lambda event: "x" * 2_000)
        await b.call(
            "lambda",
            "PutFunctionEventInvokeConfig",
            FunctionName="f",
            DestinationConfig={"OnSuccess": {"Destination": DONE}},
        )
        await enqueue(b)
        await b.flights.settled(5)
        told = await record(b, DONE)
        assert told["requestContext"]["condition"] == "Success"
        assert "requestPayload" not in told and "responsePayload" not in told


@run
async def test_two_repetitions_then_dead_letter_and_destination(folder: Path) -> None:
    async with bench(folder) as b:
        await b.queue("lost")
        await b.queue("done")

        def handler(event: dict[str, Any]) -> None:
            raise Fails("broken")

        await b.function(handler, DeadLetterConfig={"TargetArn": LOST})
        await b.call(
            "lambda",
            "PutFunctionEventInvokeConfig",
            FunctionName="f",
            DestinationConfig={"OnFailure": {"Destination": DONE}},
        )
        request_id = await enqueue(b)
        for seconds, tries in ((59, 1), (2, 1), (118, 2), (3, 2), (0, 3)):
            await b.flights.settled(5)
            assert len(b.invoker.events) == tries
            b.clock.advance(seconds)
        await b.flights.settled(5)
        told = await record(b, DONE)
        assert told["requestContext"]["condition"] == "RetriesExhausted"
        assert told["requestContext"]["approximateInvokeCount"] == 3
        assert told["responseContext"]["functionError"] == "Unhandled"
        (letter,) = await b.database.write(lambda tx: sqs.take(tx, b.ids, LOST, 10, "test"))
        assert letter.body == '{"a":1}'
        assert letter.message_attributes == {
            "RequestID": {"DataType": "String", "StringValue": request_id},
            "ErrorCode": {"DataType": "Number", "StringValue": "200"},
            "ErrorMessage": {"DataType": "String", "StringValue": "broken"},
        }


@run
async def test_throttled_events_wait_longer_each_time_until_their_age(folder: Path) -> None:
    async with bench(folder) as b:
        await b.queue("done")
        await b.function(lambda event: None)
        b.invoker.refuse = [ConcurrencyExceeded("full")] * 100
        await b.call(
            "lambda",
            "PutFunctionEventInvokeConfig",
            FunctionName="f",
            MaximumEventAgeInSeconds=60,
            DestinationConfig={"OnFailure": {"Destination": DONE}},
        )
        await enqueue(b)
        for _ in range(12):
            await b.flights.settled(5)
            b.clock.advance(10)
        await b.flights.settled(5)
        told = await record(b, DONE)
        assert told["requestContext"]["condition"] == "EventAgeExceeded"
        assert told["requestContext"]["approximateInvokeCount"] == 0
        assert "responseContext" not in told and "responsePayload" not in told


@run
async def test_a_stopped_function_fails_events_at_once(folder: Path) -> None:
    async with bench(folder) as b:
        await b.queue("done")
        await b.function(lambda event: None)
        await b.call(
            "lambda", "PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=0
        )
        await b.call(
            "lambda",
            "PutFunctionEventInvokeConfig",
            FunctionName="f",
            DestinationConfig={"OnFailure": {"Destination": DONE}},
        )
        await enqueue(b)
        await b.flights.settled(5)
        told = await record(b, DONE)
        assert told["requestContext"]["condition"] == "ZeroReservedConcurrency"
        assert b.invoker.events == []


@run
async def test_one_functions_many_events_do_not_hold_up_anothers(folder: Path) -> None:
    async with bench(folder) as b:
        b.invoker.blocked = asyncio.Event()
        await b.function(lambda event: None)
        await b.call(
            "lambda", "PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=1
        )
        for _ in range(200):
            await enqueue(b)
        while not b.invoker.running:
            await asyncio.sleep(0)
        other = {"FunctionName": "g", "Runtime": "python3.13", "Handler": "a.b", "Role": "r"}
        await b.call("lambda", "CreateFunction", **other, Code={"ZipFile": "y"})
        await enqueue(b, b'{"g":1}', f"{FUNCTION[:-1]}g")
        while b.invoker.running < 2:
            await asyncio.sleep(0)
        assert b.invoker.events[-1] == {"g": 1}
        b.invoker.blocked.set()
        await b.flights.settled(10)
        assert len(b.invoker.events) == 201


@run
async def test_a_record_is_kept_for_a_target_that_is_missing_only_for_a_while(
    folder: Path,
) -> None:
    async with bench(folder) as b:
        await b.function(lambda event: None)
        config = {"OnSuccess": {"Destination": DONE}}
        await b.call(
            "lambda", "PutFunctionEventInvokeConfig", FunctionName="f", DestinationConfig=config
        )
        await enqueue(b)
        report = await b.flights.settled(5)
        assert [motion.name for motion in report.later] == ["outbox lambda.destination"]
        await b.queue("done")
        b.clock.advance(2)
        await b.flights.settled(5)
        assert (await record(b, DONE))["requestContext"]["condition"] == "Success"


@run
async def test_events_survive_the_engines_death(folder: Path) -> None:
    clock = Clock()
    dead = Bench(folder, clock, seed=2)
    await dead.function(lambda event: None)
    await enqueue(dead)
    await dead.database.close()
    async with bench(folder, clock) as b:
        await b.flights.settled(5)
        assert b.invoker.events == [{"a": 1}]


@run
async def test_an_event_of_a_deleted_function_is_dropped(folder: Path) -> None:
    async with bench(folder) as b:
        await enqueue(b)
        report = await b.flights.settled(5)
        assert report.later == []
        assert b.invoker.events == []
