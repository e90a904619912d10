"""Log streams and their events.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services import paging
from eventmill.services.contract import Call, Result
from eventmill.services.logs import metric_filters, subscriptions
from eventmill.services.logs.filters import compile_filter
from eventmill.services.logs.groups import (
    OPERATIONS,
    bad_token,
    changed_key,
    group_arn,
    missing,
    name_of,
    named,
    require_group,
)
from eventmill.store.transaction import Transaction

SEQUENCE = "logs.events"


def put_lines(tx: Transaction, arn: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
    """Append (epoch milliseconds, text) lines to the group with this ARN, with or without `:*`.

    Group and stream are created when they are new.
    """
    group, now = name_of(arn), int(tx.now * 1000)
    tx.execute(
        "INSERT INTO logs_groups(name, arn, created) VALUES(?,?,?) ON CONFLICT DO NOTHING",
        (group, arn.removesuffix(":*"), now),
    )
    last = max((time for time, _ in lines), default=None)
    tx.execute(
        "INSERT INTO logs_streams VALUES(?,?,?,?)"
        " ON CONFLICT DO UPDATE SET last=max(coalesce(last, 0), excluded.last)",
        (group, stream, now, last),
    )
    stored = [(tx.number(SEQUENCE), time, text) for time, text in lines]
    tx.executemany(
        "INSERT INTO logs_events(id, grp, stream, time, ingested, message) VALUES(?,?,?,?,?,?)",
        [(number, group, stream, time, now, text) for number, time, text in stored],
    )
    filters = subscriptions.wanted(tx, group)
    if filters:
        subscriptions.send(tx, filters, group, stream, stored)
    tx.announce(changed_key(group))


def newest(tx: Transaction, limit: int, after: int = 0) -> list[tuple[int, str, str]]:
    """The last lines of all groups, oldest first: (id, group, text); ids above `after` alone."""
    rows = tx.all(
        "SELECT id, grp, message FROM logs_events WHERE id>? ORDER BY id DESC LIMIT ?",
        (after, limit),
    )
    return [(number, group, text) for number, group, text in reversed(rows)]


@OPERATIONS.write("CreateLogStream")
def create_log_stream(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid when it exists, or its group does not."""
    group, name = request["logGroupName"], request["logStreamName"]
    require_group(call, group)
    done = call.tx.execute(
        "INSERT INTO logs_streams VALUES(?,?,?,NULL) ON CONFLICT DO NOTHING",
        (group, name, int(call.now * 1000)),
    )
    if done.rowcount == 0:
        raise Invalid("ResourceAlreadyExistsException", "The specified log stream already exists")
    return {}


@OPERATIONS.sweep("DeleteLogStream")
def delete_log_stream(call: Call, request: dict[str, Any]) -> Result:
    """With its events."""
    group, name = request["logGroupName"], request["logStreamName"]
    require_group(call, group)
    if not drop_stream(call.tx, group, name):
        raise missing("log stream")
    return {}


def drop_stream(tx: Transaction, group: str, name: str) -> bool:
    """Delete a stream; False when it is not there."""
    tx.execute("DELETE FROM logs_events WHERE grp=? AND stream=?", (group, name))
    gone = tx.execute("DELETE FROM logs_streams WHERE grp=? AND name=?", (group, name))
    return gone.rowcount > 0


@OPERATIONS.scan("DescribeLogStreams")
def describe_log_streams(call: Call, request: dict[str, Any]) -> Result:
    """By name, or newest event first."""
    group = named(request)
    require_group(call, group)
    order = "name"
    if request.get("orderBy") == "LastEventTime":
        order = "last"
    direction = "DESC" if request.get("descending") else "ASC"
    limit = request.get("limit") or 50
    prefix = request.get("logStreamNamePrefix") or ""
    start = paging.place(request.get("nextToken"), bad_token())
    rows = call.tx.all(
        f"SELECT name, created, last FROM logs_streams WHERE grp=? AND name>=? AND name<?"
        f" ORDER BY {order} {direction} LIMIT ? OFFSET ?",
        (group, prefix, prefix + "\U0010ffff", limit + 1, start),
    )
    streams = [
        {
            "logStreamName": name,
            "creationTime": created,
            "lastEventTimestamp": last or created,
            "arn": f"{group_arn(call, group)}:log-stream:{name}",
        }
        for name, created, last in rows[:limit]
    ]
    answer: dict[str, Any] = {"logStreams": streams}
    if len(rows) > limit:
        answer["nextToken"] = str(start + limit)
    return answer


@OPERATIONS.write("PutLogEvents")
def put_log_events(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for a stream that does not exist."""
    group, stream = request["logGroupName"], request["logStreamName"]
    require_group(call, group)
    found = call.tx.one("SELECT 1 FROM logs_streams WHERE grp=? AND name=?", (group, stream))
    if found is None:
        raise missing("log stream")
    lines = [(event["timestamp"], event["message"]) for event in request["logEvents"]]
    call.measure(call.tx, metric_filters.samples(call.tx, group, lines))
    put_lines(call.tx, group_arn(call, group), stream, lines)
    return {"nextSequenceToken": call.ids.hex(56)}


@OPERATIONS.scan("GetLogEvents")
def get_log_events(call: Call, request: dict[str, Any]) -> Result:
    """The events of one stream. Tokens are `f/<id>` and `b/<id>`."""
    group, stream = named(request), request["logStreamName"]
    require_group(call, group)
    token = request.get("nextToken") or ""
    limit = request.get("limit") or 10_000
    forward = token.startswith("f/") or bool(request.get("startFromHead"))
    bound = 0 if forward else 1 << 62
    if token:
        if not token.startswith(("f/", "b/")) or token == token[:2]:
            raise bad_token()
        bound = paging.place(token[2:], bad_token())
    compare, order = (">", "ASC") if forward else ("<", "DESC")
    rows = call.tx.all(
        f"SELECT id, time, message, ingested FROM logs_events WHERE grp=? AND stream=?"
        f" AND time>=? AND time<? AND id{compare}? ORDER BY id {order} LIMIT ?",
        (
            group,
            stream,
            request.get("startTime") or 0,
            request.get("endTime") or 1 << 62,
            bound,
            limit,
        ),
    )
    rows.sort()
    first = rows[0][0] if rows else bound
    last = rows[-1][0] if rows else bound
    return {
        "events": [
            {"timestamp": time, "message": message, "ingestionTime": ingested}
            for _, time, message, ingested in rows
        ],
        "nextForwardToken": f"f/{last}",
        "nextBackwardToken": f"b/{first}",
    }


@OPERATIONS.scan("FilterLogEvents")
def filter_log_events(call: Call, request: dict[str, Any]) -> Result:
    """The events of a group that match a filter pattern, the oldest first or the newest.

    Tokens are `<id>`, and `b/<id>` where it goes backward.
    """
    group = named(request)
    require_group(call, group)
    matches = compile_filter(request.get("filterPattern") or "").matches
    limit = request.get("limit") or 10_000
    text = request.get("nextToken") or ""
    back = text.startswith("b/") or (not text and request.get("startFromHead") is False)
    after = paging.place(text.removeprefix("b/"), bad_token()) or (1 << 62 if back else 0)
    compare, order = ("<", "DESC") if back else (">", "ASC")
    prefix = request.get("logStreamNamePrefix") or ""
    names = request.get("logStreamNames")
    events: list[dict[str, Any]] = []
    token = None
    for number, stream, time, message, ingested in call.tx.execute(
        "SELECT id, stream, time, message, ingested FROM logs_events WHERE grp=? AND time>=?"
        f" AND time<=? AND id{compare}? ORDER BY id {order}",
        (group, request.get("startTime") or 0, request.get("endTime") or 1 << 62, after),
    ):
        if not stream.startswith(prefix) or (names and stream not in names):
            continue
        if not matches(message):
            continue
        if len(events) == limit:
            token = ("b/" if back else "") + str(int(events[-1]["eventId"]))
            break
        events.append(
            {
                "logStreamName": stream,
                "timestamp": time,
                "message": message,
                "ingestionTime": ingested,
                "eventId": subscriptions.event_id(number),
            }
        )
    answer: dict[str, Any] = {"events": events, "searchedLogStreams": []}
    return answer | ({"nextToken": token} if token else {})
