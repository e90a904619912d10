"""Mails that come in: taken by the active rule set, then carried through their rules by deliver.

A mail is put down whole, with the actions of all rules that match it, in the transaction that its
sender's 250 waits for. A rule that changes later does not change what was taken.
https://docs.aws.amazon.com/ses/latest/dg/receiving-email-concepts.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eventmill.kernel.clock import iso_millis, mail_date
from eventmill.kernel.ids import Ids
from eventmill.services.ses import matching, mime, rules, verdicts
from eventmill.services.ses.bounces import HOST
from eventmill.store import outbox
from eventmill.store.transaction import Transaction

RECEIPT = "ses.receipt"
"""Kind of the outbox rows: one for each mail on its way; target is the mail's id."""

_TYPES = {
    "AddHeaderAction": "AddHeader",
    "BounceAction": "Bounce",
    "LambdaAction": "Lambda",
    "S3Action": "S3",
    "SNSAction": "SNS",
    "StopAction": "Stop",
    "WorkmailAction": "WorkMail",
}

SIZE_LIMIT = 41_943_040
"""Bytes of a mail that is taken."""


@dataclass(frozen=True, slots=True)
class Received:
    """A mail on its way through its rules."""

    id: str
    time: float
    source: str
    """The envelope's sender; empty for a bounce."""
    recipients: Sequence[str]
    """All of the envelope's."""
    plan: Sequence[Mapping[str, Any]]
    """In their order: `set`, `rule`, `scan`, `recipients` (whom the rule is for) and `action`."""
    place: int
    verdicts: Mapping[str, str]
    raw: bytes


def received(tx: Transaction, addresses: Sequence[str]) -> list[str]:
    """Those of the addresses that a rule of the active rule set is for."""
    name = rules.active_set(tx)
    wanted = [] if name is None else rules.rules_of(tx, name)
    lists = [rule["Recipients"] for rule in wanted if rule["Enabled"]]
    return [one for one in addresses if any(matching.chosen(each, [one]) for each in lists)]


def refuses(tx: Transaction, peer: str) -> bool:
    """Whether an IP filter keeps a sender's machine out."""
    return matching.blocked(tx.all("SELECT policy, cidr FROM ses_filters"), peer)


def accept(
    tx: Transaction, ids: Ids, source: str, recipients: Sequence[str], raw: bytes, peer: str
) -> str:
    """Take a mail; returns its id. Recipients that no rule is for have been refused before."""
    name = rules.active_set(tx)
    assert name is not None
    plan = []
    for rule in rules.rules_of(tx, name):
        wanted = matching.chosen(rule["Recipients"], recipients) if rule["Enabled"] else []
        if wanted:
            held = {"set": name, "rule": rule["Name"]}
            held |= {"scan": rule["ScanEnabled"], "recipients": wanted}
            plan += [{**held, "action": action} for action in rule["Actions"]]
    number = ids.lower(40)
    found = verdicts.judge(raw)
    tx.execute(
        "INSERT INTO ses_received VALUES(?,?,?,?,?,0,?,?)",
        (
            number,
            tx.now,
            source,
            json.dumps(list(recipients)),
            json.dumps(plan),
            json.dumps(found),
            mime.prepend(raw, _trace(tx.now, number, source, recipients, peer, found)),
        ),
    )
    outbox.emit(tx, RECEIPT, number, b"{}")
    return number


def _trace(
    now: float,
    number: str,
    source: str,
    recipients: Sequence[str],
    peer: str,
    found: Mapping[str, str],
) -> list[tuple[str, str]]:
    """The headers that a receiving server adds."""
    return [
        ("Return-Path", f"<{source}>"),
        (
            "Received",
            f"from {peer} ([{peer}]) by {HOST} with SMTP id {number} for"
            f" {recipients[0]}; {mail_date(now)}",
        ),
        ("X-SES-Spam-Verdict", found["spam"]),
        ("X-SES-Virus-Verdict", found["virus"]),
    ]


def find(tx: Transaction, number: str) -> Received | None:
    """A mail on its way, or None."""
    row = tx.one(
        "SELECT id, time, source, recipients, plan, place, verdicts, raw FROM ses_received"
        " WHERE id=?",
        (number,),
    )
    if row is None:
        return None
    mail_id, time, source, recipients, plan, place, found, raw = row
    return Received(
        mail_id,
        time,
        source,
        json.loads(recipients),
        json.loads(plan),
        place,
        json.loads(found),
        raw,
    )


def proceed(tx: Transaction, number: str, place: int, raw: bytes | None = None) -> None:
    """The next action is the one at `place`; `raw` when an action changed the mail."""
    tx.execute("UPDATE ses_received SET place=? WHERE id=?", (place, number))
    if raw is not None:
        tx.execute("UPDATE ses_received SET raw=? WHERE id=?", (raw, number))


def done(tx: Transaction, number: str) -> None:
    """The mail has gone through all its rules."""
    tx.execute("DELETE FROM ses_received WHERE id=?", (number,))


def mail_object(mail: Received) -> dict[str, Any]:
    """`mail` of a notification or event."""
    headers, truncated = mime.limited(mime.headers(mail.raw))
    return {
        "timestamp": iso_millis(mail.time),
        "source": mail.source,
        "messageId": mail.id,
        "destination": list(mail.recipients),
        "headersTruncated": truncated,
        "headers": headers,
        "commonHeaders": mime.common_headers(mail.raw, mail.source),
    }


def receipt_object(
    mail: Received, step: Mapping[str, Any], now: float, action: Mapping[str, Any]
) -> dict[str, Any]:
    """`receipt` of a notification or event."""
    return {
        "timestamp": iso_millis(mail.time),
        "processingTimeMillis": max(1, int((now - mail.time) * 1000)),
        "recipients": list(step["recipients"]),
        **verdicts.shown(mail.verdicts, scanned=step["scan"]),
        "action": dict(action),
    }


def action_object(mail: Received, kind: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """`action` of a receipt: what was done, in the words of notifications."""
    names = {name[0].lower() + name[1:]: value for name, value in settings.items() if value}
    if kind == "LambdaAction":
        names.setdefault("invocationType", "Event")
    if kind == "S3Action":
        prefix = settings.get("ObjectKeyPrefix") or ""
        names |= {"objectKeyPrefix": prefix, "objectKey": prefix + mail.id}
    return {"type": _TYPES[kind], **names}


def lambda_event(mail: Received, step: Mapping[str, Any], now: float) -> dict[str, Any]:
    """What a function gets."""
    action = action_object(mail, "LambdaAction", step["action"]["LambdaAction"])
    ses = {"mail": mail_object(mail), "receipt": receipt_object(mail, step, now, action)}
    return {"Records": [{"eventSource": "aws:ses", "eventVersion": "1.0", "ses": ses}]}


def notification(
    mail: Received, step: Mapping[str, Any], now: float, action: Mapping[str, Any]
) -> dict[str, Any]:
    """What a topic gets; the SNS action adds the content."""
    return {
        "notificationType": "Received",
        "mail": mail_object(mail),
        "receipt": receipt_object(mail, step, now, action),
    }
