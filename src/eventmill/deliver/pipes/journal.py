"""What a pipe's LogConfiguration asks to be told of each execution.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-logs.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-logs-schema.html
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import orjson

from eventmill.deliver import destinations, log_lines
from eventmill.deliver.destinations import Parcel
from eventmill.kernel.clock import Clock
from eventmill.services.pipes import Pipe
from eventmill.store.transaction import Transaction

_LEVELS = {"OFF": 0, "ERROR": 1, "INFO": 2, "TRACE": 3}


class Journal:
    """The records of one execution; those below the pipe's level are not kept."""

    def __init__(self, pipe: Pipe, execution: str, clock: Clock) -> None:
        config = pipe.definition.get("LogConfiguration") or {}
        self._config = config
        self._level = _LEVELS[config.get("Level") or "OFF"]
        self._full = "ALL" in (config.get("IncludeExecutionData") or ())
        self._pipe = pipe
        self._execution = execution
        self._clock = clock
        self._records: list[tuple[int, dict[str, Any]]] = []

    def note(self, step: str, level: str, *, error: str | None = None, **data: Any) -> None:
        """One step. `data` is what was worked on: payload, awsRequest, awsResponse."""
        if _LEVELS[level] > self._level:
            return
        now = self._clock.now_ms()
        record: dict[str, Any] = {
            "resourceArn": self._pipe.arn,
            "timestamp": now,
            "executionId": self._execution,
            "messageType": step,
            "logLevel": level,
        }
        if self._full:
            record |= {name: orjson.dumps(value).decode() for name, value in data.items()}
        if error is not None:
            record["error"] = {"message": error}
        self._records.append((now, record))

    @contextmanager
    def stage(self, name: str, request: Any) -> Iterator[None]:
        """Around the `Enrichment` or the `Target`; what is raised in it is its failure."""
        self.note(f"{name}StageEntered", "INFO")
        self.note(f"{name}InvocationStarted", "TRACE", awsRequest=request)
        try:
            yield
        except Exception as failed:
            self.note(f"{name}InvocationFailed", "ERROR", error=str(failed), awsRequest=request)
            self.note(f"{name}StageFailed", "ERROR", error=str(failed))
            raise
        self.note(f"{name}StageSucceeded", "INFO")

    def __bool__(self) -> bool:
        return bool(self._records)

    def write(self, tx: Transaction) -> None:
        """Put the records where the pipe wants them: a log group, a bucket, or both."""
        group = (self._config.get("CloudwatchLogsLogDestination") or {}).get("LogGroupArn")
        if group:
            lines = [(moment, orjson.dumps(record).decode()) for moment, record in self._records]
            log_lines.put(tx, group, self._pipe.name, lines)
        bucket = self._config.get("S3LogDestination") or {}
        if bucket.get("BucketName"):
            text = "\n".join(orjson.dumps(record).decode() for _, record in self._records)
            moment = datetime.fromtimestamp(tx.now, UTC)
            key = f"{self._pipe.name}/{moment:%Y/%m/%d/%H}/{self._execution}.json"
            prefix = (bucket.get("Prefix") or "").rstrip("/")
            parcel = Parcel(text, self._pipe.arn, key=f"{prefix}/{key}" if prefix else key)
            destinations.send(tx, f"arn:aws:s3:::{bucket['BucketName']}", parcel)
