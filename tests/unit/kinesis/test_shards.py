"""Shards under any series of splits, merges and scalings: no hash key is lost, no record either."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from eventmill.services.kinesis import places, records, shards, source
from eventmill.services.kinesis.records import Draft
from eventmill.services.kinesis.schema import SCHEMA
from eventmill.services.kinesis.shards import HASH_KEYS
from eventmill.services.kinesis.streams import Stream
from eventmill.store.sequences import SCHEMA as SEQUENCES
from eventmill.store.sequences import Sequences
from eventmill.store.transaction import Transaction

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/s"
NOW = 1_700_000_000.0

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=5)),
        st.tuples(st.just("split"), st.integers(0, 7)),
        st.tuples(st.just("merge"), st.integers(0, 7)),
        st.tuples(st.just("scale"), st.integers(1, 5)),
    ),
    max_size=12,
)


@contextmanager
def stream() -> Iterator[tuple[Transaction, Stream]]:
    connection = sqlite3.connect(":memory:")
    for script in (*SEQUENCES, *SCHEMA):
        connection.executescript(script)
    tx = Transaction(connection, NOW, Sequences())
    tx.execute(
        "INSERT INTO kinesis_streams VALUES(1,?,'s','{\"RetentionPeriodHours\": 24}',?,0)",
        (ARN, NOW),
    )
    shards.open_first(tx, 1, 2)
    yield tx, Stream(1, ARN, "s", {"RetentionPeriodHours": 24}, NOW)
    connection.close()


def change(tx: Transaction, kind: str, number: int) -> None:
    opened = shards.open_shards(tx, 1)
    if kind == "scale":
        shards.scale(tx, 1, number)
    elif kind == "split":
        shard = opened[number % len(opened)]
        if shard.high - shard.low > 3:
            shards.split(tx, 1, shard, (shard.low + shard.high) // 2)
    elif len(opened) > 1:
        place = number % (len(opened) - 1)
        shards.merge(tx, 1, opened[place], opened[place + 1])


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_readers_that_drain_parents_first_see_every_record_once_and_in_order(steps) -> None:
    with stream() as (tx, found):
        written: dict[str, list[str]] = {}
        for number, (kind, what) in enumerate(steps):
            tx.now = NOW + number
            if kind != "put":
                change(tx, kind, what)
                continue
            drafts = [Draft(key, f"{number}-{at}".encode()) for at, key in enumerate(what)]
            records.put(tx, found, drafts)
            for draft in drafts:
                written.setdefault(draft.key, []).append(draft.data.decode())
        opened = shards.open_shards(tx, 1)
        bounds = [(shard.low, shard.high) for shard in opened]
        assert bounds[0][0] == 0 and bounds[-1][1] == HASH_KEYS - 1
        assert all(one[1] + 1 == other[0] for one, other in pairwise(bounds))
        seen: dict[str, list[str]] = {}
        done: set[str] = set()
        waiting = source.shards(tx, ARN)
        while waiting:
            shard = next(one for one in waiting if done.issuperset(one.parents))
            after = None
            while page := source.read(tx, ARN, shard.shard_id, after, 2):
                for record in page:
                    text = record.event["kinesis"]["data"]
                    seen.setdefault(record.partition_key, []).append(text)
                after = page[-1].sequence
            done.add(shard.shard_id)
            waiting.remove(shard)
        plain = {
            key: [base64.b64decode(one).decode() for one in ones] for key, ones in seen.items()
        }
        assert plain == written


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.001, 50), min_size=1, max_size=20), st.data())
def test_a_moment_divides_what_came_before_it_from_what_came_after(gaps, data) -> None:
    with stream() as (tx, found):
        for gap in gaps:
            tx.now += gap
            records.put(tx, found, [Draft("a", b"")])
        (shard,) = [one for one in shards.open_shards(tx, 1) if records.newest(tx, one) > one.first]
        moment = NOW + data.draw(st.floats(-10, sum(gaps) + 10))
        after = records.before(tx, shard, moment)
        everything = records.read(tx, found, shard, 0, 100).records
        behind = records.read(tx, found, shard, after, 100).records
        assert behind == [record for record in everything if record.created >= moment]


@given(
    st.integers(1_400_000_000, 4_000_000_000),
    st.integers(0, 2**31),
    st.integers(0, 2**39),
    st.integers(0, 100_000_000),
)
def test_sequence_numbers_keep_their_place_and_order(opened, number, place, later) -> None:
    one = places.text(opened, number, place, opened + later)
    assert places.parse(one) == (number, place) and len(one) == 56
    assert int(places.text(opened, number, place + 1, opened)) > int(one)
