"""Sending: what both versions of the API ask for, checked and handed to `outgoing`.

https://docs.aws.amazon.com/ses/latest/APIReference/API_SendEmail.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from eventmill.services.contract import Call
from eventmill.services.ses import (
    compose,
    configuration_sets,
    faults,
    handlebars,
    identities,
    mime,
    outgoing,
    templates,
)
from eventmill.services.ses.compose import Draft
from eventmill.services.ses.outgoing import Outgoing

_MOST_RECIPIENTS = 50
RAW_LIMIT = 41_943_040
"""Bytes of a message."""


def tags_of(tags: Sequence[Mapping[str, str]] | None) -> dict[str, str]:
    """Message tags as a dictionary."""
    return {tag["Name"]: tag["Value"] for tag in tags or ()}


def addresses(destination: Mapping[str, Any], kind: str) -> list[str]:
    """`To`, `Cc` or `Bcc` of a Destination."""
    return list(destination.get(f"{kind}Addresses") or [])


def draft_of(
    sender: str,
    destination: Mapping[str, Any],
    reply_to: Sequence[str] | None,
    content: templates.Rendered,
    *,
    headers: Sequence[Mapping[str, str]] = (),
    attachments: Sequence[Mapping[str, Any]] = (),
) -> Draft:
    """A mail in parts."""
    return Draft(
        sender,
        addresses(destination, "To"),
        addresses(destination, "Cc"),
        addresses(destination, "Bcc"),
        list(reply_to or []),
        content.subject,
        content.text,
        content.html,
        headers,
        attachments,
    )


def send_draft(
    call: Call, draft: Draft, configuration_set: str | None, tags: Mapping[str, str]
) -> str:
    """Send a mail made of parts; returns its id. Raises Invalid."""
    recipients = [*draft.to, *draft.cc, *draft.bcc]
    raw = compose.message(draft, call.now)
    return send_raw(call, draft.sender, recipients, raw, configuration_set, tags)


def send_raw(
    call: Call,
    sender: str,
    recipients: Sequence[str],
    raw: bytes,
    configuration_set: str | None,
    tags: Mapping[str, str],
) -> str:
    """Send a whole message; returns its id. Raises Invalid."""
    return outgoing.send(
        call.tx,
        call.ids,
        call.account,
        call.region,
        _checked(call, sender, recipients, raw, configuration_set, tags),
    )


def _checked(
    call: Call,
    sender: str,
    recipients: Sequence[str],
    raw: bytes,
    configuration_set: str | None,
    tags: Mapping[str, str],
) -> Outgoing:
    source = mime.address_of(sender)
    given = [mime.address_of(one) for one in recipients]
    for address in (source, *given):
        if "@" not in address[1:-1]:
            raise faults.invalid("Missing final '@domain'")
    if not given:
        raise faults.invalid("Missing required header 'To'.")
    if len(given) > _MOST_RECIPIENTS:
        raise faults.invalid(f"Recipient count exceeds {_MOST_RECIPIENTS}.")
    if len(raw) > RAW_LIMIT:
        raise faults.invalid(f"Message length is more than {RAW_LIMIT} bytes long: '{len(raw)}'.")
    name = configuration_set or _default_set(call, source)
    if name:
        configuration_sets.require(call.tx, name)
    return Outgoing(source, list(dict.fromkeys(given)), raw, name, tags)


def _default_set(call: Call, source: str) -> str | None:
    for identity in (source, source.rpartition("@")[2]):
        held = identities.find(call.tx, identity) or {}
        if held.get("ConfigurationSetName"):
            return str(held["ConfigurationSetName"])
    return None


def send_template(
    call: Call,
    template: str,
    content: Mapping[str, str],
    data: Mapping[str, Any],
    draft: Draft,
    configuration_set: str | None,
    tags: Mapping[str, str],
) -> str:
    """Fill a template in and send it; returns the mail's id. Raises Invalid.

    Data that lacks something is no error to the caller: the mail is not sent, and the
    configuration set's destinations are told.
    """
    recipients = [*draft.to, *draft.cc, *draft.bcc]
    try:
        made = templates.fill_in(content, data)
    except handlebars.MissingAttribute as missing:
        mail = _checked(call, draft.sender, recipients, b"", configuration_set, tags)
        number = outgoing.message_id(call.ids, call.now)
        outgoing.rendering_failed(
            call.tx, call.account, call.region, number, mail, template, str(missing)
        )
        return number
    filled = replace(draft, subject=made.subject, text=made.text, html=made.html)
    return send_draft(call, filled, configuration_set, tags)


EMPTY = templates.Rendered("", None, None)
"""The content of a draft before its template is filled in."""
