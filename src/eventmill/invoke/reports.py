"""The lines that Lambda itself writes to a function's log.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import orjson

from eventmill.kernel.clock import iso_millis
from eventmill.kernel.functions import FunctionSpec


@dataclass(frozen=True, slots=True)
class Measured:
    """What one invocation used; times in milliseconds."""

    duration: float
    memory_mb: int
    init: float | None
    status: str
    error_type: str | None = None


def start(spec: FunctionSpec, request_id: str, now: float) -> str:
    """The line before a function's own."""
    if spec.log_format != "JSON":
        return f"START RequestId: {request_id} Version: {spec.version}"
    record: dict[str, object] = {"requestId": request_id, "version": spec.version}
    return _json("platform.start", now, record)


def end(spec: FunctionSpec, request_id: str, measured: Measured, now: float) -> list[str]:
    """The lines after a function's own."""
    if spec.log_format == "JSON":
        return [_json("platform.report", now, _record(spec, request_id, measured))]
    report = (
        f"REPORT RequestId: {request_id}\tDuration: {measured.duration:.2f} ms\t"
        f"Billed Duration: {math.ceil(measured.duration)} ms\tMemory Size: {spec.memory_mb} MB\t"
        f"Max Memory Used: {measured.memory_mb} MB\t"
    )
    if measured.init is not None:
        report += f"Init Duration: {measured.init:.2f} ms\t"
    if measured.status != "success":
        report += f"Status: {measured.status}\t"
    if measured.error_type:
        report += f"Error Type: {measured.error_type}\t"
    return [f"END RequestId: {request_id}", report]


def _record(spec: FunctionSpec, request_id: str, measured: Measured) -> dict[str, object]:
    metrics: dict[str, object] = {
        "durationMs": round(measured.duration, 3),
        "billedDurationMs": math.ceil(measured.duration),
        "memorySizeMB": spec.memory_mb,
        "maxMemoryUsedMB": measured.memory_mb,
    }
    if measured.init is not None:
        metrics["initDurationMs"] = round(measured.init, 3)
    record: dict[str, object] = {
        "requestId": request_id,
        "metrics": metrics,
        "status": measured.status,
    }
    if measured.error_type:
        record["errorType"] = measured.error_type
    return record


def _json(kind: str, now: float, record: dict[str, object]) -> str:
    return orjson.dumps({"time": iso_millis(now), "type": kind, "record": record}).decode()


def timed_out(request_id: str, seconds: float) -> bytes:
    """The payload of an invocation that reached its timeout."""
    return orjson.dumps(
        {
            "errorType": "Sandbox.Timedout",
            "errorMessage": f"RequestId: {request_id} Error: Task timed out after "
            f"{seconds:.2f} seconds",
        }
    )


def exited(request_id: str, status: int) -> bytes:
    """The payload of an invocation whose runtime ended; `status` is negative for a signal."""
    if status > 0:
        reason = f"Runtime exited with error: exit status {status}"
    elif status == -9:
        reason = "Runtime exited with error: signal: killed"
    elif status < 0:
        reason = f"Runtime exited with error: signal: {-status}"
    else:
        reason = "Runtime exited without providing a reason"
    return orjson.dumps(
        {
            "errorType": "Runtime.ExitError",
            "errorMessage": f"RequestId: {request_id} Error: {reason}",
        }
    )


def too_large(limit: int) -> bytes:
    """The payload of an invocation whose answer is longer than Lambda takes."""
    return orjson.dumps(
        {
            "errorMessage": "Response payload size exceeded maximum allowed payload size "
            f"({limit} bytes).",
            "errorType": "Function.ResponseSizeTooLarge",
        }
    )
