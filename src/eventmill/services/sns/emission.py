"""One outbox row for each subscriber that a message goes to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from eventmill.kernel.clock import iso_millis
from eventmill.store import outbox
from eventmill.store.transaction import Transaction

if TYPE_CHECKING:
    from eventmill.services.sns.subscriptions import Subscription

DELIVERY = "sns.delivery"
"""Kind of the rows for queues, functions and delivery streams; target is the subscription's ARN,
payload the message as JSON (see messages.py)."""
HTTP = "sns.http"
"""Kind of the rows for HTTP endpoints."""
MAIL = "sns.mail"
"""Kind of the rows for what the local mailbox gets: e-mail and SMS."""

_KINDS = {
    "sqs": DELIVERY,
    "lambda": DELIVERY,
    "firehose": DELIVERY,
    "http": HTTP,
    "https": HTTP,
}


def emit(
    tx: Transaction,
    subscription: Subscription,
    message: Mapping[str, Any],
    trace: str | None,
    due: float | None = None,
) -> None:
    """Have a message carried to a subscription, from `due` on."""
    payload = orjson.dumps({"time": iso_millis(tx.now), **message})
    emit_payload(tx, subscription, payload, trace, due)


def emit_payload(
    tx: Transaction,
    subscription: Subscription,
    payload: bytes,
    trace: str | None,
    due: float | None = None,
) -> None:
    """As `emit`, for a message that is JSON already."""
    kind = _KINDS.get(subscription.protocol, MAIL)
    outbox.emit(tx, kind, subscription.arn, payload, due=due, trace=trace)
