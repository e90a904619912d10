"""Passwords as they are kept, and the proof of one that is never sent, for all of them."""

from __future__ import annotations

import base64
import hmac
import secrets

from hypothesis import given, settings
from hypothesis import strategies as st

from eventmill.services.cognito import passwords, srp, users
from eventmill.services.cognito.passwords import GENERATOR, PRIME
from tests.srp import MOMENT, Client, signed

POOL = "us-east-1_Abc123xyZ"


@given(st.integers(min_value=0, max_value=1 << 400))
def test_numbers_are_hashed_as_clients_do(number: int) -> None:
    assert passwords.padded(number) == signed(number)


@settings(max_examples=25, deadline=None)
@given(name=st.text(min_size=1), password=st.text(min_size=1), other=st.text(min_size=1))
def test_a_client_proves_the_password_and_no_other(name: str, password: str, other: str) -> None:
    salt, verifier = passwords.keep(POOL, name, password)
    assert passwords.matches(POOL, name, password, salt, verifier)
    assert passwords.matches(POOL, name, other, salt, verifier) is (other == password)
    client, private = Client(POOL), secrets.randbits(256)
    answer = (srp.MULTIPLIER * int(verifier, 16) + pow(GENERATOR, private, PRIME)) % PRIME
    block = base64.b64encode(b"a block").decode()
    challenge = {
        "USER_ID_FOR_SRP": name,
        "SALT": salt,
        "SRP_B": f"{answer:x}",
        "SECRET_BLOCK": block,
    }
    state = {
        "public": f"{client.public:x}",
        "private": f"{private:x}",
        "answer": f"{answer:x}",
    }
    user = users.User(
        POOL, name, name, "s", "CONFIRMED", True, {}, salt, verifier, None, 0, 0.0, 0.0, 0.0
    )
    expected = srp.signature(user, state, block, MOMENT)
    for tried in (password, other):
        claim = base64.b64decode(client.answer(challenge, tried)["PASSWORD_CLAIM_SIGNATURE"])
        assert hmac.compare_digest(claim, expected) is (tried == password)


@given(
    st.fixed_dictionaries(
        {"MinimumLength": st.integers(6, 99)},
        optional=dict.fromkeys(
            ("RequireLowercase", "RequireUppercase", "RequireNumbers", "RequireSymbols"),
            st.booleans(),
        ),
    )
)
def test_a_generated_password_is_one_that_the_policy_allows(policy: dict[str, object]) -> None:
    passwords.check(passwords.generate(policy), policy)
