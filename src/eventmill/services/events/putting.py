"""PutEvents, events of partners, and events that other services put.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

from __future__ import annotations

from typing import Any

import orjson

from eventmill.kernel import lineage
from eventmill.kernel.clock import iso_seconds
from eventmill.kernel.ids import Ids
from eventmill.services.contract import Call, Result
from eventmill.services.events import buses, faults, routing
from eventmill.services.events.buses import OPERATIONS
from eventmill.store.transaction import Transaction

MOST = 10
SIZE_LIMIT = 1_048_576


def _size(entry: dict[str, Any]) -> int:
    texts = [entry.get(key) or "" for key in ("Source", "DetailType", "Detail")]
    texts += entry.get("Resources") or []
    return sum(len(text.encode()) for text in texts) + (14 if entry.get("Time") else 0)


def _check(entries: list[dict[str, Any]]) -> None:
    if not 1 <= len(entries) <= MOST:
        shown = "[" + ", ".join("PutEventsRequestEntry()" for _ in entries) + "]"
        limit = "greater than or equal to 1" if not entries else f"less than or equal to {MOST}"
        raise faults.validation(
            f"1 validation error detected: Value '{shown}' at 'entries' failed to satisfy "
            f"constraint: Member must have length {limit}"
        )
    if sum(_size(entry) for entry in entries) > SIZE_LIMIT:
        raise faults.validation("Total size of the entries in the request is over the limit.")


@OPERATIONS.write("PutEvents")
def put_events(call: Call, request: dict[str, Any]) -> Result:
    """An entry that is refused is told in its place; the others are taken."""
    if request.get("EndpointId"):
        raise faults.parameter("EndpointId", "Global endpoints exist only on AWS.")
    entries = request["Entries"]
    _check(entries)
    answers = [_put_entry(call, entry) for entry in entries]
    failed = sum("ErrorCode" in answer for answer in answers)
    return {"FailedEntryCount": failed, "Entries": answers}


@OPERATIONS.write("PutPartnerEvents")
def put_partner_events(call: Call, request: dict[str, Any]) -> Result:
    """Entries go to the bus of their source; where there is none they are taken and are lost."""
    entries = request["Entries"]
    _check(entries)
    answers = []
    for entry in entries:
        source = entry.get("Source") or ""
        if not source.startswith(buses.PARTNERS):
            answers.append(_refused("InvalidArgument", f"{source} is no partner event source."))
        else:
            answers.append(_put_entry(call, {**entry, "EventBusName": source}, partner=True))
    return {"FailedEntryCount": sum("ErrorCode" in one for one in answers), "Entries": answers}


def _refused(code: str, message: str) -> dict[str, Any]:
    return {"ErrorCode": code, "ErrorMessage": message}


def _put_entry(call: Call, entry: dict[str, Any], *, partner: bool = False) -> dict[str, Any]:
    for member in ("Source", "DetailType", "Detail"):
        if not entry.get(member):
            return _refused(
                "InvalidArgument",
                f"Parameter {member} is not valid. Reason: {member} is a required argument.",
            )
    if entry["Source"].startswith("aws.") and not partner:
        return _refused(
            "NotAuthorizedForSourceException",
            f"Not authorized for the source. Source {entry['Source']} is reserved for AWS.",
        )
    try:
        detail = orjson.loads(entry["Detail"])
    except orjson.JSONDecodeError:
        detail = None
    if not isinstance(detail, dict):
        return _refused("MalformedDetail", "Detail is malformed.")
    number = put(
        call.tx,
        call.ids,
        call.region,
        call.account,
        buses.name_of(entry.get("EventBusName")),
        {
            "source": entry["Source"],
            "detail-type": entry["DetailType"],
            "time": iso_seconds(entry.get("Time") or call.now),
            "resources": entry.get("Resources") or [],
            "detail": detail,
        },
        entry.get("TraceHeader") or call.trace,
    )
    return {"EventId": number}


def put(
    tx: Transaction,
    ids: Ids,
    region: str,
    account: str,
    bus: str,
    event: dict[str, Any],
    trace: str | None = None,
) -> str:
    """Put an event on a bus; returns its id.

    `event` has source, detail-type, time, resources and detail; the rest of the envelope is added.
    """
    number = ids.uuid()
    envelope = {
        "version": "0",
        "id": number,
        "detail-type": event["detail-type"],
        "source": event["source"],
        "account": account,
        "time": event["time"],
        "region": region,
        "resources": event["resources"],
        "detail": event["detail"],
    }
    # Lambda follows no loops through buses: the functions behind one begin a chain.
    routing.route(tx, bus, envelope, trace and lineage.without(trace))
    return number
