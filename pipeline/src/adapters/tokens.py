"""Signed tokens: who carries one acts for its tenant until it expires."""

import hmac
import os
import re
import time

import jwt

LIFETIME = 12 * 3_600
_ALGORITHM = "HS256"
_TENANT = re.compile(r"[a-z0-9][a-z0-9-]{0,39}\Z")


def _secret() -> str:
    return os.environ["ACCESS_KEY"]


def key_is_right(key: str) -> bool:
    """Whether somebody knows the access key; takes the same time for every answer."""
    # Half of a surrogate pair is in no key, and no bytes either.
    return hmac.compare_digest(key.encode(errors="replace"), _secret().encode())


def tenant_is_valid(tenant: str) -> bool:
    """Whether a tenant may have this name."""
    return _TENANT.match(tenant) is not None


def make(tenant: str) -> tuple[str, float]:
    """(token, when it expires in epoch seconds)."""
    expires = time.time() + LIFETIME
    return jwt.encode({"sub": tenant, "exp": int(expires)}, _secret(), _ALGORITHM), expires


def tenant_of(token: str) -> str | None:
    """Whose token it is; None for one that is forged or expired."""
    try:
        claims = jwt.decode(token, _secret(), [_ALGORITHM], options={"require": ["exp", "sub"]})
    except jwt.InvalidTokenError:
        return None
    return str(claims["sub"])
