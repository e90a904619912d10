"""A mail that leaves: into the local mailbox, and in again where a receipt rule is for it.

What happens to it is told to the configuration set's event destinations and the identity's topics.
The addresses of AWS's mailbox simulator bounce and complain as they do there.
https://docs.aws.amazon.com/ses/latest/dg/monitor-using-event-publishing.html
https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

from eventmill.kernel.clock import iso_millis, mail_date
from eventmill.kernel.ids import Ids
from eventmill.services.ses import configuration_sets, identities, mailbox, mime, receiving
from eventmill.store import outbox
from eventmill.store.transaction import Transaction

EVENT = "ses.event"
"""Kind of the outbox rows with sending events; target is a topic's or a bus's ARN, payload
`{"event", "detailType", "resources"}`."""

_SIMULATOR = "@simulator.amazonses.com"
_DETAIL_TYPES = {
    "Send": "Email Sent",
    "Delivery": "Email Delivered",
    "Bounce": "Email Bounced",
    "Complaint": "Email Complaint Received",
    "Rendering Failure": "Email Rendering Failed",
}
_OWN_HEADERS = frozenset({"bcc", "message-id", "return-path", "x-ses-configuration-set"})
_TAGS_HEADER = "x-ses-message-tags"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail to be sent. `sender` is the address alone, `raw` the whole message."""

    sender: str
    recipients: Sequence[str]
    raw: bytes
    configuration_set: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


def message_id(ids: Ids, now: float) -> str:
    """In the form of SES's: its time, then something unique."""
    return f"0100{int(now * 1000):012x}-{ids.uuid()}-000000"


def send(
    tx: Transaction, ids: Ids, account: str, region: str, mail: Outgoing, number: str | None = None
) -> str:
    """Deliver a mail; returns its id. What it causes is part of the transaction."""
    number = number or message_id(ids, tx.now)
    raw = mime.without(mail.raw, _OWN_HEADERS | {_TAGS_HEADER})
    own = [("Message-ID", f"<{number}@email.amazonses.com>")]
    if not mime.header_values(raw, "Date"):
        own.append(("Date", mail_date(tx.now)))
    raw = mime.prepend(raw, own)
    simulated = [one for one in mail.recipients if one.lower().endswith(_SIMULATOR)]
    looped = receiving.received(tx, mail.recipients)
    mailbox.put(tx, number, mail.sender, mail.recipients, mime.subject(raw), raw)
    if looped:
        receiving.accept(tx, ids, mail.sender, looped, raw, "127.0.0.1")
    teller = _Teller(tx, account, region, number, mail, raw)
    teller.tell("Send", {})
    for kind, recipients, detail in _fates(tx.now, ids, mail.recipients, simulated):
        if recipients:
            teller.tell(kind, detail)
    return number


def rendering_failed(
    tx: Transaction, account: str, region: str, number: str, mail: Outgoing, template: str, why: str
) -> None:
    """Tell that a template could not be filled in: the mail is not sent."""
    detail = {"templateName": template, "errorMessage": why}
    _Teller(tx, account, region, number, mail, mail.raw).tell("Rendering Failure", detail)


def _fates(
    now: float, ids: Ids, recipients: Sequence[str], simulated: Sequence[str]
) -> list[tuple[str, list[str], dict[str, Any]]]:
    """(event type, recipients, its detail) of what becomes of a mail."""

    def those(*locals_: str) -> list[str]:
        return [one for one in simulated if one.lower().split("@")[0].split("+")[0] in locals_]

    bounced, complained = those("bounce", "suppressionlist"), those("complaint")
    delivered = [one for one in recipients if one not in bounced]
    delivery = {
        "timestamp": iso_millis(now),
        "processingTimeMillis": 1,
        "recipients": delivered,
        "smtpResponse": "250 2.6.0 Message received",
        "remoteMtaIp": "127.0.0.1",
        "reportingMTA": "eventmill.local",
    }
    bounce = {
        "feedbackId": message_id(ids, now),
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [
            {
                "emailAddress": one,
                "action": "failed",
                "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            }
            for one in bounced
        ],
        "timestamp": iso_millis(now),
        "reportingMTA": "dns; eventmill.local",
    }
    complaint = {
        "feedbackId": message_id(ids, now),
        "complaintSubType": None,
        "complainedRecipients": [{"emailAddress": one} for one in complained],
        "timestamp": iso_millis(now),
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintFeedbackType": "abuse",
        "arrivalDate": iso_millis(now),
    }
    return [
        ("Delivery", delivered, delivery),
        ("Bounce", bounced, bounce),
        ("Complaint", complained, complaint),
    ]


@dataclass(frozen=True)
class _Teller:
    tx: Transaction
    account: str
    region: str
    number: str
    mail: Outgoing
    raw: bytes

    def tell(self, kind: str, detail: Mapping[str, Any]) -> None:
        """Emit one event to whoever wants its kind."""
        key = "failure" if kind == "Rendering Failure" else kind.lower()
        if self.mail.configuration_set:
            event = {"eventType": kind, "mail": self._about, key: detail}
            for target in self._destinations(kind):
                self._emit(target, kind, event, f"configuration-set/{self.mail.configuration_set}")
        told = identities.topic_for(self.tx, self.mail.sender, kind)
        if told:
            event = {"notificationType": kind, "mail": self._about, key: detail}
            self._emit(told[1], kind, event, f"identity/{told[0]}")

    def _emit(self, target: str, kind: str, event: Mapping[str, Any], source: str) -> None:
        arn = f"arn:aws:ses:{self.region}:{self.account}:{source}"
        payload = {"event": event, "detailType": _DETAIL_TYPES[kind], "resources": [arn]}
        outbox.emit(self.tx, EVENT, target, orjson.dumps(payload))

    def _destinations(self, kind: str) -> list[str]:
        found = configuration_sets.find(self.tx, self.mail.configuration_set or "")
        wanted = kind.upper().replace(" ", "_")
        targets = []
        for one in found[1].values() if found else ():
            if one.get("Enabled") and wanted in one["MatchingEventTypes"]:
                targets.append((one.get("SnsDestination") or {}).get("TopicArn"))
                targets.append((one.get("EventBridgeDestination") or {}).get("EventBusArn"))
                stream = one.get("KinesisFirehoseDestination") or {}
                targets.append(stream.get("DeliveryStreamArn"))
        return [target for target in targets if target]

    @cached_property
    def _about(self) -> dict[str, Any]:
        headers, truncated = mime.limited(mime.headers(self.raw))
        sender = self.mail.sender
        tags = {
            "ses:configuration-set": [self.mail.configuration_set or ""],
            "ses:from-domain": [sender.rpartition("@")[2]],
            "ses:caller-identity": ["root"],
            **{name: [value] for name, value in self.mail.tags.items()},
        }
        return {
            "timestamp": iso_millis(self.tx.now),
            "source": sender,
            "sourceArn": f"arn:aws:ses:{self.region}:{self.account}:identity/{sender}",
            "sendingAccountId": self.account,
            "messageId": self.number,
            "destination": list(self.mail.recipients),
            "headersTruncated": truncated,
            "headers": headers,
            "commonHeaders": mime.common_headers(self.raw, sender),
            "tags": tags,
        }


def tags_of(raw: bytes) -> dict[str, str]:
    """The tags that a raw message names in its own header."""
    pairs = (
        pair.strip().partition("=")
        for value in mime.header_values(raw, _TAGS_HEADER)
        for pair in value.split(",")
    )
    return {name: value for name, _, value in pairs if name}
