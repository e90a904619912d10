"""The retry policy and the dead-letter queue that rules' targets and schedules have in common.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from eventmill.deliver.outbox import Postpone, backoff
from eventmill.kernel.errors import Fault
from eventmill.kernel.ids import Ids
from eventmill.kernel.policies import Asker
from eventmill.services import sqs
from eventmill.store.outbox import OutboxRow
from eventmill.store.transaction import Transaction

_MOST_RETRIES = 185
_OLDEST = 86_400
_ERROR_LIMIT = 1_024
"""Characters of an error's text on a dead letter."""

_log = logging.getLogger(__name__)


class Undeliverable(Exception):
    """No further try helps. `code` as in the dead-letter queue's ERROR_CODE."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Unreached(Exception):
    """This try failed, another may not. `wait` is how long the target asks to be left alone."""

    def __init__(self, code: str, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.code = code
        self.wait = wait


def exhausted(
    policy: Mapping[str, Any] | None, row: OutboxRow, now: float, wait: float = 0.0
) -> Mapping[str, str]:
    """What a dead letter says of retries that are at their end.

    Raises Postpone while the policy allows one more. `row.attempts` counts the failures before
    this one.
    """
    policy = policy or {}
    due = now + max(wait, backoff(row.attempts))
    if row.attempts >= policy.get("MaximumRetryAttempts", _MOST_RETRIES):
        condition = "MaximumRetryAttempts"
    elif due - row.created > policy.get("MaximumEventAgeInSeconds", _OLDEST):
        condition = "MaximumEventAgeInSeconds"
    else:
        raise Postpone(due)
    return {"RETRY_ATTEMPTS": str(row.attempts), "EXHAUSTED_RETRY_CONDITION": condition}


def dead_letter(
    tx: Transaction,
    ids: Ids,
    queue: str | None,
    body: str,
    texts: Mapping[str, str],
    row: OutboxRow,
    asker: Asker | None = None,
) -> bool:
    """Put what could not be delivered into its dead-letter queue, or only into the log: False.

    `texts` are the message's attributes, ERROR_MESSAGE among them. `asker` is a service that
    needs the queue's policy; one that acts by a role is none.
    """
    if queue is None:
        _log.error("%s for %s is lost: %s", row.kind, row.target, texts["ERROR_MESSAGE"])
        return False
    attributes = {
        # A message attribute must not be empty, as an error's text may be.
        key: {"DataType": "String", "StringValue": text[:_ERROR_LIMIT] or "-"}
        for key, text in texts.items()
    }
    try:
        sqs.enqueue(tx, ids, queue, body, attributes=attributes, trace=row.trace, asker=asker)
    except Fault as fault:
        _log.error("%s for %s is lost: queue %s: %s", row.kind, row.target, queue, fault)
        return False
    return True
