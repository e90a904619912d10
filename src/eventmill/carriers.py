"""Which carrier takes which kind of the outbox's rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eventmill.deliver import (
    alarms,
    balancers,
    bus,
    changes,
    mail,
    objects,
    pool_messages,
    scheduled,
    subscribers,
    subscriptions,
    topics,
)
from eventmill.deliver.authorization import Reach
from eventmill.deliver.http_targets import HttpTargets
from eventmill.deliver.outbox import Outbox
from eventmill.deliver.parts import Parts
from eventmill.kernel.ports import ApiCaller, HttpSender
from eventmill.services import (
    cloudwatch,
    cognito,
    dynamodb,
    elbv2,
    events,
    logs,
    s3,
    scheduler,
    ses,
    sns,
)
from eventmill.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Means:
    """What carriers carry with. `call` makes the context of an operation in a transaction."""

    parts: Parts
    api: ApiCaller
    http: HttpSender
    reach: Reach
    call: Callable[[Transaction], Any]
    address: Callable[[], str]
    region: str
    account: str


def register(outbox: Outbox, means: Means) -> None:
    """Give the outbox a carrier for every kind."""
    parts, region, account = means.parts, means.region, means.account
    ids = parts.ids
    outbox.hop(s3.NOTIFICATION, objects.carrier(ids, account))
    outbox.hop(s3.BUS, bus.put_carrier(ids, region, account))
    outbox.hop(events.TARGET, bus.target_carrier(ids, region, account))
    outbox.send(events.HTTP_TARGET, HttpTargets(parts, means.reach, region, account).send)
    outbox.hop(dynamodb.CHANGE, changes.carrier(ids))
    outbox.hop(logs.SUBSCRIPTION, subscriptions.carrier(ids, region, account))
    outbox.hop(cloudwatch.ACTION, alarms.carrier(ids, account))
    outbox.hop(scheduler.TARGET, scheduled.carrier(ids))
    outbox.send(scheduler.CALL, scheduled.sender(parts.database, ids, means.api))
    outbox.send(elbv2.health.CHECK, balancers.checker(parts, means.http, account))
    outbox.hop(sns.DELIVERY, topics.carrier(ids, means.address))
    outbox.send(sns.HTTP, subscribers.http_sender(parts, means.http, means.address))
    outbox.hop(sns.MAIL, subscribers.mail_carrier(means.address))
    outbox.send(ses.RECEIPT, mail.receipt_sender(parts, means.call))
    outbox.hop(ses.EVENT, mail.event_carrier(ids, region, account))
    outbox.hop(cognito.MAIL, pool_messages.carrier(ids, region, account))
