"""Signing in with the Secure Remote Password protocol: the password itself is never sent.

https://www.rfc-editor.org/rfc/rfc5054
https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-public-server-side.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Fault
from eventmill.services.cognito import faults, sessions, signing_in, users
from eventmill.services.cognito.passwords import GENERATOR, PRIME, padded
from eventmill.services.cognito.signing_in import Way
from eventmill.services.cognito.users import User
from eventmill.services.contract import Call

CHALLENGE = "PASSWORD_VERIFIER"
_INFO = b"Caldera Derived Key\x01"
"""What Cognito's clients derive their key with, and the block's number (RFC 5869)."""
_KEY = 16
"""Bytes of the key."""


def _hash(*numbers: int) -> int:
    data = b"".join(padded(number) for number in numbers)
    return int.from_bytes(hashlib.sha256(data).digest(), "big")


MULTIPLIER = _hash(PRIME, GENERATOR)


async def begin(call: Call, way: Way, state: Mapping[str, Any]) -> dict[str, Any]:
    """The challenge for a client that gave SRP_A; `state` is kept beside it. Raises Invalid.

    Somebody whom there is not gets one too, when nobody is to know that: the same salt each time.
    """
    try:
        public = int(way.required("SRP_A"), 16)
    except ValueError:
        raise faults.parameter("SRP_A is no hexadecimal number.") from None
    if public % PRIME == 0:
        raise faults.parameter("SRP_A must not be a multiple of the prime.")
    user = way.user
    if user is not None and user.salt and user.verifier:
        key, name, salt, verifier = user.key, user.name, user.salt, int(user.verifier, 16)
    else:
        seed = hashlib.sha256(f"{way.pool.id}{way.client.id}{way.name}".encode()).digest()
        key, name, salt, verifier = "", way.name, padded(_number(seed[:16])).hex(), 1
    private = secrets.randbits(256)
    answer = (MULTIPLIER * verifier + pow(GENERATOR, private, PRIME)) % PRIME
    block = base64.b64encode(secrets.token_bytes(64)).decode()
    kept = {"public": f"{public:x}", "private": f"{private:x}", "answer": f"{answer:x}", **state}
    await call.step(
        lambda step: sessions.begin(step.tx, way.client, key, CHALLENGE, kept, id=block)
    )
    return {
        "ChallengeName": CHALLENGE,
        "ChallengeParameters": {
            "SALT": salt.lstrip("0") or "0",
            "SECRET_BLOCK": block,
            "SRP_B": f"{answer:x}",
            "USERNAME": name,
            "USER_ID_FOR_SRP": name,
        },
    }


async def answered(call: Call, way: Way) -> tuple[Way, dict[str, Any]]:
    """The way of a user who has shown that it knows its password, and what was kept beside.

    Raises Invalid (NotAuthorizedException).
    """
    block = way.required("PASSWORD_CLAIM_SECRET_BLOCK")
    claimed, moment = way.required("PASSWORD_CLAIM_SIGNATURE"), way.required("TIMESTAMP")

    def take(step: Call) -> tuple[User | None, dict[str, Any]]:
        key, state = sessions.take(step.tx, way.client, block, CHALLENGE)
        return users.by_key(step.tx, way.pool.id, key), state

    user, state = await call.step(take)
    if user is None or user.verifier is None:
        raise faults.wrong_password()
    right = hmac.compare_digest(signature(user, state, block, moment), _decoded(claimed))

    def check(step: Call) -> User | Fault:
        present = users.by_key(step.tx, way.pool.id, user.key)
        if present is None:
            return signing_in.unknown(way.client)
        return signing_in.check_password(step, present, right=right) or present

    checked = await call.step(check)
    if isinstance(checked, Fault):
        raise checked
    return way.of(checked), state


def signature(user: User, state: Mapping[str, str], block: str, moment: str) -> bytes:
    """What the client must have signed with the key that only it and the pool can derive."""
    assert user.verifier is not None
    public, private = int(state["public"], 16), int(state["private"], 16)
    scramble = _hash(public, int(state["answer"], 16))
    shared = pow(public * pow(int(user.verifier, 16), scramble, PRIME), private, PRIME)
    secret = hmac.new(padded(scramble), padded(shared), hashlib.sha256).digest()
    key = hmac.new(secret, _INFO, hashlib.sha256).digest()[:_KEY]
    own = user.pool.partition("_")[2]
    said = f"{own}{user.name}".encode() + base64.b64decode(block) + moment.encode()
    return hmac.new(key, said, hashlib.sha256).digest()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except binascii.Error:
        return b""


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")
