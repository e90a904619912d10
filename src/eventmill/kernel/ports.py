"""Where a lower part reaches a higher one: assembly hands in the implementations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from eventmill.kernel.functions import Invocation, Outcome
from eventmill.kernel.http import HttpAnswer, HttpCall
from eventmill.kernel.metrics import Count, Dimensions


class Invoker(Protocol):
    """Runs functions."""

    async def invoke(self, invocation: Invocation) -> Outcome:
        """Run it once. Raises ConcurrencyExceeded when no environment may serve it,
        RecursionDetected when it must not."""

    def forget(self, function_arn: str) -> None:
        """Let go of the environments of a function that was changed or deleted."""


class ListenerPorts(Protocol):
    """The sockets of load balancers' listeners."""

    def reserve(self, port: int, taken: Collection[int]) -> int:
        """The port that a listener gets: its own, or another when that cannot be had.

        `taken` are those of all other listeners. May be called from any thread. Raises OSError.
        """


class LogSink(Protocol):
    """Takes log lines of functions and of the engine's own services."""

    def put(self, group: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        """Append (epoch milliseconds, text) lines; returns at once, the write is grouped."""


class MetricSink(Protocol):
    """Takes values of the engine's own metrics."""

    def add(
        self, namespace: str, name: str, value: float, unit: str, dimensions: Dimensions
    ) -> None:
        """Note a value of now; returns at once, the write is grouped."""


class CountSink(Protocol):
    """Takes what happened now, to be told as metrics once a minute. Use it on the event loop."""

    def add(self, count: Count) -> None:
        """Count one thing."""

    def merge(self, counts: Sequence[Count]) -> None:
        """Count several."""


class ApiCaller(Protocol):
    """Calls any AWS operation by name, as a client would."""

    async def call(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Members by botocore's names. Raises Fault."""

    async def call_json(self, service: str, operation: str, document: str) -> dict[str, Any]:
        """The same with a JSON object, whose members may begin with a capital. Raises Fault."""

    def offers(self, service: str, operation: str) -> bool:
        """Whether there is such an operation to call."""


class MethodTester(Protocol):
    """Tries methods of REST APIs as they are now, deployed or not."""

    async def test(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """TestInvokeMethod's request and result, by botocore's names. Raises Fault."""


class HttpSender(Protocol):
    """Calls HTTP servers outside the engine."""

    async def send(self, call: HttpCall) -> HttpAnswer:
        """The answer, whatever its status. Raises HttpFailed when none came."""


class Runtimes(Protocol):
    """What this machine has to run functions with."""

    def refusal(self, runtime: str) -> str | None:
        """Why functions of a runtime cannot run on this machine; None when they can."""

    def stand_in(self, runtime: str) -> str | None:
        """What is to be said where another version runs them; None when their own does."""


class Builder(Runtimes, Protocol):
    """Turns a source folder into what a function or layer needs at run time."""

    async def inline(self, text: str, handler: str, runtime: str, logical_id: str) -> Path | None:
        """The folder of code written in a template with the packages that it needs beside it;
        None when it needs none."""

    async def packages(self, wanted: Sequence[str], runtime: str, logical_id: str) -> Path:
        """A layer's folder with these packages of Python, cached. Raises UsageError."""

    async def modules(self, wanted: Sequence[str], logical_id: str) -> Path | None:
        """A layer's folder with these packages of Node.js, cached; None when they cannot be had."""

    async def web_adapter(self, logical_id: str) -> Path:
        """The folder of a layer that runs web applications, as the Lambda Web Adapter's does."""

    async def build(
        self,
        source: Path,
        runtime: str,
        *,
        layer: bool,
        logical_id: str,
        method: str | None,
        options: Mapping[str, Any],
    ) -> Path:
        """The folder with code as it is now and installed dependencies, cached by content.

        `method` is the resource's Metadata.BuildMethod, `options` its BuildProperties. Raises
        UsageError with the tool's words.
        """


DeleteStack = Callable[[str, Sequence[str]], Awaitable[None]]
"""Deletes the stack of a name with all that it holds, but for resources of these logical ids.
Raises UsageError naming what could not be deleted."""


async def _no_stacks(stack: str, retained: Sequence[str]) -> None:
    """The stacks of an engine without deployments."""


@dataclass(slots=True)
class Ports:
    """The implementations, set once by assembly before the engine serves."""

    invoker: Invoker
    logs: LogSink
    counts: CountSink
    api: ApiCaller
    http: HttpSender
    methods: MethodTester
    builder: Builder
    listeners: ListenerPorts
    delete_stack: DeleteStack = _no_stacks
    warn: Callable[[str, str], None] = lambda place, reason: None
    """Tells whoever runs the engine why something failed at a place, once for each cause."""
    real_now: Callable[[], float] = lambda: 0.0
    """The time that other processes see, for what is dated for them (see kernel/clock.py)."""
