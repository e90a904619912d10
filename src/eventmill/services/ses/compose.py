"""Making a message of its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from typing import Any

from eventmill.kernel.clock import mail_date


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail in parts. `headers` and `attachments` are as in SESv2."""

    sender: str
    to: Sequence[str]
    cc: Sequence[str]
    bcc: Sequence[str]
    reply_to: Sequence[str]
    subject: str
    text: str | None
    html: str | None
    headers: Sequence[Mapping[str, str]] = ()
    attachments: Sequence[Mapping[str, Any]] = ()


def message(draft: Draft, now: float) -> bytes:
    """The message whole; who is in Bcc does not stand in it."""
    mail = EmailMessage()
    if draft.sender:
        mail["From"] = draft.sender
    for name, addresses in (("To", draft.to), ("Cc", draft.cc), ("Reply-To", draft.reply_to)):
        if addresses:
            mail[name] = ", ".join(addresses)
    mail["Subject"] = draft.subject.replace("\r", " ").replace("\n", " ")
    mail["Date"] = mail_date(now)
    for header in draft.headers:
        mail[header["Name"]] = header["Value"]
    if draft.text is not None or draft.html is None:
        mail.set_content(draft.text or "")
        if draft.html is not None:
            mail.add_alternative(draft.html, subtype="html")
    else:
        mail.set_content(draft.html, subtype="html")
    for attached in draft.attachments:
        main, _, sub = (attached.get("ContentType") or "application/octet-stream").partition("/")
        mail.add_attachment(
            attached["RawContent"],
            maintype=main,
            subtype=sub,
            filename=attached.get("FileName"),
            disposition=(attached.get("ContentDisposition") or "ATTACHMENT").lower(),
            cid=f"<{attached['ContentId']}>" if attached.get("ContentId") else None,
        )
    return mail.as_bytes(policy=policy.SMTP)
