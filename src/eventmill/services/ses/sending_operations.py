"""The older API's operations that send mails.

https://docs.aws.amazon.com/ses/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from typing import Any

from eventmill.kernel.errors import Fault
from eventmill.services.contract import Call, Result
from eventmill.services.ses import faults, mime, outgoing, sending, templates
from eventmill.services.ses.operations import OPERATIONS
from eventmill.services.ses.sending import draft_of, tags_of

QUOTA = {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": 0.0}


@OPERATIONS.write("SendEmail")
def send_email(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    message = request["Message"]
    body = message["Body"]
    content = templates.Rendered(
        message["Subject"]["Data"],
        (body.get("Text") or {}).get("Data"),
        (body.get("Html") or {}).get("Data"),
    )
    draft = draft_of(
        request["Source"], request["Destination"], request.get("ReplyToAddresses"), content
    )
    tags = tags_of(request.get("Tags"))
    number = sending.send_draft(call, draft, request.get("ConfigurationSetName"), tags)
    return {"MessageId": number}


@OPERATIONS.write("SendRawEmail")
def send_raw_email(call: Call, request: dict[str, Any]) -> Result:
    """Sender and recipients stand in the request or in the message. Raises Invalid."""
    raw = request["RawMessage"]["Data"]
    sender = request.get("Source") or mime.sender(raw)
    recipients = request.get("Destinations") or mime.recipients(raw)
    named = mime.header_values(raw, "X-SES-CONFIGURATION-SET")
    name = request.get("ConfigurationSetName") or (named[0] if named else None)
    tags = outgoing.tags_of(raw) | tags_of(request.get("Tags"))
    return {"MessageId": sending.send_raw(call, sender, recipients, raw, name, tags)}


@OPERATIONS.write("SendTemplatedEmail")
def send_templated_email(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    template = request["Template"]
    number = sending.send_template(
        call,
        template,
        templates.require(call.tx, template),
        templates.data_of(request["TemplateData"]),
        draft_of(
            request["Source"],
            request["Destination"],
            request.get("ReplyToAddresses"),
            sending.EMPTY,
        ),
        request.get("ConfigurationSetName"),
        tags_of(request.get("Tags")),
    )
    return {"MessageId": number}


@OPERATIONS.write("SendBulkTemplatedEmail")
def send_bulk_templated_email(call: Call, request: dict[str, Any]) -> Result:
    """Destinations fail alone. Raises Invalid for the request itself."""
    template = request["Template"]
    content = templates.require(call.tx, template)
    shared = templates.data_of(request["DefaultTemplateData"])
    if len(request["Destinations"]) > 50:
        raise faults.invalid("Destinations must not be more than 50.")
    results: list[dict[str, Any]] = []
    for entry in request["Destinations"]:
        try:
            number = sending.send_template(
                call,
                template,
                content,
                shared | templates.data_of(entry.get("ReplacementTemplateData")),
                draft_of(
                    request["Source"],
                    entry["Destination"],
                    request.get("ReplyToAddresses"),
                    sending.EMPTY,
                ),
                request.get("ConfigurationSetName"),
                tags_of(request.get("DefaultTags")) | tags_of(entry.get("ReplacementTags")),
            )
            results.append({"Status": "Success", "MessageId": number})
        except Fault as fault:
            results.append({"Status": _status(fault), "Error": fault.message})
    return {"Status": results}


def _status(fault: Fault) -> str:
    return {
        "InvalidParameterValue": "InvalidParameterValue",
        "ConfigurationSetDoesNotExist": "ConfigurationSetDoesNotExist",
    }.get(fault.code, "Failed")


@OPERATIONS.read("GetSendQuota")
def get_send_quota(call: Call, request: dict[str, Any]) -> Result:
    """What an account out of the sandbox has."""
    return {**QUOTA, "SentLast24Hours": float(sent_last_day(call))}


@OPERATIONS.read("GetAccountSendingEnabled")
def get_account_sending_enabled(call: Call, request: dict[str, Any]) -> Result:
    """Always."""
    return {"Enabled": True}


def sent_last_day(call: Call) -> int:
    """How many mails of the last 24 hours the mailbox holds."""
    row = call.tx.one("SELECT count(*) FROM ses_mailbox WHERE time>?", (call.now - 86_400,))
    return row[0] if row else 0
