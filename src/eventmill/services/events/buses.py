"""Event buses.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus.html
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from eventmill.kernel.arns import parse_arn
from eventmill.kernel.errors import Invalid
from eventmill.services import paging
from eventmill.services.contract import Call, Operations, Result
from eventmill.services.events import faults
from eventmill.services.tags import Tags, tag_list, tag_map
from eventmill.store.transaction import Transaction

OPERATIONS = Operations()
TAGS = Tags("events_tags")
"""Of buses and rules."""
DEFAULT = "default"
PARTNERS = "aws.partner/"
"""How the names of partners' event sources begin, and those of their buses."""

_NAME = re.compile(r"[\w.\-/]{1,256}\Z", re.ASCII)
_MOST = 100
_SETTINGS = ("Description", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig")


def bus_arn(call: Call, name: str) -> str:
    """The ARN of a bus of this account."""
    return f"arn:aws:events:{call.region}:{call.account}:event-bus/{name}"


def name_of(given: str | None) -> str:
    """The bus that a name, an ARN or nothing (the default bus) means."""
    return (given or DEFAULT).rpartition("event-bus/")[2]


def exists(tx: Transaction, name: str) -> bool:
    """Whether there is a bus of this name."""
    return tx.one("SELECT 1 FROM events_buses WHERE name=?", (name,)) is not None


def reached(tx: Transaction, arn: str, sender: str) -> str:
    """The name of the bus with this ARN, for what the resource with the ARN `sender` sends there.

    Raises Invalid (ResourceNotFoundException). A bus of the same name in another region or account
    is another bus, and its rules are not here.
    """
    there, here = parse_arn(arn), parse_arn(sender)
    name = name_of(arn)
    if (there.region, there.account) != (here.region, here.account) or not exists(tx, name):
        raise faults.no_bus(arn)
    return name


def require(tx: Transaction, given: str | None) -> str:
    """The bus's name. Raises Invalid (ResourceNotFoundException)."""
    name = name_of(given)
    if not exists(tx, name):
        raise faults.no_bus(name)
    return name


def touch(tx: Transaction, bus: str) -> None:
    """Rules of the bus change: what is compiled of them must not be used again.

    The stamp is random and not a counter, so that one which a failed change took back never
    comes to mean other rules.
    """
    tx.execute("INSERT OR REPLACE INTO events_stamps VALUES(?,?)", (bus, secrets.token_hex(8)))


def create(call: Call, name: str, settings: Mapping[str, Any]) -> str:
    """Returns the ARN. Raises Invalid.

    The bus of a partner's event source bears the source's name.
    """
    source = settings.get("EventSourceName")
    if source and (source != name or not name.startswith(PARTNERS)):
        raise faults.parameter("EventSourceName", f"A partner event source {source} is no {name}.")
    if not _NAME.match(name) or (not source and (name.startswith("aws.") or "/" in name)):
        raise faults.validation(
            f"1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [/\\.\\-_A-Za-z0-9]+"
        )
    if exists(call.tx, name):
        raise Invalid("ResourceAlreadyExistsException", f"Event bus {name} already exists.")
    count = call.tx.one("SELECT count(*) FROM events_buses")
    if count is not None and count[0] >= _MOST:
        raise Invalid("LimitExceededException", "The requested resource exceeds the maximum number")
    config = {key: settings[key] for key in _SETTINGS if settings.get(key)}
    call.tx.execute(
        "INSERT INTO events_buses VALUES(?,?,?,?)", (name, json.dumps(config), call.now, call.now)
    )
    return bus_arn(call, name)


def change(call: Call, name: str, settings: Mapping[str, Any]) -> None:
    """Replace settings; one given as None is taken away. Raises Invalid."""
    row = call.tx.one("SELECT config FROM events_buses WHERE name=?", (name,))
    if row is None:
        raise faults.no_bus(name)
    config = {**json.loads(row[0]), **settings}
    config = {key: value for key, value in config.items() if value is not None}
    call.tx.execute(
        "UPDATE events_buses SET config=?, modified=? WHERE name=?",
        (json.dumps(config), call.now, name),
    )


def delete(call: Call, name: str) -> None:
    """Deletes the bus; one that is gone is no error. Raises Invalid while it has rules."""
    if name == DEFAULT:
        raise faults.validation("Cannot delete event bus default.")
    if call.tx.one("SELECT 1 FROM events_rules WHERE bus=?", (name,)) is not None:
        raise faults.validation("Bus can't be deleted since it has rules.")
    call.tx.execute("DELETE FROM events_buses WHERE name=?", (name,))
    TAGS.drop(call.tx, bus_arn(call, name))


def _described(
    call: Call, name: str, config: str, created: float, modified: float
) -> dict[str, Any]:
    answer = {"Name": name, "Arn": bus_arn(call, name), **json.loads(config)}
    if name != DEFAULT:
        answer |= {"CreationTime": created, "LastModifiedTime": modified}
    return answer


@OPERATIONS.write("CreateEventBus")
def create_event_bus(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    arn = create(call, request["Name"], request)
    TAGS.put(call.tx, arn, tag_map(request.get("Tags")))
    return {"EventBusArn": arn, **{key: request[key] for key in _SETTINGS if request.get(key)}}


@OPERATIONS.write("UpdateEventBus")
def update_event_bus(call: Call, request: dict[str, Any]) -> Result:
    """Changes what the request names."""
    name = name_of(request.get("Name"))
    change(call, name, {key: request[key] for key in _SETTINGS if key in request})
    return {"Name": name, "Arn": bus_arn(call, name)}


@OPERATIONS.write("DeleteEventBus")
def delete_event_bus(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid while the bus has rules."""
    delete(call, name_of(request["Name"]))
    return {}


@OPERATIONS.read("DescribeEventBus")
def describe_event_bus(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException)."""
    name = require(call.tx, request.get("Name"))
    row = call.tx.one("SELECT * FROM events_buses WHERE name=?", (name,))
    assert row is not None
    return _described(call, *row)


@OPERATIONS.scan("ListEventBuses")
def list_event_buses(call: Call, request: dict[str, Any]) -> Result:
    """Ordered by name."""
    rows = call.tx.all(
        "SELECT * FROM events_buses WHERE name>=? AND name>? ORDER BY name",
        (request.get("NamePrefix") or "", request.get("NextToken") or ""),
    )
    found = [row for row in rows if row[0].startswith(request.get("NamePrefix") or "")]
    return page(request, "EventBuses", [(row[0], _described(call, *row)) for row in found])


@OPERATIONS.write("PutPermission")
def put_permission(call: Call, request: dict[str, Any]) -> Result:
    """Adds a statement to the bus's policy, or replaces the whole of it with `Policy`."""
    name = require(call.tx, request.get("EventBusName"))
    if request.get("Policy"):
        change(call, name, {"Policy": request["Policy"]})
        return {}
    principal = request["Principal"]
    statement: dict[str, Any] = {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"},
        "Action": request["Action"],
        "Resource": bus_arn(call, name),
    }
    condition = request.get("Condition")
    if condition:
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    put_statement(call, name, statement)
    return {}


def put_statement(call: Call, name: str, statement: dict[str, Any]) -> None:
    """Add a statement to the bus's policy, or replace the one of its Sid."""
    kept = [one for one in _statements(call, name) if one.get("Sid") != statement["Sid"]]
    _keep(call, name, [*kept, statement])


def drop_statement(call: Call, name: str, sid: str) -> bool:
    """Take a statement out of the bus's policy; False when it is not there."""
    found = _statements(call, name)
    kept = [one for one in found if one.get("Sid") != sid]
    _keep(call, name, kept)
    return len(kept) < len(found)


def _statements(call: Call, name: str) -> list[dict[str, Any]]:
    row = call.tx.one("SELECT config FROM events_buses WHERE name=?", (name,))
    if row is None:
        raise faults.no_bus(name)
    statements: list[dict[str, Any]] = json.loads(
        json.loads(row[0]).get("Policy") or '{"Statement": []}'
    )["Statement"]
    return statements


def _keep(call: Call, name: str, statements: list[dict[str, Any]]) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    change(call, name, {"Policy": policy if statements else None})


@OPERATIONS.write("RemovePermission")
def remove_permission(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for a statement that is not there."""
    name = require(call.tx, request.get("EventBusName"))
    if request.get("RemoveAllPermissions"):
        change(call, name, {"Policy": None})
    elif not drop_statement(call, name, request.get("StatementId") or ""):
        raise Invalid(
            "ResourceNotFoundException",
            f"Statement {request.get('StatementId')} does not exist in the policy of {name}.",
        )
    return {}


def page(
    request: Mapping[str, Any], member: str, entries: list[tuple[str, Any]], most: int = 100
) -> dict[str, Any]:
    """One page of (key, shown) entries that lie after the request's NextToken."""
    found, token = paging.keyed(entries, request.get("NextToken"), request.get("Limit") or most)
    return {member: found} | ({"NextToken": token} if token is not None else {})


def only_filter(
    operation: str, request: Mapping[str, Any], names: tuple[str, ...]
) -> Callable[[str, Mapping[str, Any]], bool]:
    """Whether (name, shown) passes the one filter that the request has. Raises Invalid for two.

    `names` are the filters that the operation has, `NamePrefix` among them.
    """
    given = [name for name in names if request.get(name)]
    if len(given) > 1:
        listed = ", ".join(names[:-1]) + f", or {names[-1]}"
        raise faults.validation(
            f"At most one filter is allowed for {operation}. Use either : {listed}."
        )

    def passes(name: str, shown: Mapping[str, Any]) -> bool:
        if not given:
            return True
        if given[0] == "NamePrefix":
            return name.startswith(request["NamePrefix"])
        return bool(shown[given[0]] == request[given[0]])

    return passes


@OPERATIONS.write("TagResource")
def tag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Tags are recorded: they mean nothing on one machine."""
    TAGS.put(call.tx, request["ResourceARN"], tag_map(request["Tags"]))
    return {}


@OPERATIONS.write("UntagResource")
def untag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Keys that are not there are no error."""
    TAGS.remove(call.tx, request["ResourceARN"], request["TagKeys"])
    return {}


@OPERATIONS.read("ListTagsForResource")
def list_tags_for_resource(call: Call, request: dict[str, Any]) -> Result:
    """Ordered by key."""
    return {"Tags": tag_list(TAGS.of(call.tx, request["ResourceARN"]))}
