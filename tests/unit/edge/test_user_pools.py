"""Tokens of user pools that are elsewhere, against the pool's public keys."""

from __future__ import annotations

import asyncio
import json
from typing import Any, cast

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from eventmill.edge.apis.issuers import Issuers
from eventmill.edge.apis.rest.authorization.pools import UserPools
from eventmill.edge.apis.rest.failures import Failed
from eventmill.edge.apis.rest.model import Authorizer, Node, Stage
from eventmill.edge.apis.rest.request import Request
from eventmill.kernel.clock import Clock
from eventmill.kernel.http import HttpAnswer, HttpCall

POOL = "eu-west-1_abc"
ISSUER = f"https://cognito-idp.eu-west-1.amazonaws.com/{POOL}"
KEYS = f"{ISSUER}/.well-known/jwks.json"
KEY = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
AUTHORIZER = Authorizer(
    id="a",
    name="pool",
    kind="COGNITO_USER_POOLS",
    uri="",
    function=None,
    sources=("method.request.header.Authorization",),
    pattern=None,
    ttl=300,
    pools=(f"arn:aws:cognito-idp:eu-west-1:000000000000:userpool/{POOL}",),
    role=False,
)
STAGE = Stage("api", "shop", "v1", "d", {}, {}, (), Node(), {}, {}, None, None, "HEADER")


class Keys:
    """Answers for the pool's address."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def send(self, call: HttpCall) -> HttpAnswer:
        self.asked.append(call.url)
        if call.url.endswith("openid-configuration"):
            return HttpAnswer(200, [], json.dumps({"jwks_uri": KEYS}).encode())
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())) | {"kid": "k1"}
        return HttpAnswer(200, [], json.dumps({"keys": [key]}).encode())


class NoPools:
    """The store of an engine without a pool of that id."""

    def read(self, closure: Any) -> None:
        return None


def token(key: Any = KEY, kid: str = "k1", **claims: Any) -> str:
    now = Clock().real()
    given = {"iss": ISSUER, "token_use": "id", "sub": "u", "exp": now + 60, "iat": now} | claims
    return jwt.encode(given, key, algorithm="RS256", headers={"kid": kid})


def asked(value: str, scopes: tuple[str, ...] = (), keys: Keys | None = None) -> Any:
    request = Request(
        STAGE,
        "GET",
        "/",
        "",
        [("Authorization", value)],
        {"authorization": value},
        b"",
        "127.0.0.1",
        "api.execute-api.x",
        "r",
        "e",
        "t",
        0.0,
        "000000000000",
        "eu-west-1",
    )

    async def check() -> None:
        issuers = Issuers(cast(Any, NoPools()), keys or Keys(), Clock())
        await UserPools(issuers).check(request, AUTHORIZER, scopes)

    asyncio.run(check())
    return request.authorizer


def test_the_claims_reach_the_integration_as_texts() -> None:
    known = asked(f"Bearer {token(groups=['a', 'b'], email_verified=True)}")
    claims = known["claims"]
    assert (claims["sub"], claims["groups"], claims["email_verified"]) == ("u", "a,b", "true")


def test_scopes_need_an_access_token_that_has_one() -> None:
    good = token(token_use="access", scope="read write")
    assert asked(good, ("write", "admin"))["claims"]["scope"] == "read write"
    for bad in (good, token(scope="admin")):
        with pytest.raises(Failed):
            asked(bad, ("admin",))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "no token",
        token(OTHER),
        token(kid="k2"),
        token(exp=1),
        token(iss=ISSUER.replace("abc", "xyz")),
        token(iss="https://elsewhere.example/" + POOL),
        token(token_use="access"),
    ],
    # Signed tokens differ from worker to worker, and tests are known by their names.
    ids=["none", "text", "signature", "key", "expired", "pool", "issuer", "use"],
)
def test_other_tokens_are_unauthorized(value: str) -> None:
    with pytest.raises(Failed) as refused:
        asked(value)
    assert refused.value.kind == "UNAUTHORIZED"


def test_a_foreign_issuer_is_not_even_asked() -> None:
    keys = Keys()
    with pytest.raises(Failed):
        asked(token(iss="https://elsewhere.example/x"), keys=keys)
    assert keys.asked == []
    asked(token(), keys=keys)
    assert keys.asked == [f"{ISSUER}/.well-known/openid-configuration", KEYS]
