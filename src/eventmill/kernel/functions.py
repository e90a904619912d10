"""What must be known to run a function once, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from eventmill.kernel.streams import ResponseStream


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """One immutable state of a function: an execution environment serves exactly one of these.

    `revision` changes with code or configuration; environments of an older one are drained.
    `arn` carries no qualifier; `version` is `$LATEST` or a number.
    """

    arn: str
    name: str
    version: str
    revision: str
    runtime: str
    handler: str
    code: Path
    """The unpacked code, /var/task on Lambda."""
    layers: tuple[Path, ...] = ()
    timeout: float = 3.0
    memory_mb: int = 128
    storage_mb: int = 512
    environment: Mapping[str, str] = field(default_factory=dict)
    role: str = ""
    log_group: str = ""
    log_format: str = "Text"
    application_log_level: str | None = None
    system_log_level: str | None = None
    tracing: str = "PassThrough"
    reserved_concurrency: int | None = None
    may_recurse: bool = False
    """RecursiveLoop is Allow: it is not stopped when its own events come back to it."""
    per_tenant: bool = False
    """Whether an environment serves one tenant alone, which each call names."""
    tenant: str = ""
    """The one whose environments these are."""

    def of_tenant(self, tenant: str | None) -> FunctionSpec:
        """The function as it serves a tenant; itself without one. Raises WrongTenant."""
        if self.per_tenant != bool(tenant):
            raise WrongTenant(TENANT_MISSING if self.per_tenant else _TENANT_UNWANTED)
        return replace(self, tenant=tenant) if tenant else self


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of a function. `request_id` stays the same over the retries of one event."""

    spec: FunctionSpec
    payload: bytes
    request_id: str
    invoked_arn: str
    trace: str | None = None
    client_context: str | None = None
    source: str = ""
    """What caused it, for lineage: the ARN of a queue, a stream, an API …"""
    stream: ResponseStream | None = None
    """Where an answer in pieces goes; without one it is gathered like any other."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`payload` is what the function returned, or the error document when `error` is set."""

    payload: bytes
    error: str | None
    """`Unhandled` when the function failed, else None."""
    executed_version: str
    log_tail: bytes = b""
    duration_ms: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether the function raised, timed out, exited or answered too much."""
        return self.error is not None


TENANT_MISSING = (
    "The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your "
    "request and try again."
)
_TENANT_UNWANTED = (
    "The invoked function is not enabled with tenancy configuration. Remove the tenant ID from "
    "your request and try again."
)


class WrongTenant(Exception):
    """A call names no tenant and must, or names one and must not; its text says which."""


RESERVED_FULL = "ReservedFunctionConcurrentInvocationLimitExceeded"
ACCOUNT_FULL = "ConcurrentInvocationLimitExceeded"


class ConcurrencyExceeded(Exception):
    """No environment may be started for this call now: a 429, never an invocation."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """AWS's `Reason`, one of the two above."""


class RecursionDetected(Exception):
    """The call is the next turn of a loop in which the function feeds itself: it is not run."""


class FunctionStopped(ConcurrencyExceeded):
    """The function has a reserved concurrency of 0: nothing runs until that changes."""

    def __init__(self) -> None:
        super().__init__(RESERVED_FULL)
