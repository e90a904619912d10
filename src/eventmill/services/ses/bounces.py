"""Bounces: what the sender of a mail that was not taken gets.

https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-bounce.html
"""

from __future__ import annotations

from collections.abc import Sequence

from eventmill.kernel.clock import mail_date
from eventmill.services.ses import mime

HOST = "inbound-smtp.eventmill.local"
"""The name by which this machine takes mail."""


def bounce(
    message_id: str,
    sender: str,
    source: str,
    recipients: Sequence[str],
    raw: bytes,
    now: float,
    *,
    reply: str,
    status: str,
    text: str,
) -> bytes:
    """A delivery status notification (RFC 3464) for `source`, with the original's headers."""
    boundary = f"=_{message_id}"
    report = [f"Reporting-MTA: dns; {HOST}"]
    for recipient in recipients:
        report += [
            "",
            f"Final-Recipient: rfc822; {recipient}",
            "Action: failed",
            f"Status: {status}",
            f"Diagnostic-Code: smtp; {reply} {status} {text}",
        ]
    parts = {
        'text/plain; charset="utf-8"': f"{text}\r\n\r\n{reply} {status} {', '.join(recipients)}",
        "message/delivery-status": "\r\n".join(report),
        "text/rfc822-headers": mime.head(raw).decode("utf-8", "replace"),
    }
    lines = [
        f"From: {sender}",
        f"To: {source}",
        "Subject: Delivery Status Notification (Failure)",
        f"Date: {mail_date(now)}",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=delivery-status;",
        f' boundary="{boundary}"',
        "",
    ]
    for kind, content in parts.items():
        lines += [f"--{boundary}", f"Content-Type: {kind}", "Content-Transfer-Encoding: 8bit", ""]
        lines.append(content)
    return "\r\n".join([*lines, f"--{boundary}--", ""]).encode()
