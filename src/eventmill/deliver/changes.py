"""Carries the changes of tables' items to streams of Kinesis.

A stream that is gone loses them, and so does one whose records may not be as long; the engine's
log says so. Rows are carried in their order and none waits for another try, so the changes of an
item stay in order.
"""

from __future__ import annotations

import logging

from eventmill.deliver.outbox import Carrier
from eventmill.kernel.errors import Fault
from eventmill.kernel.ids import Ids
from eventmill.services import dynamodb, kinesis
from eventmill.store.outbox import OutboxRow
from eventmill.store.transaction import Transaction

_log = logging.getLogger(__name__)


def carrier(ids: Ids) -> Carrier:
    """The outbox's carrier for services.dynamodb.CHANGE; the row's payload is the record."""

    def carry(tx: Transaction, row: OutboxRow) -> None:
        key = dynamodb.partition_key(row.payload)
        try:
            kinesis.put(tx, ids, row.target, row.payload, key)
        except Fault as fault:
            _log.error("the change of an item is lost for %s: %s", row.target, fault)

    return carry
