"""The local mailbox: what the application sent to people, kept instead of being sent.

SES's mails land here, and SNS's e-mails and SMS.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from eventmill.kernel.clock import iso_millis
from eventmill.store.transaction import Transaction

KEY = "ses.mailbox"
"""Announced when a message was put in."""

_KEPT = 10_000
"""Messages; the oldest go first."""
_COLUMNS = "id, kind, message_id, time, sender, recipients, subject, raw"


def put(
    tx: Transaction,
    message_id: str,
    sender: str,
    recipients: Sequence[str],
    subject: str,
    raw: bytes,
    *,
    kind: str = "email",
) -> int:
    """Keep a message; returns its number in the mailbox."""
    cursor = tx.execute(
        "INSERT INTO ses_mailbox(kind, message_id, time, sender, recipients, subject, raw)"
        " VALUES(?,?,?,?,?,?,?)",
        (kind, message_id, tx.now, sender, json.dumps(list(recipients)), subject, raw),
    )
    number = cursor.lastrowid
    assert number is not None
    tx.execute("DELETE FROM ses_mailbox WHERE id<=?", (number - _KEPT,))
    tx.announce(KEY)
    return number


def find(tx: Transaction, number: int) -> dict[str, Any] | None:
    """One message whole, or None."""
    row = tx.one(f"SELECT {_COLUMNS} FROM ses_mailbox WHERE id=?", (number,))
    return None if row is None else _whole(row)


def newest(tx: Transaction, recipient: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
    """The last messages whole, oldest first; of one recipient where it is named."""
    where = "WHERE EXISTS (SELECT 1 FROM json_each(recipients) WHERE lower(value)=lower(?))"
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM ses_mailbox {where if recipient else ''} ORDER BY id DESC LIMIT ?",
        (*((recipient,) if recipient else ()), limit),
    )
    return [_whole(row) for row in reversed(rows)]


def empty(tx: Transaction) -> None:
    """Throw everything away."""
    tx.execute("DELETE FROM ses_mailbox")


def _whole(row: Sequence[Any]) -> dict[str, Any]:
    number, kind, message_id, time, sender, recipients, subject, raw = row
    shown: dict[str, Any] = {
        "id": number,
        "kind": kind,
        "messageId": message_id,
        "time": iso_millis(time),
        "from": sender,
        "to": json.loads(recipients),
        "subject": subject,
    }
    if kind != "email":
        return shown | {"text": raw.decode()}
    return shown | _parts(raw) | {"raw": raw.decode("utf-8", "replace")}


def _parts(raw: bytes) -> dict[str, Any]:
    """What a reader sees: headers, text, HTML, and what is attached."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return {
        "headers": [[name, str(value)] for name, value in message.items()],
        "text": _content(message, "plain"),
        "html": _content(message, "html"),
        "attachments": [
            {
                "name": part.get_filename(),
                "type": part.get_content_type(),
                "size": len(part.get_payload(decode=True) or b""),
            }
            for part in message.iter_attachments()
        ]
        if message.is_multipart()
        else [],
    }


def _content(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body((kind,))
    if part is None:
        return None
    try:
        return str(part.get_content()).replace("\r\n", "\n")
    except (LookupError, UnicodeError):
        return None
