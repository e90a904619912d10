"""The closed tree of errors.

    EventmillError
    ├── UsageError          the operator's input is wrong; names the input and the mend
    ├── StoreError          the data directory cannot be used
    └── Fault               an answer that AWS's API would give instead of a result
        ├── Invalid         400
        ├── Denied          403
        ├── NotFound        404
        ├── Conflict        409
        ├── TooLarge        413
        ├── Throttled       429
        └── Internal        500

A fault carries AWS's own code; the service's model decides the HTTP status of a modelled code,
and the class of the fault decides it for a code that the model does not list.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class EventmillError(Exception):
    """Root of every error that Eventmill raises on purpose."""


class UsageError(EventmillError):
    """Input of the operator (a template, an option, an environment) that cannot be used."""


class StoreError(EventmillError):
    """The data directory is in use, damaged, full, or of a newer version."""


class Fault(EventmillError):
    """An AWS error answer.

    `code` is AWS's error code, `message` its text, `status` overrides the HTTP status,
    `fields` are further members of the error shape, `headers` further response headers.
    """

    default_status: ClassVar[int] = 400

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int | None = None,
        fields: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields: dict[str, Any] = dict(fields or {})
        self.headers: dict[str, str] = dict(headers or {})


class Invalid(Fault):
    """The request asks for something that cannot be."""


class Denied(Fault):
    """The caller may not do this."""

    default_status = 403


class NotFound(Fault):
    """The named resource does not exist."""

    default_status = 404


class Conflict(Fault):
    """The resource is in a state that does not allow the request."""

    default_status = 409


class TooLarge(Fault):
    """The request exceeds a size limit."""

    default_status = 413


class Throttled(Fault):
    """A rate or concurrency limit is reached."""

    default_status = 429


class Internal(Fault):
    """The engine failed; the cause is in its log."""

    default_status = 500
