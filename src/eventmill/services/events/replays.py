"""Replays: the events of an archive once more, to the bus they came from.

A replay goes through the archive in the order of the events' times, some events in each
transaction, and each carries `replay-name`.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html
"""

from __future__ import annotations

import json
from typing import Any

import orjson

from eventmill.kernel.errors import Invalid
from eventmill.services.contract import Call, Result
from eventmill.services.events import archives, buses, faults, routing
from eventmill.services.events.buses import OPERATIONS
from eventmill.store.transaction import Row, Transaction

REPLAYS_KEY = "events.replays"
"""Announced when a replay was started or cancelled."""

_AT_ONCE = 100
_RUNNING_AT_ONCE = 10
_SELECT = "SELECT name, config, state, started, ended, time FROM events_replays"
_ALIVE = "state IN ('STARTING', 'RUNNING', 'CANCELLING')"


def replay_arn(call: Call, name: str) -> str:
    """The ARN of a replay of this account."""
    return f"arn:aws:events:{call.region}:{call.account}:replay/{name}"


def next_due(tx: Transaction) -> float | None:
    """Now, while a replay has something to do."""
    return tx.now if tx.one(f"SELECT 1 FROM events_replays WHERE {_ALIVE}") else None


def step(tx: Transaction) -> float | None:
    """Carry every running replay on; returns when to go on, as `next_due` does."""
    for name, archive, config, state, time, position in tx.all(
        "SELECT name, archive, config, state, time, position FROM events_replays"
        f" WHERE {_ALIVE} ORDER BY name"
    ):
        if state == "CANCELLING":
            _end(tx, name, "CANCELLED")
            continue
        given = json.loads(config)
        start = given["EventStartTime"] if time is None else time
        rows = tx.all(
            "SELECT id, time, event FROM events_archived"
            " WHERE archive=? AND (time, id)>(?,?) AND time<? ORDER BY time, id LIMIT ?",
            (archive, start, position, given["EventEndTime"], _AT_ONCE),
        )
        for _, _, event in rows:
            _replay(tx, name, given, orjson.loads(event))
        if rows:
            tx.execute(
                "UPDATE events_replays SET state='RUNNING', time=?, position=? WHERE name=?",
                (rows[-1][1], rows[-1][0], name),
            )
        if len(rows) < _AT_ONCE:
            _end(tx, name, "COMPLETED")
    return next_due(tx)


def _replay(tx: Transaction, name: str, given: dict[str, Any], event: dict[str, Any]) -> None:
    destination = given["Destination"]
    bus = buses.name_of(destination["Arn"])
    wanted = destination.get("FilterArns")
    only = None if not wanted else {arn.rpartition("/")[2] for arn in wanted}
    routing.route(tx, bus, {**event, "replay-name": name}, only=only)


def _end(tx: Transaction, name: str, state: str) -> None:
    tx.execute("UPDATE events_replays SET state=?, ended=? WHERE name=?", (state, tx.now, name))


@OPERATIONS.write("StartReplay")
def start_replay(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for another bus than the archive's, and for times the wrong way round."""
    name = request["ReplayName"]
    _check(call, request)
    if call.tx.one("SELECT 1 FROM events_replays WHERE name=?", (name,)) is not None:
        raise faults.taken(f"Replay {name} already exists.")
    running = call.tx.one(f"SELECT count(*) FROM events_replays WHERE {_ALIVE}")
    if running is not None and running[0] >= _RUNNING_AT_ONCE:
        raise Invalid("LimitExceededException", "The requested resource exceeds the maximum number")
    archive = request["EventSourceArn"].rpartition("archive/")[2]
    call.tx.execute(
        "INSERT INTO events_replays VALUES(?,?,?,'STARTING',?,NULL,NULL,-1)",
        (name, archive, json.dumps(request), call.now),
    )
    call.tx.announce(REPLAYS_KEY)
    return {
        "ReplayArn": replay_arn(call, name),
        "State": "STARTING",
        "ReplayStartTime": call.now,
    }


def _check(call: Call, request: dict[str, Any]) -> None:
    target = request["Destination"]["Arn"]
    if ":event-bus/" not in target:
        raise faults.parameter("Destination.Arn", "Must contain an event bus ARN.")
    buses.require(call.tx, target)
    archive = request["EventSourceArn"].rpartition("archive/")[2]
    bus = archives.bus_of(call.tx, archive)
    if bus is None:
        raise faults.parameter("EventSourceArn", f"Archive {archive} does not exist.")
    if target != buses.bus_arn(call, bus):
        raise faults.parameter("Destination.Arn", "Cross event bus replay is not permitted.")
    if request["EventStartTime"] >= request["EventEndTime"]:
        raise faults.parameter("EventEndTime", "EventStartTime must be before EventEndTime.")


@OPERATIONS.write("CancelReplay")
def cancel_replay(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for a replay that has ended."""
    name = request["ReplayName"]
    if _described(call, name)["State"] not in ("STARTING", "RUNNING"):
        raise Invalid(
            "IllegalStatusException", f"Replay {name} is not in a valid state for this operation."
        )
    call.tx.execute("UPDATE events_replays SET state='CANCELLING' WHERE name=?", (name,))
    call.tx.announce(REPLAYS_KEY)
    return {"ReplayArn": replay_arn(call, name), "State": "CANCELLING"}


def _described(call: Call, name: str) -> dict[str, Any]:
    row = call.tx.one(f"{_SELECT} WHERE name=?", (name,))
    if row is None:
        raise faults.missing(f"Replay {name} does not exist.")
    return _shown(row)


def _shown(row: Row) -> dict[str, Any]:
    """A row of `_SELECT` as the API returns it."""
    _, config, state, started, ended, time = row
    answer = {**json.loads(config), "State": state, "ReplayStartTime": started}
    if ended is not None:
        answer["ReplayEndTime"] = ended
    if time is not None:
        answer["EventLastReplayedTime"] = time
    return answer


@OPERATIONS.read("DescribeReplay")
def describe_replay(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    name = request["ReplayName"]
    return _described(call, name) | {"ReplayArn": replay_arn(call, name)}


@OPERATIONS.scan("ListReplays")
def list_replays(call: Call, request: dict[str, Any]) -> Result:
    """Ordered by name. Raises Invalid for more than one filter."""
    wanted = buses.only_filter("ListReplays", request, ("State", "EventSourceArn", "NamePrefix"))
    rows = call.tx.all(f"{_SELECT} WHERE name>? ORDER BY name", (request.get("NextToken") or "",))
    found = [(row[0], _shown(row)) for row in rows]
    answer = buses.page(request, "Replays", [one for one in found if wanted(*one)])
    for shown in answer["Replays"]:
        shown.pop("Description", None)
        shown.pop("Destination")
    return answer
