"""Which destinations and dead-letter targets deliver can carry records to.

One that it cannot is refused when it is declared: accepting it would lose what is sent there.
"""

from __future__ import annotations

from eventmill.kernel.arns import service_of
from eventmill.services.lambda_.faults import parameter

_CARRIED = ("sqs", "lambda", "sns", "events")


def check(arn: str | None) -> None:
    """Raises Invalid (InvalidParameterValueException)."""
    if arn and service_of(arn) not in _CARRIED:
        raise parameter(
            f"The destination {arn} is not offered yet: use a queue (sqs) or a topic (sns), or for "
            "asynchronous events a function (lambda) or an event bus (events)."
        )
