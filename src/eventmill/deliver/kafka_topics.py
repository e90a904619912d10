"""Kafka topics as destinations: what a mapping gives up is written to a topic of its cluster.

https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure-destination.html
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import orjson

from eventmill.deliver import kafka_client, measured
from eventmill.deliver.outbox import Postpone, Sender, backoff
from eventmill.deliver.parts import Parts
from eventmill.services.lambda_ import KAFKA_TOPIC, EventSourceMapping
from eventmill.store import outbox
from eventmill.store.outbox import OutboxRow
from eventmill.store.transaction import Transaction

KIND = "lambda.topic"

_TRIES = 5
"""A cluster that refuses is tried this often, over some seconds; then the record is dropped."""

_log = logging.getLogger(__name__)


def send(
    tx: Transaction, mapping: EventSourceMapping, place: str, record: Mapping[str, Any]
) -> None:
    """Have a record carried to the topic that is the mapping's destination, under the key `place`.

    How the cluster is reached is put down too, since the mapping may be gone when it is carried.
    """
    given = {
        "servers": mapping.servers,
        "access": mapping.access,
        "function": mapping.function,
        "key": place,
        "record": record,
    }
    outbox.emit(tx, KIND, mapping.on_failure or "", orjson.dumps(given))


def sender(parts: Parts) -> Sender:
    """The outbox's sender for `KIND`."""

    async def carry(row: OutboxRow) -> None:
        given, topic = orjson.loads(row.payload), row.target.removeprefix(KAFKA_TOPIC)
        value, key = orjson.dumps(given["record"]), given["key"].encode()
        try:
            await kafka_client.produce(
                given["servers"], given["access"], parts.database, topic, key, value
            )
        except kafka_client.Unreachable as problem:
            if row.attempts + 1 < _TRIES and not isinstance(problem, kafka_client.NoTopic):
                raise Postpone(parts.clock.now() + backoff(row.attempts)) from problem
            _log.error("record of %s for %s is lost: %s", given["function"], row.target, problem)
            measured.undelivered(parts.metrics, given["function"], dead=False)

    return carry
