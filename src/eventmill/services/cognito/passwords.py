"""Passwords: the pool's policy, and what is kept of them.

Only a salt and the verifier of the Secure Remote Password protocol are kept: the salted hash of
name and password raised to a power modulo a prime of 3,072 bits. Whoever reads the store must do
that work for each guess, and a client that signs in by the protocol never sends its password.
https://www.rfc-editor.org/rfc/rfc5054
https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string
from collections.abc import Mapping
from typing import Any

from eventmill.services.cognito import faults

SYMBOLS = "^$*.[]{}()?-\"!@#%&/\\,><':;|_~`+= "
_LONGEST = 256
_GENERATED_SYMBOLS = "!#%*+-_?"
_KINDS = (
    ("RequireLowercase", string.ascii_lowercase, "must have lowercase characters"),
    ("RequireUppercase", string.ascii_uppercase, "must have uppercase characters"),
    ("RequireNumbers", string.digits, "must have numeric characters"),
    ("RequireSymbols", SYMBOLS, "must have symbol characters"),
)

PRIME = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)
"""RFC 5054's group of 3,072 bits."""
GENERATOR = 2


def check(password: str, policy: Mapping[str, Any]) -> None:
    """Raises Invalid (InvalidPasswordException) for one that the policy does not allow."""
    if len(password) < int(policy.get("MinimumLength", 8)):
        raise faults.bad_password("not long enough")
    if len(password) > _LONGEST:
        raise faults.bad_password("too long")
    if password != password.strip():
        raise faults.bad_password("must not have leading or trailing spaces")
    for setting, characters, why in _KINDS:
        if policy.get(setting) and not set(password) & set(characters):
            raise faults.bad_password(why)


def generate(policy: Mapping[str, Any]) -> str:
    """A temporary password that every policy of its length allows."""
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits, _GENERATED_SYMBOLS)
    size = max(8, int(policy.get("MinimumLength", 8)))
    drawn = [secrets.choice(kind) for kind in kinds]
    everything = "".join(kinds)
    drawn += [secrets.choice(everything) for _ in range(size - len(drawn))]
    secrets.SystemRandom().shuffle(drawn)
    return "".join(drawn)


def keep(pool: str, name: str, password: str) -> tuple[str, str]:
    """(salt, verifier) of a password, hexadecimal, to be stored."""
    salt = padded(secrets.randbits(128))
    return salt.hex(), f"{pow(GENERATOR, _secret(pool, name, password, salt), PRIME):x}"


def matches(pool: str, name: str, password: str, salt: str, verifier: str) -> bool:
    """Whether a password is the one that was kept."""
    secret = _secret(pool, name, password, bytes.fromhex(salt))
    return hmac.compare_digest(f"{pow(GENERATOR, secret, PRIME):x}", verifier)


def padded(number: int) -> bytes:
    """The number's bytes with a zero before a leading bit that is set, as Cognito's clients hash
    numbers: they read them with a sign."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _secret(pool: str, name: str, password: str, salt: bytes) -> int:
    """`x` of the protocol. Cognito's name of a user is the pool's own part of its id, then its."""
    inner = hashlib.sha256(f"{pool.partition('_')[2]}{name}:{password}".encode()).digest()
    return int.from_bytes(hashlib.sha256(salt + inner).digest(), "big")
