"""Carries codes and invitations of user pools into the local mailbox.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-email.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email import policy
from email.message import EmailMessage
from typing import Any

import orjson

from eventmill.deliver.outbox import Carrier
from eventmill.kernel.ids import Ids
from eventmill.services import ses
from eventmill.services.ses.outgoing import Outgoing
from eventmill.store.outbox import OutboxRow
from eventmill.store.transaction import Transaction

_TAG = re.compile(r"<[^>]+>")


def carrier(ids: Ids, region: str, account: str) -> Carrier:
    """The outbox's carrier for services.cognito.MAIL."""

    def carry(tx: Transaction, row: OutboxRow) -> None:
        message = orjson.loads(row.payload)
        if message["medium"] == "SMS":
            text = message["text"].encode()
            ses.mailbox.put(tx, ids.uuid(), "", [message["to"]], "", text, kind="sms")
            return
        raw = _mail(message).as_bytes(policy=policy.SMTP)
        sender = ses.mime.address_of(message["from"])
        mail = Outgoing(sender, [message["to"]], raw, message["configurationSet"])
        ses.outgoing.send(tx, ids, account, region, mail)

    return carry


def _mail(message: Mapping[str, Any]) -> EmailMessage:
    """HTML, as Cognito sends it, beside its words alone."""
    mail = EmailMessage()
    mail["From"] = message["from"]
    mail["To"] = message["to"]
    mail["Subject"] = message["subject"]
    if message["replyTo"]:
        mail["Reply-To"] = message["replyTo"]
    mail.set_content(_TAG.sub("", message["text"]))
    mail.add_alternative(message["text"], subtype="html")
    return mail
