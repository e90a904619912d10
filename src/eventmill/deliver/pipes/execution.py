"""One batch's way through a pipe: enrichment, templates, target."""

from __future__ import annotations

from typing import Any

import orjson

from eventmill.deliver.authorization import Reach
from eventmill.deliver.consumer import Work
from eventmill.deliver.parts import Parts
from eventmill.deliver.pipes import steps
from eventmill.deliver.pipes.events import Item, event_of, events_of, shaped
from eventmill.deliver.pipes.journal import Journal
from eventmill.deliver.pipes.steps import StepFailed
from eventmill.deliver.retry_policy import Unreached
from eventmill.deliver.settle import parsed
from eventmill.kernel.clock import iso_millis
from eventmill.kernel.errors import Fault
from eventmill.kernel.functions import Outcome, RecursionDetected
from eventmill.kernel.http import HttpAnswer
from eventmill.patterns.templates import NotShapable
from eventmill.services.pipes import Pipe, kind_of

_DONE = Outcome(b"", None, "")
_NOTHING: tuple[Any, ...] = (None, "", {}, [])
"""Answers of an enrichment that leave nothing for the target."""


class Execution:
    """See the module."""

    def __init__(self, pipe: Pipe, parts: Parts, reach: Reach, work: Work) -> None:
        self.journal = Journal(pipe, work.request_id, parts.clock)
        self._pipe = pipe
        self._parts = parts
        self._reach = reach
        self._work = work

    async def run(self) -> Outcome:
        """The outcome, whose payload may name records that failed. Raises ConcurrencyExceeded."""
        events: list[Any] = self._events()
        self.journal.note("ExecutionStarted", "INFO", payload=events)
        try:
            answer = await self._through(events)
        except (StepFailed, Fault, NotShapable, Unreached, RecursionDetected) as failed:
            self.journal.note("ExecutionFailed", "ERROR", error=str(failed))
            error = {"errorType": type(failed).__name__, "errorMessage": str(failed)}
            return Outcome(orjson.dumps(error), "Unhandled", "")
        if answer is not None:
            self.journal.note("ExecutionPartiallyFailed", "ERROR", awsResponse=answer)
            return Outcome(orjson.dumps(answer), None, "")
        self.journal.note("ExecutionSucceeded", "INFO")
        return _DONE

    def _events(self) -> list[dict[str, Any]]:
        if self._work.payload:
            return events_of(orjson.loads(self._work.payload))
        return [event_of(orjson.loads(record)) for record in self._work.records]

    async def _through(self, events: list[Any]) -> Any:
        """An answer that reports records as failed, or None."""
        if self._pipe.enrichment:
            answer = await self._enriched(events)
            if _failures(answer):
                return answer
            if answer in _NOTHING:
                return None
            events = answer if isinstance(answer, list) else [answer]
        items = self._items("Target", events)
        with self.journal.stage("Target", [item.shaped for item in items]):
            answer = await self._deliver(items)
            self.journal.note("TargetInvocationSucceeded", "TRACE", awsResponse=answer)
        return answer if _failures(answer) else None

    def _items(self, part: str, events: list[Any]) -> list[Item]:
        """The events as the template of the `Enrichment` or the `Target` shapes them."""
        template = self._pipe.parameters(part).get("InputTemplate") or ""
        now = iso_millis(self._parts.clock.now())
        items = [Item(event) for event in events]
        for item in items:
            item.shaped = shaped(self._pipe, template, item, now)
        return items

    async def _enriched(self, events: list[Any]) -> Any:
        items = self._items("Enrichment", events)
        with self.journal.stage("Enrichment", [item.shaped for item in items]):
            answer = await self._enrich(items)
            self.journal.note("EnrichmentInvocationSucceeded", "TRACE", awsResponse=answer)
        return answer

    async def _enrich(self, items: list[Item]) -> Any:
        """What the enrichment makes of all events at once, or of each."""
        if kind_of(self._pipe.enrichment) == "lambda":
            return await self._invoke(self._pipe.enrichment, [item.shaped for item in items])
        answers = []
        for item in items:
            answer = await self._call(self._pipe.enrichment, "Enrichment", item)
            answers.append(parsed(answer.body))
        return [answer for answer in answers if answer not in _NOTHING]

    async def _deliver(self, items: list[Item]) -> Any:
        """What the target answered, where it is asked."""
        pipe, kind = self._pipe, kind_of(self._pipe.target)
        waits = pipe.target_settings.get("InvocationType", "REQUEST_RESPONSE") == "REQUEST_RESPONSE"
        if kind == "lambda" and waits:
            return await self._invoke(pipe.target, [item.shaped for item in items])
        if kind in ("api-destination", "execute-api"):
            for item in items:
                await self._call(pipe.target, "Target", item)
            return None
        put, trace = steps.PUTS[kind], self._work.trace
        await self._parts.database.write(lambda tx: put(tx, self._parts, pipe, items, trace))
        return None

    async def _invoke(self, function: str, events: list[Any]) -> Any:
        payload, trace = orjson.dumps(events), self._work.trace
        outcome = await steps.invoke(self._parts, self._pipe, function, payload, trace)
        return parsed(outcome.payload)

    async def _call(self, arn: str, part: str, item: Item) -> HttpAnswer:
        wanted = self._pipe.parameters(part).get("HttpParameters") or {}
        return await steps.call(self._parts, self._reach, arn, wanted, item)


def _failures(answer: Any) -> bool:
    """Whether an answer reports records that failed."""
    return isinstance(answer, dict) and bool(answer.get("batchItemFailures"))
