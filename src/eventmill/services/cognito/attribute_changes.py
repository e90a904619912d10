"""Changes of users' attributes, and the codes that verify them.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-email-phone-verification.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from eventmill.services.cognito import codes, messages, schema_attributes, users
from eventmill.services.cognito.messages import Message
from eventmill.services.cognito.pools import Pool
from eventmill.services.cognito.schema_attributes import VERIFIED
from eventmill.services.cognito.users import User
from eventmill.services.contract import Call
from eventmill.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class _Sent:
    attribute: str
    code: str
    addressee: User
    """As the code reaches it: an address that is kept back is in its attributes already."""


async def change(
    call: Call,
    pool: Pool,
    user: User,
    given: Mapping[str, str],
    client: str,
    metadata: Mapping[str, str] | None,
) -> list[dict[str, str]]:
    """Set attributes, and send codes to addresses that must be verified: CodeDeliveryDetailsList.

    `client` is empty for an administrator. Raises Invalid.
    """
    sent = await call.step(lambda step: _change(step, pool, user, given))
    for one in sent:
        message = Message(
            pool, one.addressee, client, "UpdateUserAttribute", one.attribute, one.code, metadata
        )
        await messages.send(call, message)
    return [messages.delivery(one.addressee, one.attribute) for one in sent]


def _change(call: Call, pool: Pool, user: User, given: Mapping[str, str]) -> list[_Sent]:
    """An address that changed is not verified any more, unless the change itself says so.

    Where the pool asks for it the old address stays until the new one is verified; the new one
    waits beside the code.
    """
    schema_attributes.check_change(pool.config["SchemaAttributes"], given)
    settings = pool.config.get("UserAttributeUpdateSettings") or {}
    kept_back = settings.get("AttributesRequireVerificationBeforeUpdate") or []
    attributes, wanted = dict(user.attributes), {}
    for name, value in given.items():
        proof = VERIFIED.get(name)
        changed = proof is not None and value != user.attributes.get(name)
        if proof is None or not changed or given.get(proof, "").lower() == "true":
            attributes[name] = value
            continue
        if name in kept_back and user.attributes.get(name):
            wanted[name] = value
            continue
        attributes[name] = value
        attributes[proof] = given.get(proof, "false")
        if name in pool.verified:
            wanted[name] = value
    # An attribute that is set to nothing is gone.
    attributes = {name: value for name, value in attributes.items() if value}
    changed_user = users.set_attributes(call.tx, pool, user, attributes)
    sent = []
    for name, value in wanted.items():
        code = codes.new(call.tx, changed_user, name, name, value)
        addressee = users.with_attribute(changed_user, name, value)
        sent.append(_Sent(name, code, addressee))
    return sent


def remove(tx: Transaction, pool: Pool, user: User, names: Iterable[str]) -> None:
    """Take attributes away. Raises Invalid."""
    gone = set(names)
    schema_attributes.check_change(pool.config["SchemaAttributes"], dict.fromkeys(gone, ""))
    gone |= {VERIFIED[name] for name in gone if name in VERIFIED}
    kept = {name: value for name, value in user.attributes.items() if name not in gone}
    users.set_attributes(tx, pool, user, kept)


def verify(tx: Transaction, pool: Pool, user: User, attribute: str, code: str) -> None:
    """Note that an attribute is the user's, by its code. Raises Invalid."""
    value = codes.waiting(tx, user, attribute)
    codes.use(tx, user, attribute, code)
    changed = {attribute: value} if value else {}
    proved = user.attributes | changed | {VERIFIED[attribute]: "true"}
    users.set_attributes(tx, pool, user, proved)
