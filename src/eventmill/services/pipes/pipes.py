"""Pipes as rows, and as deliver reads them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.services.contract import Call
from eventmill.services.pipes import settings
from eventmill.services.pipes.faults import missing, taken, validation
from eventmill.store.transaction import Row, Transaction

KEY = "pipes"
"""Announced when a pipe was created, changed or deleted."""

MEMBERS = (
    "Description",
    "Source",
    "SourceParameters",
    "Enrichment",
    "EnrichmentParameters",
    "Target",
    "TargetParameters",
    "RoleArn",
    "LogConfiguration",
    "KmsKeyIdentifier",
)
"""What a pipe is, by the names of CreatePipe."""

_NAME = re.compile(r"[.\-_A-Za-z0-9]{1,64}\Z")
_COLUMNS = "name, id, arn, definition, tags, state, reason, created, modified"


@dataclass(frozen=True, slots=True)
class Pipe:
    """A running pipe."""

    name: str
    id: str
    arn: str
    definition: Mapping[str, Any]
    created: float

    @property
    def source(self) -> str:
        """ARN of the queue, stream or cluster, or a broker's address behind `smk://`."""
        return str(self.definition["Source"])

    @property
    def target(self) -> str:
        """The target's ARN."""
        return str(self.definition["Target"])

    @property
    def enrichment(self) -> str:
        """The enrichment's ARN, empty without one."""
        return self.definition.get("Enrichment") or ""

    @property
    def role(self) -> str:
        """ARN of the role that it acts as."""
        return str(self.definition["RoleArn"])

    def parameters(self, part: str) -> Mapping[str, Any]:
        """`Source`, `Enrichment` or `Target` parameters."""
        return self.definition.get(f"{part}Parameters") or {}

    @property
    def source_settings(self) -> Mapping[str, Any]:
        """The parameters of the kind of its source."""
        kind = settings.SOURCES[settings.kind_of(self.source)]
        return self.parameters("Source").get(kind) or {}

    @property
    def target_settings(self) -> Mapping[str, Any]:
        """The parameters of the kind of its target."""
        return self.parameters("Target").get(settings.TARGETS[settings.kind_of(self.target)]) or {}


def running(tx: Transaction) -> list[Pipe]:
    """Those that are to run and can, oldest first."""
    rows = tx.all(
        "SELECT name, id, arn, definition, created FROM pipes_pipes WHERE state='RUNNING'"
        " ORDER BY created, name"
    )
    pipes = [Pipe(row[0], row[1], row[2], json.loads(row[3]), row[4]) for row in rows]
    return [pipe for pipe in pipes if not settings.unmanned(pipe.definition)]


def condition(row: Row) -> tuple[str, str | None]:
    """(CurrentState, StateReason). One that can bring its events nowhere leaves them in the source.

    Nothing is lost so, and a queue does not fill its dead-letter queue with what nobody will take.
    """
    why = settings.unmanned(json.loads(row[3]))
    return ("START_FAILED", why) if why and row[5] == "RUNNING" else (row[5], row[6])


def ids(tx: Transaction) -> set[str]:
    """Of all pipes, the stopped ones too."""
    return {row[0] for row in tx.all("SELECT id FROM pipes_pipes")}


def set_reason(tx: Transaction, pipe: str, reason: str | None) -> None:
    """Record why the latest batch of the pipe with this id failed."""
    tx.execute("UPDATE pipes_pipes SET reason=? WHERE id=?", (reason, pipe))


def rows(tx: Transaction) -> list[Row]:
    """The columns of all pipes, by name."""
    return tx.all(f"SELECT {_COLUMNS} FROM pipes_pipes ORDER BY name")


def row_of(tx: Transaction, name: str) -> Row:
    """The columns of a pipe. Raises NotFound."""
    row = tx.one(f"SELECT {_COLUMNS} FROM pipes_pipes WHERE name=?", (name,))
    if row is None:
        raise missing(name)
    return row


def check_name(name: str) -> None:
    """Raises Invalid."""
    if not _NAME.match(name):
        raise validation(f"{name!r} is no name of a pipe: letters, digits, and any of . - _")


def create(call: Call, given: Mapping[str, Any]) -> Row:
    """A new pipe, running or stopped at once. Raises Conflict, Invalid."""
    name = given["Name"]
    check_name(name)
    if call.tx.one("SELECT 1 FROM pipes_pipes WHERE name=?", (name,)) is not None:
        raise taken(name)
    definition = {key: given[key] for key in MEMBERS if given.get(key) not in (None, "")}
    settings.check(definition)
    kafka = settings.kind_of(definition["Source"]) in ("kafka", "smk")
    if not kafka and call.directory(call.tx, definition["Source"]) is None:
        raise validation(f"The source {definition['Source']} does not exist.")
    call.tx.execute(
        f"INSERT INTO pipes_pipes({_COLUMNS}) VALUES(?,?,?,?,?,?,NULL,?,?)",
        (
            name,
            call.ids.uuid(),
            f"arn:aws:pipes:{call.region}:{call.account}:pipe/{name}",
            json.dumps(definition),
            json.dumps(given.get("Tags") or {}),
            given.get("DesiredState") or "RUNNING",
            call.now,
            call.now,
        ),
    )
    call.tx.announce(KEY)
    return row_of(call.tx, name)


def update(call: Call, name: str, given: Mapping[str, Any], *, whole: bool = False) -> Row:
    """Change what `given` names; with `whole` what it leaves out goes. Raises NotFound, Invalid.

    The source stays, and so does where it was begun to be read.
    """
    row = row_of(call.tx, name)
    was = json.loads(row[3])
    changes = {key: given[key] for key in MEMBERS if given.get(key) is not None}
    definition = changes if whole else was | changes
    if not whole and "SourceParameters" in changes:
        before = was.get("SourceParameters") or {}
        definition["SourceParameters"] = before | changes["SourceParameters"]
    definition["Source"] = was["Source"]
    _keep_position(definition, was)
    definition = {key: value for key, value in definition.items() if value != ""}
    settings.check(definition)
    call.tx.execute(
        "UPDATE pipes_pipes SET definition=?, state=?, modified=? WHERE name=?",
        (json.dumps(definition), given.get("DesiredState") or row[5], call.now, name),
    )
    call.tx.announce(KEY)
    return row_of(call.tx, name)


def _keep_position(definition: dict[str, Any], was: Mapping[str, Any]) -> None:
    kind = settings.SOURCES[settings.kind_of(was["Source"])]
    before = (was.get("SourceParameters") or {}).get(kind) or {}
    kept = {key: value for key, value in before.items() if key.startswith("StartingPosition")}
    if kept:
        parameters = dict(definition.get("SourceParameters") or {})
        definition["SourceParameters"] = parameters | {kind: {**parameters.get(kind, {}), **kept}}


def switch(call: Call, name: str, state: str) -> Row:
    """Start or stop it. Raises NotFound."""
    row_of(call.tx, name)
    call.tx.execute(
        "UPDATE pipes_pipes SET state=?, modified=? WHERE name=?", (state, call.now, name)
    )
    call.tx.announce(KEY)
    return row_of(call.tx, name)


def delete(call: Call, name: str) -> Row:
    """Away with it; returns what its row was. Raises NotFound."""
    row = row_of(call.tx, name)
    call.tx.execute("DELETE FROM pipes_pipes WHERE name=?", (name,))
    call.tx.announce(KEY)
    return row


def set_tags(call: Call, arn: str, change: Mapping[str, str | None]) -> None:
    """Add and replace tags; None takes one away. Raises NotFound."""
    name, tags = tags_of(call.tx, arn)
    merged = {key: value for key, value in {**tags, **change}.items() if value is not None}
    call.tx.execute("UPDATE pipes_pipes SET tags=? WHERE name=?", (json.dumps(merged), name))


def tags_of(tx: Transaction, arn: str) -> tuple[str, dict[str, str]]:
    """(name, tags) of the pipe with this ARN. Raises NotFound."""
    row = tx.one("SELECT name, tags FROM pipes_pipes WHERE arn=?", (arn,))
    if row is None:
        raise missing(arn.rpartition("/")[2])
    return row[0], json.loads(row[1])
