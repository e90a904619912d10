"""Carries mails through the actions of their receipt rules, and sending events to who wants them.

What stays in our store (objects, topics, queued events) happens in one transaction with the mail's
progress. A function that decides over the mail flow is awaited between two of those. What fails is
tried again for four hours, then the mail is bounced.
https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda.html
"""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from eventmill.deliver.outbox import Carrier, Postpone, Sender, backoff
from eventmill.deliver.parts import Parts
from eventmill.deliver.settle import parsed
from eventmill.kernel.arns import service_of
from eventmill.kernel.clock import iso_seconds
from eventmill.kernel.errors import Denied, Fault, Invalid
from eventmill.kernel.functions import ConcurrencyExceeded, Invocation
from eventmill.kernel.ids import Ids
from eventmill.kernel.policies import Asker
from eventmill.services import events, lambda_, s3, ses, sns
from eventmill.services.contract import Call
from eventmill.services.ses import Received
from eventmill.store import outbox
from eventmill.store.outbox import OutboxRow
from eventmill.store.transaction import Transaction

_SUBJECT = "Amazon SES Email Receipt Notification"
_EVENT_SUBJECT = "Amazon SES Email Event Notification"
_TOPIC_LIMIT = 153_600
"""Bytes of a mail that the SNS action publishes; a longer one is bounced."""
_SECONDS = 30.0
"""What a function may take that decides over the mail flow."""
_TRIED_FOR = 14_400
_FIRST_RETRY, _LONGEST_RETRY = 10.0, 900.0
_log = logging.getLogger(__name__)

Step = Mapping[str, Any]
Calls = Callable[[Transaction], Call]


def receipt_sender(parts: Parts, call: Calls) -> Sender:
    """The outbox's sender for services.ses.RECEIPT."""

    async def send(row: OutboxRow) -> None:
        while True:
            # A mail that is put into a bucket may become a file with syncs of its own.
            result = await parts.database.write(lambda tx: _advance(call(tx), row), long=True)
            if result is None:
                return
            if isinstance(result, Invocation):
                result = await _decide(parts, call, row.target, result)
            if isinstance(result, str):
                await _try_again(parts, call, row, result)

    return send


def _advance(call: Call, row: OutboxRow) -> Invocation | str | None:
    """Do what is next until a function must decide, an action fails (why), or all is done."""
    tx = call.tx
    while True:
        mail = ses.receiving.find(tx, row.target)
        if mail is None or mail.place >= len(mail.plan):
            ses.receiving.done(tx, row.target)
            outbox.settle(tx, row.id)
            return None
        step = mail.plan[mail.place]
        try:
            with tx.attempt():
                invocation = _deciding(call, mail, step)
                if invocation is not None:
                    return invocation
                _act(call, mail, step)
        except Fault as fault:
            return f"{next(iter(step['action']))} of rule {step['rule']}: {fault}"


def _deciding(call: Call, mail: Received, step: Step) -> Invocation | None:
    """The invocation that a step waits for, if it is one."""
    settings = step["action"].get("LambdaAction") or {}
    if settings.get("InvocationType") != "RequestResponse":
        return None
    function = _allowed(call, settings["FunctionArn"], step)
    return Invocation(
        spec=lambda_.resolve(call.tx, function),
        payload=orjson.dumps(ses.receiving.lambda_event(mail, step, call.now)),
        request_id=call.ids.uuid(),
        invoked_arn=function,
        source="ses",
    )


async def _decide(parts: Parts, calls: Calls, number: str, invocation: Invocation) -> str | None:
    """Run the function and follow its disposition; a text says why that failed."""
    try:
        async with asyncio.timeout(_SECONDS):
            outcome = await parts.gate.invoke(invocation)
    except TimeoutError:
        return f"{invocation.invoked_arn} did not answer within {_SECONDS:g} s"
    except ConcurrencyExceeded as full:
        return f"{invocation.invoked_arn}: {full.reason}"
    if outcome.failed:
        return f"{invocation.invoked_arn} failed: {outcome.payload.decode(errors='replace')}"
    answer = parsed(outcome.payload)
    disposition = answer.get("disposition") if isinstance(answer, dict) else None

    def follow(tx: Transaction) -> None:
        mail = ses.receiving.find(tx, number)
        if mail is not None:
            _notify(calls(tx), mail, mail.plan[mail.place])
            ses.receiving.proceed(tx, number, _next_place(mail, str(disposition).upper()))

    try:
        await parts.database.write(follow)
    except Fault as fault:
        return f"the topic of {invocation.invoked_arn}'s action: {fault}"
    return None


def _next_place(mail: Received, disposition: str) -> int:
    """The action to go on with: the next one, that of the next rule, or none any more."""
    if disposition == "STOP_RULE_SET":
        return len(mail.plan)
    place = mail.place + 1
    if disposition == "STOP_RULE":
        rule = mail.plan[mail.place]["rule"]
        while place < len(mail.plan) and mail.plan[place]["rule"] == rule:
            place += 1
    return place


async def _try_again(parts: Parts, call: Calls, row: OutboxRow, why: str) -> None:
    """Raises Postpone; after four hours the mail is bounced instead."""
    due = parts.clock.now() + backoff(row.attempts, _FIRST_RETRY, _LONGEST_RETRY)
    if due - row.created <= _TRIED_FOR:
        _log.warning("mail %s is tried again: %s", row.target, why)
        raise Postpone(due)

    def bounce(tx: Transaction) -> None:
        mail = ses.receiving.find(tx, row.target)
        if mail is not None:
            _log.error("mail %s is bounced: %s", mail.id, why)
            _bounce(call(tx), mail, mail.recipients, "451", "4.3.0", "The mail was not taken.")
            ses.receiving.proceed(tx, mail.id, len(mail.plan))

    await parts.database.write(bounce)


def _act(call: Call, mail: Received, step: Step) -> None:
    """Do one action and go on to the next. Raises Fault."""
    kind, settings = next(iter(step["action"].items()))
    raw: bytes | None = None
    place = mail.place + 1
    if kind == "S3Action":
        key = (settings.get("ObjectKeyPrefix") or "") + mail.id
        asker = None if settings.get("IamRoleArn") else _asker(call, step)
        bucket, kind_of_body = settings["BucketName"], "application/octet-stream"
        s3.put(call, bucket, key, mail.raw, kind_of_body, asker=asker)
    elif kind == "SNSAction":
        _publish(call, mail, step)
    elif kind == "LambdaAction":
        function = _allowed(call, settings["FunctionArn"], step)
        body = orjson.dumps(ses.receiving.lambda_event(mail, step, call.now))
        lambda_.enqueue_event(call.tx, call.ids, function, body, trace=None, source="ses")
    elif kind == "AddHeaderAction":
        raw = ses.mime.prepend(mail.raw, [(settings["HeaderName"], settings["HeaderValue"])])
    elif kind == "BounceAction":
        _bounce(
            call,
            mail,
            step["recipients"],
            settings["SmtpReplyCode"],
            settings.get("StatusCode") or "5.0.0",
            settings["Message"],
            settings["Sender"],
        )
    elif kind == "StopAction":
        place = len(mail.plan)
    elif kind == "WorkmailAction":
        # People read their WorkMail; on this machine they read the local mailbox.
        subject = ses.mime.subject(mail.raw)
        ses.mailbox.put(call.tx, mail.id, mail.source, step["recipients"], subject, mail.raw)
    if kind != "SNSAction":
        _notify(call, mail, step)
    ses.receiving.proceed(call.tx, mail.id, place, raw)


def _allowed(call: Call, function: str, step: Step) -> str:
    """The function's ARN. Raises Invalid when SES may not invoke it."""
    if not lambda_.may_invoke(call.tx, function, _asker(call, step)):
        raise Denied("AccessDenied", f"the policy of {function} does not let SES invoke it")
    return function


def _asker(call: Call, step: Step) -> Asker:
    """SES, as it asks for a rule."""
    return ses.asker(ses.rules.rule_arn(call, step["set"], step["rule"]), call.account)


def _publish(call: Call, mail: Received, step: Step) -> None:
    """The whole mail to a topic; one too long for that is bounced."""
    settings = step["action"]["SNSAction"]
    if len(mail.raw) > _TOPIC_LIMIT:
        text = "The mail is too long for the topic that it was to be published to."
        _bounce(call, mail, step["recipients"], "552", "5.3.4", text)
        return
    encoding = (settings.get("Encoding") or "UTF-8").upper()
    action = {"type": "SNS", "topicArn": settings["TopicArn"], "encoding": encoding}
    message = ses.receiving.notification(mail, step, call.now, action)
    if encoding == "BASE64":
        message["content"] = base64.b64encode(mail.raw).decode()
    else:
        message["content"] = mail.raw.decode("utf-8", "replace")
    _to_topic(call, step, settings["TopicArn"], message)


def _notify(call: Call, mail: Received, step: Step) -> None:
    """Tell the action's topic, if it names one, that it was done."""
    kind, settings = next(iter(step["action"].items()))
    topic = settings.get("TopicArn")
    if topic:
        action = ses.receiving.action_object(mail, kind, settings)
        message = ses.receiving.notification(mail, step, call.now, action)
        _to_topic(call, step, topic, message)


def _to_topic(call: Call, step: Step, topic: str, message: Mapping[str, Any]) -> None:
    text, asker = orjson.dumps(message).decode(), _asker(call, step)
    sns.publish(call.tx, call.ids, topic, text, subject=_SUBJECT, asker=asker)


def _bounce(
    call: Call,
    mail: Received,
    recipients: Sequence[str],
    reply: str,
    status: str,
    text: str,
    sender: str = "MAILER-DAEMON@amazonses.com",
) -> None:
    """Send a bounce, but none for a bounce: those would go round for ever."""
    if not mail.source:
        return
    number = ses.outgoing.message_id(call.ids, call.now)
    raw = ses.bounce(
        number,
        sender,
        mail.source,
        recipients,
        mail.raw,
        call.now,
        reply=reply,
        status=status,
        text=text,
    )
    bounce = ses.outgoing.Outgoing("", [mail.source], raw)
    ses.outgoing.send(call.tx, call.ids, call.account, call.region, bounce, number)


def event_carrier(ids: Ids, region: str, account: str) -> Carrier:
    """The outbox's carrier for services.ses.EVENT: sending events to topics and buses.

    What is for a delivery stream is lost.
    """

    def carry(tx: Transaction, row: OutboxRow) -> None:
        told = orjson.loads(row.payload)
        try:
            if service_of(row.target) == "sns":
                text = orjson.dumps(told["event"]).decode()
                asker = ses.asker(told["resources"][0], account)
                sns.publish(tx, ids, row.target, text, subject=_EVENT_SUBJECT, asker=asker)
                return
            if service_of(row.target) == "firehose":
                raise Invalid("ResourceNotFoundException", "Nothing runs behind it here.")
            event = {
                "source": "aws.ses",
                "detail-type": told["detailType"],
                "time": iso_seconds(row.created),
                "resources": told["resources"],
                "detail": told["event"],
            }
            events.put(tx, ids, region, account, events.name_of(row.target), event, row.trace)
        except Fault as fault:
            _log.error("a sending event for %s is lost: %s", row.target, fault)

    return carry
