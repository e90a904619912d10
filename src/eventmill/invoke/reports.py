"""The lines that Lambda itself writes to a function's log.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import orjson

from eventmill.kernel.clock import iso_millis
from eventmill.kernel.functions import TENANT_MISSING, FunctionSpec, Outcome


@dataclass(frozen=True, slots=True)
class Measured:
    """What one invocation used; times in milliseconds."""

    duration: float
    memory_mb: int
    init: float | None
    status: str
    error_type: str | None = None
    produced: int = 0
    """Bytes of the answer."""


_NAMED = re.compile(r"(?:Runtime|Function)\.[A-Z][A-Za-z]+\Z")
_LEVELS = ("DEBUG", "INFO", "WARN")


def init_start(spec: FunctionSpec, initialization: str, version: str, now: float) -> list[str]:
    """The line that a new environment begins with; `version` names what runs the function."""
    arn = f"arn:aws:lambda:{spec.arn.split(':')[3]}::runtime:eventmill"
    if spec.log_format != "JSON":
        return [f"INIT_START Runtime Version: {version}\tRuntime Version ARN: {arn}"]
    record: dict[str, object] = {
        "initializationType": initialization,
        "phase": "init",
        "runtimeVersion": version,
        "runtimeVersionArn": arn,
        "functionName": spec.name,
        "functionVersion": spec.version,
    }
    return _json(spec, "INFO", "platform.initStart", now, record)


@dataclass(frozen=True, slots=True)
class Init:
    """How an init ended: in the phase `init` or `invoke`, after so many milliseconds."""

    initialization: str
    phase: str
    milliseconds: float
    status: str
    error_type: str | None = None


def init_report(spec: FunctionSpec, init: Init, now: float) -> list[str]:
    """The line of an init that failed, or that no invocation waited for."""
    if spec.log_format != "JSON":
        line = f"INIT_REPORT Init Duration: {init.milliseconds:.2f} ms"
        if init.status != "success":
            line += f"\tPhase: {init.phase}\tStatus: {init.status}"
        return [line + (f"\tError Type: {init.error_type}" if init.error_type else "")]
    record: dict[str, object] = {
        "initializationType": init.initialization,
        "phase": init.phase,
        "status": init.status,
        "metrics": {"durationMs": round(init.milliseconds, 3)},
    }
    if init.error_type:
        record["errorType"] = init.error_type
    return _json(spec, "INFO", "platform.initReport", now, record)


def error_type(document: bytes) -> str:
    """What the log calls an error that a runtime reported: errors of a function's own have no
    name there."""
    try:
        named = str(orjson.loads(document)["errorType"])
    except (ValueError, TypeError, KeyError):
        return "Runtime.Unknown"
    return named if _NAMED.match(named) else "Runtime.Unknown"


def start(spec: FunctionSpec, request_id: str, now: float) -> list[str]:
    """The line before a function's own."""
    if spec.log_format != "JSON":
        return [f"START RequestId: {request_id} Version: {spec.version}"]
    record: dict[str, object] = {"requestId": request_id, "version": spec.version}
    return _json(spec, "INFO", "platform.start", now, record)


def end(
    spec: FunctionSpec, request_id: str, measured: Measured, trace: str, now: float
) -> list[str]:
    """The lines after a function's own."""
    if spec.log_format == "JSON":
        done, report = _records(request_id, spec, measured)
        good = measured.status == "success"
        return _json(spec, "DEBUG" if good else "WARN", "platform.runtimeDone", now, done) + _json(
            spec, "INFO" if good else "WARN", "platform.report", now, report
        )
    report_line = (
        f"REPORT RequestId: {request_id}\tDuration: {measured.duration:.2f} ms\t"
        f"Billed Duration: {math.ceil(measured.duration)} ms\tMemory Size: {spec.memory_mb} MB\t"
        f"Max Memory Used: {measured.memory_mb} MB\t"
    )
    if measured.init is not None:
        report_line += f"Init Duration: {measured.init:.2f} ms\t"
    if measured.status != "success":
        report_line += f"Status: {measured.status}\t"
    if measured.error_type:
        report_line += f"Error Type: {measured.error_type}\t"
    if spec.tracing == "Active":
        fields = dict(part.partition("=")[::2] for part in trace.split(";"))
        sampled = "true" if fields.get("Sampled") == "1" else "false"
        report_line += (
            f"\nXRAY TraceId: {fields.get('Root', '')}\tSegmentId: {fields.get('Parent', '')}\t"
            f"Sampled: {sampled}\t"
        )
    return [f"END RequestId: {request_id}", report_line]


def _records(
    request_id: str, spec: FunctionSpec, measured: Measured
) -> tuple[dict[str, object], dict[str, object]]:
    """(platform.runtimeDone, platform.report)."""
    report = _record(spec, request_id, measured)
    done: dict[str, object] = {
        "requestId": request_id,
        "status": measured.status,
        "metrics": {
            "durationMs": round(measured.duration, 3),
            "producedBytes": measured.produced,
        },
    }
    return done, report


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


def _json(
    spec: FunctionSpec, level: str, kind: str, now: float, record: dict[str, object]
) -> list[str]:
    """The record as a line, unless the function's system log level is above its own."""
    if _LEVELS.index(level) < _LEVELS.index(spec.system_log_level or "INFO"):
        return []
    return [orjson.dumps({"time": iso_millis(now), "type": kind, "record": record}).decode()]


def timed_out(request_id: str, seconds: float) -> bytes:
    """The payload of an invocation that reached its timeout."""
    return orjson.dumps(
        {
            "errorType": "Sandbox.Timedout",
            "errorMessage": f"RequestId: {request_id} Error: Task timed out after "
            f"{seconds:.2f} seconds",
        }
    )


def _exit_reason(status: int) -> str:
    if status > 0:
        return f"Runtime exited with error: exit status {status}"
    if status == -9:
        return "Runtime exited with error: signal: killed"
    if status < 0:
        return f"Runtime exited with error: signal: {-status}"
    return "Runtime exited without providing a reason"


def exit_line(request_id: str, status: int) -> str:
    """What the log says of a runtime that ended in the middle of an invocation."""
    return f"RequestId: {request_id} Error: {_exit_reason(status)}\nRuntime.ExitError"


def exited(request_id: str, status: int) -> bytes:
    """The payload of an invocation whose runtime ended; `status` is negative for a signal."""
    return orjson.dumps(
        {
            "errorType": "Runtime.ExitError",
            "errorMessage": f"RequestId: {request_id} Error: {_exit_reason(status)}",
        }
    )


def no_entrypoint(error: OSError) -> bytes:
    """The payload of an invocation whose environment could not be started."""
    return orjson.dumps(
        {
            "errorType": "Runtime.InvalidEntrypoint",
            "errorMessage": f"Couldn't start {error.filename or 'the runtime'}: {error.strerror}",
        }
    )


def no_tenant(version: str) -> Outcome:
    """What comes of a call that names no tenant to a function that asks for one."""
    document = {"errorMessage": TENANT_MISSING, "errorType": "InvalidParameterValueException"}
    return Outcome(orjson.dumps(document), "Unhandled", version)


def too_large(limit: int) -> bytes:
    """The payload of an invocation whose answer is longer than Lambda takes."""
    return orjson.dumps(
        {
            "errorMessage": "Response payload size exceeded maximum allowed payload size "
            f"({limit} bytes).",
            "errorType": "Function.ResponseSizeTooLarge",
        }
    )
