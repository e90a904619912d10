"""Messages to users: codes and invitations, in the pool's words or those of CustomMessage.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-message-customizations.html
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-custom-message.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import urlencode

import orjson

from eventmill.services.cognito import faults, triggers
from eventmill.services.cognito.pools import Pool
from eventmill.services.cognito.users import User
from eventmill.services.contract import Call
from eventmill.store import outbox

MAIL = "cognito.mail"
"""Kind of the outbox rows with messages; target is the pool's ARN, payload as in `_send`."""

_CODE, _NAME = "{####}", "{username}"
_LINK = re.compile(r"\{##([^{}#]+)##\}")
_LINK_PARAMETER = "{##Click Here##}"
_SENDER = "no-reply@verificationemail.com"
_INVITE = "Your username is {username} and temporary password is {####}."
_CONFIRM = "Your confirmation code is {####}"
_RESET = "Your password reset code is {####}"
_CLICK = "Please click the link below to verify your email address. {##Verify Email##}"


@dataclass(frozen=True, slots=True)
class Message:
    """A code on its way to a user.

    `source` is the part of CustomMessage's triggerSource behind its name, `attribute` where it
    goes: `email` or `phone_number`. `by_link` is whether the user may click instead of typing.
    """

    pool: Pool
    user: User
    client: str
    source: str
    attribute: str
    code: str
    metadata: Mapping[str, str] | None = None
    by_link: bool = False


def delivery(user: User, attribute: str) -> dict[str, str]:
    """CodeDeliveryDetails: where a code went, without telling the whole of it."""
    value = user.attributes.get(attribute, "")
    return {
        "Destination": masked(attribute, value),
        "DeliveryMedium": "EMAIL" if attribute == "email" else "SMS",
        "AttributeName": attribute,
    }


def masked(attribute: str, value: str) -> str:
    """`j***@e***` or `+*******0100`."""
    if attribute == "email":
        name, _, domain = value.partition("@")
        return f"{name[:1]}***@{domain[:1]}***"
    return f"+{'*' * max(0, len(value) - 5)}{value[-4:]}"


async def send(call: Call, message: Message) -> None:
    """Ask CustomMessage for its words, then put the message into the outbox. Raises Invalid."""
    invited = message.source == "AdminCreateUser"
    request = {
        "userAttributes": triggers.attributes_of(message.user),
        "codeParameter": _CODE,
        "linkParameter": _LINK_PARAMETER,
        "usernameParameter": _NAME if invited else None,
    }
    occasion = triggers.Occasion(
        message.pool, message.source, message.user.name, message.client or triggers.NO_CLIENT
    )
    answer = await triggers.ask(
        call,
        "CustomMessage",
        occasion,
        triggers.with_metadata(request, message.metadata),
        dict.fromkeys(("smsMessage", "emailMessage", "emailSubject")),
    )
    subject, text = _words(message, answer or {})
    if _CODE not in text and not _LINK.search(text):
        raise faults.bad_answer("Message does not contain the code parameter.")
    await call.step(lambda step: _send(step, message, subject, text))


def send_plain(call: Call, message: Message) -> None:
    """Put the message into the outbox in the pool's own words, within a transaction."""
    _send(call, message, *_words(message, {}))


def _words(message: Message, answer: Mapping[str, Any]) -> tuple[str, str]:
    """(subject, text): CustomMessage's where it gives any, or the pool's."""
    if message.attribute != "email":
        return "", _text(answer, "smsMessage") or _pool_sms(message)
    subject, text = _pool_words(message)
    return _text(answer, "emailSubject") or subject, _text(answer, "emailMessage") or text


def _text(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    return value if isinstance(value, str) else ""


def _pool_words(message: Message) -> tuple[str, str]:
    config = message.pool.config
    if message.source == "AdminCreateUser":
        invite = message.pool.invitations.get("InviteMessageTemplate") or {}
        return (
            invite.get("EmailSubject") or "Your temporary password",
            invite.get("EmailMessage") or _INVITE,
        )
    template = config.get("VerificationMessageTemplate") or {}
    if message.by_link:
        return (
            template.get("EmailSubjectByLink") or "Your verification link",
            template.get("EmailMessageByLink") or _CLICK,
        )
    usual = _RESET if message.source == "ForgotPassword" else _CONFIRM
    return (
        template.get("EmailSubject")
        or config.get("EmailVerificationSubject")
        or "Your verification code",
        template.get("EmailMessage") or config.get("EmailVerificationMessage") or usual,
    )


def _pool_sms(message: Message) -> str:
    config = message.pool.config
    if message.source == "AdminCreateUser":
        invite = message.pool.invitations.get("InviteMessageTemplate") or {}
        return invite.get("SMSMessage") or _INVITE
    template = config.get("VerificationMessageTemplate") or {}
    usual = _RESET if message.source == "ForgotPassword" else _CONFIRM
    return template.get("SmsMessage") or config.get("SmsVerificationMessage") or usual


def _send(call: Call, message: Message, subject: str, text: str) -> None:
    sending = message.pool.config.get("EmailConfiguration") or {}
    by_mail = message.attribute == "email"
    shown = message.code if not by_mail else escape(message.code)
    body = _LINK.sub(lambda found: _anchor(call, message, found.group(1)), text)
    body = body.replace(_CODE, shown).replace(_NAME, _called(message))
    payload = {
        "medium": "EMAIL" if by_mail else "SMS",
        "to": message.user.attributes.get(message.attribute, ""),
        "from": sending.get("From") or sending.get("SourceArn", "").rpartition("/")[2] or _SENDER,
        "replyTo": sending.get("ReplyToEmailAddress"),
        "configurationSet": sending.get("ConfigurationSet"),
        "subject": subject.replace(_CODE, message.code),
        "text": body,
    }
    target = str(message.pool.config["Arn"])
    outbox.emit(call.tx, MAIL, target, orjson.dumps(payload), trace=call.trace)


def _called(message: Message) -> str:
    """What an invited user signs in with."""
    for attribute in message.pool.username_attributes:
        if message.user.attributes.get(attribute):
            return message.user.attributes[attribute]
    return message.user.name


def _anchor(call: Call, message: Message, words: str) -> str:
    query = urlencode(
        {
            "client_id": message.client,
            "user_name": message.user.name,
            "confirmation_code": message.code,
        }
    )
    address = f"{call.endpoint}/{message.pool.id}/confirmUser?{query}"
    return f'<a href="{escape(address)}">{escape(words)}</a>'
