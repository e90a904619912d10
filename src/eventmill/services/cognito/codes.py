"""Codes that users give back to show that an address or number is theirs.

https://docs.aws.amazon.com/cognito/latest/developerguide/limits.html (their validity)
"""

from __future__ import annotations

import hmac
import secrets

from eventmill.services.cognito import faults
from eventmill.services.cognito.users import User
from eventmill.store.transaction import Transaction

CONFIRM, FORGOT = "confirm", "forgot"
"""Purposes; that of verifying an attribute is the attribute's name."""
_HOUR = 3_600
_VALID = {FORGOT: _HOUR}
"""Seconds by purpose; a day for the others."""


def new(tx: Transaction, user: User, purpose: str, attribute: str, waiting: str = "") -> str:
    """A code to be sent to the user's attribute; the one before is good no longer.

    `waiting` is a value that the attribute gets once the code comes back.
    """
    code = f"{secrets.randbelow(1_000_000):06d}"
    expires = tx.now + _VALID.get(purpose, 24 * _HOUR)
    tx.execute(
        "INSERT OR REPLACE INTO cognito_codes VALUES(?,?,?,?,?,?,?)",
        (user.pool, user.key, purpose, code, attribute, waiting, expires),
    )
    return code


def waiting(tx: Transaction, user: User, purpose: str) -> str:
    """The value that waits for a code; empty for none."""
    row = tx.one(
        "SELECT waiting FROM cognito_codes WHERE pool=? AND key=? AND purpose=?",
        (user.pool, user.key, purpose),
    )
    return "" if row is None else str(row[0])


def use(tx: Transaction, user: User, purpose: str, given: str) -> str:
    """The attribute to which the code was sent; it is good once.

    Raises Invalid: CodeMismatchException, ExpiredCodeException.
    """
    row = tx.one(
        "SELECT code, attribute, expires FROM cognito_codes WHERE pool=? AND key=? AND purpose=?",
        (user.pool, user.key, purpose),
    )
    if row is None or row[2] <= tx.now:
        raise faults.expired_code()
    if not hmac.compare_digest(row[0], given):
        raise faults.wrong_code()
    tx.execute(
        "DELETE FROM cognito_codes WHERE pool=? AND key=? AND purpose=?",
        (user.pool, user.key, purpose),
    )
    return str(row[1])
