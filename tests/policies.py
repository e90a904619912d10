"""Resource policies that tests put on what services push into."""

from __future__ import annotations

import json


def letting(*services: str, action: str | list[str] = "sqs:SendMessage", **more: object) -> str:
    """A policy that lets these services (`sns`) act on its resource; `more` of its statement."""
    names = [f"{service}.amazonaws.com" for service in services]
    statement = {"Effect": "Allow", "Principal": {"Service": names}, "Action": action}
    return json.dumps(
        {"Version": "2012-10-17", "Statement": {**statement, "Resource": "*", **more}}
    )
