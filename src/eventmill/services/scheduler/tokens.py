"""Requests that are repeated with their ClientToken: they change something once.

SDKs put a token of their own into each request, so that a retry of theirs has the same one.
https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from eventmill.kernel.errors import Conflict
from eventmill.services.contract import Call, Function
from eventmill.services.scheduler import faults
from eventmill.services.scheduler.operations import OPERATIONS

_TOKEN = re.compile(r"[a-zA-Z0-9\-_]{1,64}\Z")
_KEPT = 86_400
"""Seconds for which a token is known."""

Change = Callable[[Call, dict[str, Any]], dict[str, Any]]


def once(name: str) -> Callable[[Change], Function]:
    """Registers an operation that answers a repetition as it did the first time.

    It raises Conflict for a token that came with other members before, Invalid for what is none.
    """

    def register(change: Change) -> Function:
        def run(call: Call, request: dict[str, Any]) -> dict[str, Any]:
            token = request.pop("ClientToken", None)
            if token is None:
                return change(call, request)
            if not _TOKEN.match(token):
                raise faults.validation(
                    f"1 validation error detected: Value '{token}' at 'clientToken' failed to "
                    "satisfy constraint: Member must satisfy regular expression pattern: "
                    "[a-zA-Z0-9-_]+"
                )
            digest = _digest(request)
            known = call.tx.one(
                "SELECT digest, answer FROM scheduler_tokens"
                " WHERE operation=? AND token=? AND at>?",
                (name, token, call.now - _KEPT),
            )
            if known is not None:
                if known[0] != digest:
                    raise Conflict(
                        "ConflictException",
                        f"The client token {token} was used with other parameters.",
                    )
                return dict(json.loads(known[1]))
            answer = change(call, request)
            call.tx.execute("DELETE FROM scheduler_tokens WHERE at<=?", (call.now - _KEPT,))
            call.tx.execute(
                "INSERT INTO scheduler_tokens VALUES(?,?,?,?,?)",
                (name, token, digest, json.dumps(answer), call.now),
            )
            return answer

        return OPERATIONS.write(name)(run)

    return register


def _digest(request: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
