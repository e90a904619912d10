"""Deliver's loops over a real store, with a function that is a Python callable."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import orjson

from eventmill.deliver.concurrency import Gate
from eventmill.deliver.delivery import Delivery
from eventmill.deliver.inflight import CountedInvoker, Flights
from eventmill.deliver.parts import Parts
from eventmill.deliver.schema import SCHEMA
from eventmill.kernel.clock import Clock
from eventmill.kernel.functions import Invocation, Outcome
from eventmill.kernel.ids import Ids
from eventmill.kernel.metrics import Dimensions
from eventmill.kernel.ports import Ports
from eventmill.services import lambda_, sqs
from eventmill.services.contract import Call, Known, Operation, Then
from eventmill.store import outbox
from eventmill.store.code import CodeStore
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction

T = TypeVar("T")
ACCOUNT = "111111111111"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
LOST = f"arn:aws:sqs:us-east-1:{ACCOUNT}:lost"
STREAM = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/t/stream/2024-06-10T19:26:16.525"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
Handler = Callable[[dict[str, Any]], Any]


class Fails(Exception):
    """The handler raises this for a function error."""


class PythonInvoker:
    """Calls a handler; remembers the events."""

    def __init__(self) -> None:
        self.handler: Handler = lambda event: None
        self.events: list[dict[str, Any]] = []
        self.refuse: list[Exception] = []
        self.blocked: asyncio.Event | None = None
        self.running = 0
        self.most = 0

    async def invoke(self, invocation: Invocation) -> Outcome:
        if self.refuse:
            raise self.refuse.pop(0)
        event = orjson.loads(invocation.payload)
        self.events.append(event)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            if self.blocked is not None:
                await self.blocked.wait()
            await asyncio.sleep(0)
            return Outcome(orjson.dumps(self.handler(event)), None, invocation.spec.version)
        except Fails as error:
            payload = {"errorMessage": str(error), "errorType": "Fails"}
            return Outcome(orjson.dumps(payload), "Unhandled", invocation.spec.version)
        finally:
            self.running -= 1

    def forget(self, function_arn: str) -> None:
        """Nothing is kept."""

    def records(self) -> list[list[dict[str, Any]]]:
        return [event["Records"] for event in self.events]


@dataclass(frozen=True)
class Record:
    sequence: str
    event: dict[str, Any]
    created: float
    partition_key: str


@dataclass(frozen=True)
class Shard:
    shard_id: str
    parents: tuple[str, ...] = ()
    closed: bool = False


class TableStream:
    """A stream source of one's own: shards in memory, records in a table."""

    SCHEMA = (
        "CREATE TABLE test_stream(shard TEXT, sequence INTEGER PRIMARY KEY, event TEXT,"
        " created REAL, key TEXT)",
    )

    def __init__(self) -> None:
        self.all: list[Shard] = [Shard("shard-1")]

    def shards(self, tx: Transaction, stream: str) -> Sequence[Shard]:
        return self.all

    def read(
        self, tx: Transaction, stream: str, shard: str, after: str | None, limit: int
    ) -> Sequence[Record]:
        rows = tx.all(
            "SELECT sequence, event, created, key FROM test_stream WHERE shard=? AND sequence>?"
            " ORDER BY sequence LIMIT ?",
            (shard, int(after or 0), limit),
        )
        return [Record(str(row[0]), orjson.loads(row[1]), row[2], row[3]) for row in rows]

    identity: str | None = None

    def closed(self, tx: Transaction, stream: str, shard: str) -> bool:
        return all(known.closed for known in self.all if known.shard_id == shard)

    def before(self, tx: Transaction, stream: str, shard: str, moment: float) -> str | None:
        return None

    def key(self, stream: str) -> str:
        return "test.stream"

    def shard_key(self, stream: str, shard: str) -> str:
        return "test.stream"


class Measured:
    """Remembers what was measured: the values by the metric's name."""

    def __init__(self) -> None:
        self.values: dict[str, list[float]] = {}

    def add(
        self, namespace: str, name: str, value: float, unit: str, dimensions: Dimensions
    ) -> None:
        self.values.setdefault(name, []).append(value)


class Bench:
    """One start of the engine's deliver part."""

    def __init__(self, folder: Path, clock: Clock, seed: int) -> None:
        self.clock = clock
        self.ids = Ids(seed)
        self.invoker = PythonInvoker()
        self.stream = TableStream()
        self.database = Database(
            folder / "db",
            clock,
            {
                "outbox": outbox.SCHEMA,
                "sqs": sqs.SERVICE.schema,
                "lambda": lambda_.SERVICE.schema,
                "deliver": SCHEMA,
                "test": TableStream.SCHEMA,
            },
            "process",
        )
        self.flights = Flights(self.database)
        self.gate = Gate(
            CountedInvoker(self.invoker, self.flights),
            lambda_.ACCOUNT_LIMIT,
            lambda: self.database.read(lambda_.reserved_total),
            lambda spec: None,
        )
        holder = f"start-{self.ids.hex(8)}"
        self.metrics = Measured()
        parts = Parts(
            self.database,
            clock,
            self.ids,
            self.gate,
            self.flights,
            self.metrics,
            cast(Any, None),
            holder,
        )
        self.delivery = Delivery(parts, {"dynamodb": self.stream})
        self.outbox = self.delivery.outbox
        self._code = CodeStore(folder / "functions")

    async def start(self) -> None:
        await self.delivery.start()

    async def stop(self, grace: float = 5.0) -> None:
        await self.delivery.stop(grace)
        await self.database.close()

    async def call(self, service: str, name: str, **request: Any) -> dict[str, Any]:
        operation = self._operation(service, name)

        def run(tx: Transaction) -> dict[str, Any]:
            call = self._call(tx)
            result = operation.function(call, request)
            if isinstance(result, Then):
                result = result.run(call)
            assert isinstance(result, dict)
            return result

        return await self.database.write(run)

    @staticmethod
    def _operation(service: str, name: str) -> Operation:
        return {"sqs": sqs.SERVICE, "lambda": lambda_.SERVICE}[service].operations[name]

    def _call(self, tx: Transaction) -> Call:
        nothing = cast(Any, None)
        return Call(
            tx=tx,
            ids=self.ids,
            ports=Ports(self.invoker, *(nothing,) * 7),
            blobs=nothing,
            code=self._code,
            account=ACCOUNT,
            region="us-east-1",
            endpoint="http://127.0.0.1:4566",
            directory=lambda tx, arn: Known(),
        )

    async def function(self, handler: Handler, **more: Any) -> None:
        self.invoker.handler = handler
        given = {
            "FunctionName": "f",
            "Runtime": "python3.13",
            "Handler": "a.b",
            "Role": "r",
            "Code": {"ZipFile": "x"},
        }
        await self.call("lambda", "CreateFunction", **given, **more)

    async def queue(self, name: str = "q", **attributes: str) -> None:
        await self.call("sqs", "CreateQueue", QueueName=name, Attributes=attributes)

    async def map(self, source: str, **settings: Any) -> str:
        given = {"FunctionName": "f", "EventSourceArn": source} | settings
        return str((await self.call("lambda", "CreateEventSourceMapping", **given))["UUID"])

    async def send(self, *bodies: str, queue: str = QUEUE, group: str | None = None) -> None:
        def run(tx: Transaction) -> None:
            for body in bodies:
                dedup = self.ids.uuid() if group else None
                sqs.enqueue(tx, self.ids, queue, body, group=group, dedup=dedup)

        await self.database.write(run)

    async def put(self, *records: tuple[str, str], shard: str = "shard-1") -> None:
        """(key, value) records of the stream."""

        def run(tx: Transaction) -> None:
            for key, value in records:
                self.put_in(tx, key, value, shard)

        await self.database.write(run)

    def put_in(self, tx: Transaction, key: str, value: str, shard: str) -> None:
        """One record of the stream."""
        cursor = tx.execute(
            "INSERT INTO test_stream(shard, event, created, key) VALUES(?,'',?,?)",
            (shard, tx.now, key),
        )
        event = {"key": key, "value": value, "seq": str(cursor.lastrowid)}
        tx.execute(
            "UPDATE test_stream SET event=? WHERE sequence=?",
            (orjson.dumps(event).decode(), cursor.lastrowid),
        )
        tx.announce("test.stream")

    def counts(self, queue: str = QUEUE) -> tuple[int, int, int]:
        return self.database.read(lambda tx: sqs.counts(tx, queue))

    async def bodies(self, queue: str) -> list[str]:
        taken = await self.database.write(
            lambda tx: sqs.take(tx, self.ids, queue, 100, self.ids.uuid())
        )
        return [message.body for message in taken]


@asynccontextmanager
async def bench(folder: Path, clock: Clock | None = None, seed: int = 1) -> AsyncIterator[Bench]:
    """A bench that runs."""
    made = Bench(folder, clock or Clock(), seed)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


def run(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """A test that is a coroutine, given the folder it may use."""

    def plain(tmp_path: Path) -> None:
        asyncio.run(asyncio.wait_for(cast(Any, test(tmp_path)), 20))

    plain.__name__ = test.__name__
    return plain
