"""The connection to a Kafka broker: credentials from secrets, the group, positions, offsets.

https://docs.aws.amazon.com/lambda/latest/dg/with-kafka-cluster-auth.html
"""

from __future__ import annotations

import asyncio
import json
import ssl
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from eventmill.kernel.errors import Fault
from eventmill.services import secretsmanager
from eventmill.services.lambda_ import EventSourceMapping
from eventmill.store.database import Database

Access = Sequence[tuple[str, str]]
"""SourceAccessConfigurations as (type, URI)."""

_SASL = {
    "BASIC_AUTH": "PLAIN",
    "SASL_SCRAM_256_AUTH": "SCRAM-SHA-256",
    "SASL_SCRAM_512_AUTH": "SCRAM-SHA-512",
}
_LOOPBACK = ("localhost", "127.", "[::1]")
_POLL_MS = 86_400_000
"""A batch may be retried for long; heartbeats tell the group that this member lives."""


_REACH = 3.0
"""Real seconds within which a broker answers."""


_REQUEST = 12_582_912
"""Bytes of one request: a whole event of 6 MB as JSON within JSON, and some room."""


class Unreachable(Exception):
    """The broker cannot be reached or does not let the mapping in; the text says why."""


class NoTopic(Unreachable):
    """The broker has no topic of that name."""


@asynccontextmanager
async def consuming(mapping: EventSourceMapping, database: Database) -> AsyncIterator[Any]:
    """A started consumer of the mapping's topic. Raises Unreachable."""
    from aiokafka import AIOKafkaConsumer
    from aiokafka.errors import KafkaError

    earliest = mapping.starting_position != "LATEST"
    try:
        client = AIOKafkaConsumer(
            mapping.topic,
            bootstrap_servers=list(mapping.servers),
            group_id=mapping.group,
            # A static member: after a crash it takes its partitions again at once.
            group_instance_id=mapping.uuid,
            enable_auto_commit=False,
            auto_offset_reset="earliest" if earliest else "latest",
            max_poll_interval_ms=_POLL_MS,
            rebalance_timeout_ms=60_000,
            max_partition_fetch_bytes=6_291_456,
            **_security(mapping.servers, mapping.access, database),
        )
    except (Fault, KeyError, ValueError, OSError) as error:
        raise Unreachable(f"The credentials cannot be used: {error}") from error
    try:
        await client.start()
        if not client.partitions_for_topic(mapping.topic):
            raise Unreachable(f"The topic {mapping.topic} does not exist.")
        yield client
    except Exception as error:
        reason = error
        while isinstance(reason, ExceptionGroup):
            reason = reason.exceptions[0]
        if not isinstance(reason, KafkaError | OSError):
            raise
        text = str(reason) or "the broker does not answer"
        raise Unreachable(f"Connection error. The Kafka client said: {text}") from error
    finally:
        # A broker that is gone would keep the client's leave-taking, which cannot be cancelled.
        await asyncio.wait({asyncio.ensure_future(client.stop())}, timeout=_REACH)


def _security(servers: Sequence[str], access: Access, database: Database) -> dict[str, Any]:
    """aiokafka's settings. TLS where a certificate is given, or a password leaves the machine."""
    found: dict[str, Any] = {}
    secrets: dict[str, dict[str, str]] = {}
    for kind, uri in access:
        if not kind.startswith("VPC_"):
            text = database.read(partial(secretsmanager.current_text, secret_id=uri))
            secrets[kind] = json.loads(text)
    for kind, mechanism in _SASL.items():
        if kind in secrets:
            found |= {
                "sasl_mechanism": mechanism,
                "sasl_plain_username": secrets[kind]["username"],
                "sasl_plain_password": secrets[kind]["password"],
            }
    root = secrets.get("SERVER_ROOT_CA_CERTIFICATE")
    client = secrets.get("CLIENT_CERTIFICATE_TLS_AUTH")
    local = all(server.startswith(_LOOPBACK) for server in servers)
    encrypted = bool(root or client or (found and not local))
    if encrypted:
        found["ssl_context"] = _context(root, client)
    protocol = ("SASL_" if "sasl_mechanism" in found else "") + (
        "SSL" if encrypted else "PLAINTEXT"
    )
    return found | {"security_protocol": protocol}


def _context(root: dict[str, str] | None, client: dict[str, str] | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=root["certificate"] if root else None)
    if client:
        # The ssl module reads certificates from files only.
        with tempfile.TemporaryDirectory() as folder:
            certificate, key = Path(folder) / "certificate", Path(folder) / "key"
            certificate.write_text(client["certificate"])
            key.write_text(client["privateKey"])
            context.load_cert_chain(certificate, key, client.get("privateKeyPassword"))
    return context


async def produce(
    servers: Sequence[str], access: Access, database: Database, topic: str, key: bytes, value: bytes
) -> None:
    """Write one record to a topic. Raises Unreachable, NoTopic."""
    from aiokafka import AIOKafkaProducer
    from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

    try:
        producer = AIOKafkaProducer(
            bootstrap_servers=list(servers),
            request_timeout_ms=int(_REACH * 1000),
            max_request_size=_REQUEST,
            **_security(servers, access, database),
        )
        try:
            await producer.start()
            await producer.send_and_wait(topic, value, key)
        finally:
            # Also after a start that failed, whose connections would stay open.
            await producer.stop()
    except UnknownTopicOrPartitionError as error:
        raise NoTopic(f"The topic {topic} does not exist.") from error
    except (Fault, KeyError, ValueError, OSError, KafkaError) as error:
        raise Unreachable(str(error) or "the broker does not answer") from error


async def begin(client: Any, partitions: frozenset[Any], mapping: EventSourceMapping) -> None:
    """Commit where partitions that the group has no offset of begin.

    So a crash before the first batch does not move the beginning on.
    """
    for partition in partitions:
        if await client.committed(partition) is not None:
            continue
        if mapping.starting_position == "AT_TIMESTAMP":
            moment = int((mapping.starting_timestamp or 0) * 1000)
            found = (await client.offsets_for_times({partition: moment}))[partition]
            if found is not None:
                client.seek(partition, found.offset)
            else:
                await client.seek_to_end(partition)
        await commit(client, partition, await client.position(partition))


async def records(client: Any, partition: Any, wait_ms: int, most: int) -> list[Any]:
    """Up to `most` records of the partition, waiting for the first one."""
    from aiokafka.errors import IllegalStateError

    try:
        found = await client.getmany(partition, timeout_ms=wait_ms, max_records=most)
    except IllegalStateError:
        # The group took the partition away meanwhile.
        return []
    return list(found.get(partition, ()))


async def reach(client: Any, partition: Any) -> None:
    """Raises TimeoutError when the broker is gone, which the client itself would wait out."""
    asking = asyncio.ensure_future(client.end_offsets([partition]))
    done, _ = await asyncio.wait({asking}, timeout=_REACH)
    if not done:
        asking.cancel()
        raise TimeoutError
    await asking


async def commit(client: Any, partition: Any, offset: int) -> None:
    """Everything before `offset` is done. What the group took away is another member's."""
    from aiokafka.errors import CommitFailedError, IllegalStateError

    try:
        await client.commit({partition: offset})
    except (CommitFailedError, IllegalStateError):
        return
