"""What a target gets.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
"""

from __future__ import annotations

import json

from eventmill.kernel.arns import parse_arn
from eventmill.kernel.clock import iso_seconds
from eventmill.services.scheduler.firing import Due
from eventmill.services.scheduler.targets import universal


def filled(due: Due, attempt: int) -> str:
    """The target's Input with its context attributes; without one the default event.

    `attempt` is 1 for the first try.
    """
    text: str | None = due.target.get("Input")
    if text is None:
        return _default(due) if universal(due.target["Arn"]) is None else "{}"
    for name, value in (
        ("schedule-arn", due.schedule),
        ("scheduled-time", iso_seconds(due.scheduled)),
        ("execution-id", due.execution),
        ("attempt-number", str(attempt)),
    ):
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def _default(due: Due) -> str:
    place = parse_arn(due.schedule)
    return json.dumps(
        {
            "version": "0",
            "id": due.id,
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": place.account,
            "time": iso_seconds(due.scheduled),
            "region": place.region,
            "resources": [due.schedule],
            "detail": "{}",
        }
    )
