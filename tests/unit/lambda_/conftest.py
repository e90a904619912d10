"""Lambda's operations over a real store in a temporary folder."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from eventmill.kernel.clock import Clock
from eventmill.kernel.functions import Invocation, Outcome
from eventmill.kernel.ids import Ids
from eventmill.kernel.ports import Ports
from eventmill.services.contract import Call, Known, Later, Resource, Then
from eventmill.services.lambda_ import SERVICE
from eventmill.store.code import CodeStore
from eventmill.store.connection import connect
from eventmill.store.migrations import migrate
from eventmill.store.transaction import Transaction

QUEUE = "arn:aws:sqs:us-east-1:111111111111:q"
STREAM = "arn:aws:dynamodb:us-east-1:111111111111:table/t/stream/2024-06-10T19:26:16.525"
FUNCTION = "arn:aws:lambda:us-east-1:111111111111:function:f"


class Echo:
    """Answers every invocation with its own payload."""

    def __init__(self) -> None:
        self.seen: list[Invocation] = []

    async def invoke(self, invocation: Invocation) -> Outcome:
        self.seen.append(invocation)
        return Outcome(invocation.payload, None, invocation.spec.version, b"x" * 5_000)

    def forget(self, function_arn: str) -> None:
        """Nothing is kept."""


class Service:
    """Calls operations by name, as edge does."""

    def __init__(self, folder: Path) -> None:
        connection = connect(folder / "db", "process")
        migrate(connection, {"lambda": SERVICE.schema})
        self.invoker = Echo()
        self.known: dict[str, Known] = {
            QUEUE: Known(facts={"VisibilityTimeout": "30"}),
            f"{QUEUE}.fifo": Known(),
            STREAM: Known(),
        }
        self.clock = Clock()
        self.tx = Transaction(connection, self.clock.now())
        self.context = Call(
            tx=self.tx,
            ids=Ids(1),
            ports=Ports(
                self.invoker,
                logs=cast(Any, None),
                counts=cast(Any, None),
                api=cast(Any, None),
                http=cast(Any, None),
                methods=cast(Any, None),
                builder=cast(Any, None),
                listeners=cast(Any, None),
            ),
            blobs=cast(Any, None),
            code=CodeStore(folder / "functions"),
            account="111111111111",
            region="us-east-1",
            endpoint="http://127.0.0.1:4566",
            request_id="request-1",
            directory=lambda tx, arn: self.known.get(arn),
        )

    def __call__(self, operation: str, **request: Any) -> dict[str, Any]:
        result = SERVICE.operations[operation].function(self.context, request)
        if isinstance(result, Then):
            result = result.run(self.context)
        if isinstance(result, Later):

            async def run(later: Later = result) -> dict[str, Any]:
                return await later.run()

            result = asyncio.run(run())
        assert isinstance(result, dict)
        return result

    def function(self, name: str = "f", **more: Any) -> dict[str, Any]:
        """A function that exists."""
        given = {
            "FunctionName": name,
            "Runtime": "python3.13",
            "Handler": "app.handler",
            "Role": "arn:aws:iam::111111111111:role/r",
            "Code": {"ZipFile": archive({"app.py": "def handler(event, context): ..."})},
        }
        return self("CreateFunction", **{**given, **more})


def archive(files: dict[str, str]) -> bytes:
    """A zip of `files`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        for name, text in files.items():
            out.writestr(name, text)
    return buffer.getvalue()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    yield Service(tmp_path)


@pytest.fixture
def resource() -> Callable[..., Resource]:
    def make(logical_id: str = "Thing", **properties: Any) -> Resource:
        return Resource("stack", "id", logical_id, properties)

    return make
