"""Addresses and domains that mail is sent from. All are verified at once.

https://docs.aws.amazon.com/ses/latest/APIReference/API_VerifyEmailIdentity.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.ses import faults
from eventmill.services.ses.operations import OPERATIONS
from eventmill.services.ses.pages import paged
from eventmill.store.transaction import Transaction

Settings = dict[str, Any]


def find(tx: Transaction, name: str) -> Settings | None:
    """What was set for an identity; None for one that is unknown."""
    row = tx.one("SELECT settings FROM ses_identities WHERE name=?", (name,))
    return None if row is None else json.loads(row[0])


def put(tx: Transaction, name: str, settings: Mapping[str, Any]) -> None:
    """Make an identity, or change what is set for it."""
    tx.execute(
        "INSERT OR REPLACE INTO ses_identities VALUES(?,?)", (name, json.dumps(dict(settings)))
    )


def verify(tx: Transaction, name: str) -> None:
    """Make an identity; one that is there stays as it is. Raises Invalid for no address."""
    if not name or name.startswith("@") or " " in name:
        raise faults.invalid(f"Invalid email address<{name}>.")
    if find(tx, name) is None:
        put(tx, name, {})


def drop(tx: Transaction, name: str) -> None:
    """One that is gone is no error."""
    tx.execute("DELETE FROM ses_identities WHERE name=?", (name,))


def names(tx: Transaction) -> list[str]:
    """All identities."""
    return [row[0] for row in tx.all("SELECT name FROM ses_identities ORDER BY name")]


def change(tx: Transaction, name: str, settings: Mapping[str, Any]) -> None:
    """Set something for an identity. Raises Invalid for an unknown one."""
    held = find(tx, name)
    if held is None:
        raise faults.invalid(f"Identity {name} does not exist.")
    put(tx, name, {**held, **settings})


def topic_for(tx: Transaction, sender: str, kind: str) -> tuple[str, str] | None:
    """(identity, topic that wants to know of its bounces, complaints or deliveries)."""
    for name in (sender, sender.rpartition("@")[2]):
        topics = (find(tx, name) or {}).get("Topics", {})
        if topics.get(kind):
            return name, str(topics[kind])
    return None


def dkim_tokens(name: str) -> list[str]:
    """The three names of a domain's DKIM records: the same every time."""
    return [hashlib.sha256(f"{name}{number}".encode()).hexdigest()[:32] for number in range(3)]


@OPERATIONS.write("VerifyEmailIdentity")
def verify_email_identity(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    verify(call.tx, request["EmailAddress"])
    return {}


@OPERATIONS.write("VerifyEmailAddress")
def verify_email_address(call: Call, request: dict[str, Any]) -> Result:
    """The older name of VerifyEmailIdentity."""
    return verify_email_identity(call, request)


@OPERATIONS.write("VerifyDomainIdentity")
def verify_domain_identity(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    verify(call.tx, request["Domain"])
    return {"VerificationToken": dkim_tokens(request["Domain"])[0]}


@OPERATIONS.write("VerifyDomainDkim")
def verify_domain_dkim(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    verify(call.tx, request["Domain"])
    return {"DkimTokens": dkim_tokens(request["Domain"])}


@OPERATIONS.write("DeleteIdentity")
def delete_identity(call: Call, request: dict[str, Any]) -> Result:
    """One that is gone is no error."""
    drop(call.tx, request["Identity"])
    return {}


@OPERATIONS.write("DeleteVerifiedEmailAddress")
def delete_verified_email_address(call: Call, request: dict[str, Any]) -> Result:
    """The older name of DeleteIdentity."""
    drop(call.tx, request["EmailAddress"])
    return {}


@OPERATIONS.read("ListIdentities")
def list_identities(call: Call, request: dict[str, Any]) -> Result:
    """All, or those of one type. Raises Invalid."""
    found = names(call.tx)
    kind = request.get("IdentityType")
    if kind:
        found = [name for name in found if ("@" in name) == (kind == "EmailAddress")]
    return paged(found, "Identities", request)


@OPERATIONS.read("ListVerifiedEmailAddresses")
def list_verified_email_addresses(call: Call, request: dict[str, Any]) -> Result:
    """All addresses."""
    return {"VerifiedEmailAddresses": [name for name in names(call.tx) if "@" in name]}


@OPERATIONS.read("GetIdentityVerificationAttributes")
def get_identity_verification_attributes(call: Call, request: dict[str, Any]) -> Result:
    """Of those that are known."""
    known = [name for name in request["Identities"] if find(call.tx, name) is not None]
    return {
        "VerificationAttributes": {
            name: {"VerificationStatus": "Success"}
            | ({} if "@" in name else {"VerificationToken": dkim_tokens(name)[0]})
            for name in known
        }
    }


@OPERATIONS.read("GetIdentityDkimAttributes")
def get_identity_dkim_attributes(call: Call, request: dict[str, Any]) -> Result:
    """Of those that are known."""
    known = {name: find(call.tx, name) for name in request["Identities"]}
    return {
        "DkimAttributes": {
            name: {
                "DkimEnabled": held.get("DkimEnabled", True),
                "DkimVerificationStatus": "Success",
                "DkimTokens": dkim_tokens(name),
            }
            for name, held in known.items()
            if held is not None
        }
    }


@OPERATIONS.read("GetIdentityNotificationAttributes")
def get_identity_notification_attributes(call: Call, request: dict[str, Any]) -> Result:
    """Of those that are known."""
    known = {name: find(call.tx, name) for name in request["Identities"]}
    return {
        "NotificationAttributes": {
            name: {
                "ForwardingEnabled": held.get("ForwardingEnabled", True),
                **{f"{kind}Topic": topic for kind, topic in held.get("Topics", {}).items()},
                **{
                    f"HeadersIn{kind}NotificationsEnabled": on
                    for kind, on in held.get("Headers", {}).items()
                },
            }
            for name, held in known.items()
            if held is not None
        }
    }


@OPERATIONS.write("SetIdentityNotificationTopic")
def set_identity_notification_topic(call: Call, request: dict[str, Any]) -> Result:
    """Without a topic nobody is told any more. Raises Invalid."""
    topic = request.get("SnsTopic")
    if topic and call.directory(call.tx, topic) is None:
        raise faults.invalid(f"Invalid SNS topic <{topic}>.")
    held = find(call.tx, request["Identity"]) or {}
    topics = {**held.get("Topics", {}), request["NotificationType"]: topic}
    kept = {kind: arn for kind, arn in topics.items() if arn}
    change(call.tx, request["Identity"], {"Topics": kept})
    return {}


@OPERATIONS.write("SetIdentityFeedbackForwardingEnabled")
def set_identity_feedback_forwarding_enabled(call: Call, request: dict[str, Any]) -> Result:
    """Recorded: nobody gets bounces forwarded on one machine. Raises Invalid."""
    settings = {"ForwardingEnabled": request["ForwardingEnabled"]}
    change(call.tx, request["Identity"], settings)
    return {}


@OPERATIONS.write("SetIdentityHeadersInNotificationsEnabled")
def set_identity_headers_in_notifications_enabled(call: Call, request: dict[str, Any]) -> Result:
    """Recorded: notifications always have the headers. Raises Invalid."""
    held = find(call.tx, request["Identity"]) or {}
    headers = {**held.get("Headers", {}), request["NotificationType"]: request["Enabled"]}
    change(call.tx, request["Identity"], {"Headers": headers})
    return {}


@OPERATIONS.write("SetIdentityDkimEnabled")
def set_identity_dkim_enabled(call: Call, request: dict[str, Any]) -> Result:
    """Recorded: mail that does not leave is not signed. Raises Invalid."""
    change(call.tx, request["Identity"], {"DkimEnabled": request["DkimEnabled"]})
    return {}


@OPERATIONS.write("SetIdentityMailFromDomain")
def set_identity_mail_from_domain(call: Call, request: dict[str, Any]) -> Result:
    """Recorded. Raises Invalid."""
    settings = {
        "MailFromDomain": request.get("MailFromDomain"),
        "BehaviorOnMXFailure": request.get("BehaviorOnMXFailure") or "UseDefaultValue",
    }
    change(call.tx, request["Identity"], {"MailFrom": settings})
    return {}
