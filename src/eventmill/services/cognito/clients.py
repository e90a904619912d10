"""App clients of user pools: who may ask for tokens, how, and for how long they are good.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserPoolClientType.html
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services.cognito import faults
from eventmill.services.cognito.pools import Pool
from eventmill.services.contract import Call
from eventmill.store.transaction import Transaction

_LETTERS = string.ascii_lowercase + string.digits
_SECRET = 51
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}
_DAY = 86_400
_LIMITS = {
    "AccessToken": ("hours", 3_600, 300, _DAY),
    "IdToken": ("hours", 3_600, 300, _DAY),
    "RefreshToken": ("days", 30 * _DAY, 3_600, 3_650 * _DAY),
}
"""By token: the unit without one given, the validity without one given, least and most, seconds."""
_DEFAULT_FLOWS = ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"]
_FLOWS = {
    "USER_PASSWORD_AUTH": {"ALLOW_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH"},
    "USER_SRP_AUTH": {"ALLOW_USER_SRP_AUTH"},
    "CUSTOM_AUTH": {"ALLOW_CUSTOM_AUTH", "CUSTOM_AUTH_FLOW_ONLY"},
    "REFRESH_TOKEN_AUTH": {"ALLOW_REFRESH_TOKEN_AUTH"},
    "ADMIN_USER_PASSWORD_AUTH": {"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"},
}
"""By which of ExplicitAuthFlows a flow is allowed."""
_OLD_FLOWS = {"ADMIN_NO_SRP_AUTH", "CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH"}
"""With these, everything else is allowed as it was before the ALLOW_ values."""


@dataclass(frozen=True, slots=True)
class Client:
    """An app client as stored; `config` has its settings by the API's names."""

    id: str
    pool: str
    config: dict[str, Any]
    created: float
    changed: float

    @property
    def secret(self) -> str | None:
        """What its callers must know, or None."""
        return self.config.get("ClientSecret")

    @property
    def hides_users(self) -> bool:
        """Whether nobody is told which users there are."""
        return self.config.get("PreventUserExistenceErrors") == "ENABLED"

    @property
    def session_seconds(self) -> int:
        """How long a challenge may be answered."""
        return 60 * int(self.config.get("AuthSessionValidity") or 3)

    def validity(self, token: str) -> int:
        """Seconds for which a token (`AccessToken`, `IdToken`, `RefreshToken`) is good."""
        return _validity(self.config, token)

    def allows(self, flow: str) -> bool:
        """Whether users may sign in by a flow of InitiateAuth."""
        given = set(self.config.get("ExplicitAuthFlows") or _DEFAULT_FLOWS)
        if given & _OLD_FLOWS and flow in ("USER_SRP_AUTH", "REFRESH_TOKEN_AUTH"):
            return "CUSTOM_AUTH_FLOW_ONLY" not in given or flow == "REFRESH_TOKEN_AUTH"
        return bool(given & _FLOWS[flow])

    def may_write(self, attribute: str) -> bool:
        """Whether its users may set an attribute of their own."""
        given = self.config.get("WriteAttributes")
        return attribute in given if given else True

    def may_read(self, attribute: str) -> bool:
        """Whether its tokens and users show an attribute."""
        given = self.config.get("ReadAttributes")
        return attribute == "sub" or attribute in given if given else True

    def secret_hash(self, name: str) -> str:
        """SECRET_HASH of a name that a caller signs in with."""
        made = hmac.new((self.secret or "").encode(), f"{name}{self.id}".encode(), hashlib.sha256)
        return base64.b64encode(made.digest()).decode()

    def check_secret(self, name: str, given: str | None) -> None:
        """Raises Invalid unless the caller has shown that it knows the secret, if there is one.

        `given` is the HMAC of the name that it signs in with and the client's id.
        """
        if self.secret is None:
            if given:
                raise faults.not_authorized(
                    f"Client {self.id} is not configured for secret but secret was received"
                )
            return
        if not given:
            raise faults.not_authorized(
                f"Client {self.id} is configured with secret but SECRET_HASH was not received"
            )
        if not hmac.compare_digest(self.secret_hash(name).encode(), given.encode()):
            raise faults.not_authorized(f"Unable to verify secret hash for client {self.id}")


def find(tx: Transaction, id: str) -> Client | None:
    """The client, or None."""
    row = tx.one("SELECT * FROM cognito_clients WHERE id=?", (id,))
    return None if row is None else Client(row[0], row[1], json.loads(row[2]), *row[3:])


def existing(tx: Transaction, id: str, pool: str | None = None) -> Client:
    """The client, which must be the pool's when one is named.

    Raises Invalid (ResourceNotFoundException).
    """
    client = find(tx, id)
    if client is None or (pool is not None and client.pool != pool):
        raise faults.missing(f"User pool client {id} does not exist.")
    return client


def of_pool(tx: Transaction, pool: str) -> list[Client]:
    """Oldest first."""
    rows = tx.all("SELECT * FROM cognito_clients WHERE pool=? ORDER BY created, id", (pool,))
    return [Client(row[0], row[1], json.loads(row[2]), *row[3:]) for row in rows]


def create(call: Call, pool: Pool, settings: Mapping[str, Any]) -> Client:
    """A client with CreateUserPoolClient's settings. Raises Invalid."""
    settings = dict(settings)
    secret = settings.pop("ClientSecret", None)
    if settings.pop("GenerateSecret", False):
        secret = "".join(secrets.choice(_LETTERS) for _ in range(_SECRET))
    config = whole(settings)
    _check_attributes(pool, config)
    _check_flows(config, secret)
    if secret:
        config["ClientSecret"] = secret
    id = call.ids.lower(26)
    call.tx.execute(
        "INSERT INTO cognito_clients VALUES(?,?,?,?,?)",
        (id, pool.id, json.dumps(config), call.now, call.now),
    )
    return existing(call.tx, id)


def change(tx: Transaction, pool: Pool, client: Client, settings: Mapping[str, Any]) -> Client:
    """Replace all settings but the secret: one that is not given gets its default, as on AWS.

    Raises Invalid.
    """
    config = whole({"ClientName": client.config.get("ClientName"), **settings})
    _check_attributes(pool, config)
    _check_flows(config, client.secret)
    if client.secret:
        config["ClientSecret"] = client.secret
    tx.execute(
        "UPDATE cognito_clients SET config=?, changed=? WHERE id=?",
        (json.dumps(config), tx.now, client.id),
    )
    return existing(tx, client.id)


def delete(tx: Transaction, id: str) -> None:
    """The client and the sign-ins through it."""
    tx.execute("DELETE FROM cognito_clients WHERE id=?", (id,))
    tx.execute("DELETE FROM cognito_grants WHERE client=?", (id,))
    tx.execute("DELETE FROM cognito_sessions WHERE client=?", (id,))


def whole(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with AWS's defaults. Raises Invalid."""
    config = {name: value for name, value in settings.items() if value is not None}
    flows = config.get("ExplicitAuthFlows")
    if flows and set(flows) & _OLD_FLOWS and any(flow.startswith("ALLOW_") for flow in flows):
        raise faults.parameter(
            "ExplicitAuthFlows with the prefix ALLOW_ cannot be used together with those without."
        )
    for token, (_, _, least, most) in _LIMITS.items():
        if not least <= _validity(config, token) <= most:
            raise faults.parameter(f"Invalid range for token validity: {token}Validity.")
    if _validity(config, "RefreshToken") < max(
        _validity(config, "AccessToken"), _validity(config, "IdToken")
    ):
        raise faults.parameter("Refresh token validity must not be shorter than the others'.")
    return {
        "RefreshTokenValidity": 30,
        "EnableTokenRevocation": True,
        "AuthSessionValidity": 3,
        "AllowedOAuthFlowsUserPoolClient": False,
        "ExplicitAuthFlows": _DEFAULT_FLOWS,
        **config,
    }


def _check_flows(config: Mapping[str, Any], secret: str | None) -> None:
    """Machines show a secret, and a client of theirs is nobody else's. Raises Invalid."""
    flows = config.get("AllowedOAuthFlows") or []
    if "client_credentials" not in flows:
        return
    if len(flows) > 1:
        raise Invalid(
            "InvalidOAuthFlowException",
            "client_credentials flow can not be selected along with code flow or implicit flow.",
        )
    if not secret:
        raise Invalid(
            "InvalidOAuthFlowException",
            "client_credentials flow can not be selected if client does not have a client secret.",
        )


def _validity(config: Mapping[str, Any], token: str) -> int:
    unit, usual, _, _ = _LIMITS[token]
    given = config.get(f"{token}Validity")
    if not given:
        return usual
    unit = (config.get("TokenValidityUnits") or {}).get(token) or unit
    return int(given) * _SECONDS[unit]


def _check_attributes(pool: Pool, config: Mapping[str, Any]) -> None:
    known = {entry["Name"] for entry in pool.config["SchemaAttributes"]}
    for setting in ("ReadAttributes", "WriteAttributes"):
        for name in config.get(setting) or ():
            if name not in known:
                what = "read" if setting == "ReadAttributes" else "write"
                raise faults.parameter(
                    f"Invalid {what} attributes specified while creating a client"
                )
