"""Ids and ARNs of user pools, and the issuer that their tokens name.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

from __future__ import annotations

import re

_ISSUER = re.compile(r"https://cognito-idp\.([a-z0-9-]+)\.amazonaws\.com/(\1_[0-9A-Za-z]+)\Z")


def arn(region: str, account: str, pool: str) -> str:
    """The pool's ARN."""
    return f"arn:aws:cognito-idp:{region}:{account}:userpool/{pool}"


def pool_of(arn: str) -> str:
    """The id of the pool that an ARN names."""
    return arn.rpartition("/")[2]


def issuer(pool: str) -> str:
    """What the pool's tokens name as their issuer, and clients expect."""
    return f"https://cognito-idp.{pool.partition('_')[0]}.amazonaws.com/{pool}"


def issued_by(issuer: str) -> str | None:
    """The id of the pool that an issuer is; None for other issuers."""
    found = _ISSUER.match(issuer)
    return None if found is None else found.group(2)
