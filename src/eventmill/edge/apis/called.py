"""What became of an integration, as access logs tell it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from eventmill.kernel.clock import Clock


@dataclass(slots=True)
class Called:
    """`status` is what the integration said itself, before any mapping; None when it did not."""

    function: bool = False
    status: int | None = None
    error: str | None = None
    unauthorized: str = ""
    """Why the authorizer gave no answer."""
    milliseconds: int | None = None

    @contextmanager
    def timed(self, clock: Clock) -> Iterator[None]:
        """Around the call."""
        begun = clock.now()
        try:
            yield
        finally:
            self.milliseconds = int((clock.now() - begun) * 1000)

    def variables(self) -> dict[str, Any]:
        """By their names below `$context`. For a function `integrationStatus` is Lambda's own,
        `integration.status` the one that the function returned."""
        own = 200 if self.function and self.status is not None else self.status
        return {
            "integrationLatency": self.milliseconds,
            "integration.latency": self.milliseconds,
            "integrationStatus": own,
            "integration.integrationStatus": own,
            "integration.status": self.status,
            "integrationErrorMessage": self.error,
            "integration.error": self.error,
            "authorizer.error": self.unauthorized or None,
        }
