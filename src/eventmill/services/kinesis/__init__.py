"""Amazon Kinesis Data Streams: shards, records, consumers with enhanced fan-out.

Below the service's declaration stand the functions that other parts use.
"""

from __future__ import annotations

from eventmill.kernel.ids import Ids
from eventmill.services.contract import Service
from eventmill.services.kinesis import (
    record_operations,
    records,
    shard_operations,
    source,
    streams,
    tag_operations,
)
from eventmill.services.kinesis.faults import validation
from eventmill.services.kinesis.records import Draft, trim
from eventmill.services.kinesis.resources import RESOURCES
from eventmill.services.kinesis.schema import SCHEMA
from eventmill.services.kinesis.source import exists
from eventmill.services.kinesis.stream_operations import OPERATIONS
from eventmill.services.kinesis.tags import policy
from eventmill.store.transaction import Transaction

__all__ = ["SERVICE", "exists", "policy", "put", "source", "trim"]

# Importing these registers their operations.
_OPERATION_MODULES = (record_operations, shard_operations, tag_operations)

SERVICE = Service("kinesis", OPERATIONS.by_name, SCHEMA, RESOURCES)


def put(tx: Transaction, ids: Ids, arn: str, data: bytes, partition_key: str = "") -> None:
    """Put a record for another service, under a random key where it has none.

    Raises Invalid for a stream that does not exist and a record that is too long.
    """
    stream = streams.require(tx, arn)
    draft = Draft(partition_key[:256] or ids.uuid(), data)
    if draft.size > stream.record_bytes:
        raise validation(f"The record of {draft.size} bytes is too long for {arn}.")
    records.put(tx, stream, [draft])
