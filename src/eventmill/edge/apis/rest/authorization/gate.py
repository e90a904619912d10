"""The API's resource policy, then the method's authorization."""

from __future__ import annotations

from dataclasses import replace

from eventmill.edge.apis.policies import effect
from eventmill.edge.apis.rest.authorization.asked import Asked
from eventmill.edge.apis.rest.authorization.pools import UserPools
from eventmill.edge.apis.rest.failures import Failed, internal
from eventmill.edge.apis.rest.request import Request
from eventmill.edge.security import Security
from eventmill.kernel.errors import Fault
from eventmill.kernel.policies import Asker, BadPolicy, of_account
from eventmill.wire.http import HttpRequest

_ANONYMOUS = "User: anonymous is not authorized to perform: execute-api:Invoke on resource: "
_SERVICES = ("events.amazonaws.com", "scheduler.amazonaws.com", "pipes.amazonaws.com")
_ARN_BASE = "arn:aws:execute-api:{}:{}:{}/"


class AuthorizationGate:
    """Lets a request through, with what is known of its caller written into it."""

    def __init__(self, asked: Asked, pools: UserPools, security: Security) -> None:
        self._asked = asked
        self._pools = pools
        self._security = security

    async def check(self, request: Request, raw: str) -> None:
        """`raw` is the path as it was sent, which signatures cover. Raises Failed."""
        method = request.method
        assert method is not None
        self._policy(request, iam=method.authorization == "AWS_IAM")
        if method.authorization == "AWS_IAM":
            self._signed(request, raw)
        elif method.authorization == "CUSTOM":
            if method.authorizer is None:
                raise Failed("AUTHORIZER_CONFIGURATION_ERROR", None)
            await self._asked.check(request, method.authorizer)
        elif method.authorization == "COGNITO_USER_POOLS":
            if method.authorizer is None:
                raise Failed("AUTHORIZER_CONFIGURATION_ERROR", None)
            await self._pools.check(request, method.authorizer, method.scopes)

    def _policy(self, request: Request, *, iam: bool) -> None:
        """An API with a policy is closed but for what the policy allows.

        A signed caller of the same account needs no word of it, unless it denies.
        """
        policy = request.stage.policy
        if policy is None:
            return
        base = _ARN_BASE.format(request.region, request.account, request.stage.api_id)
        try:
            said = effect(
                policy, request.method_arn, _asker(request, signed=iam), base=base, now=request.now
            )
        except BadPolicy as error:
            raise internal(f"The API's resource policy: {error}") from None
        if said == "Allow" or (said is None and iam):
            return
        hidden = request.method_arn.replace(request.account, f"********{request.account[-4:]}")
        suffix = " with an explicit deny" if said == "Deny" else ""
        raise Failed("ACCESS_DENIED", f"{_ANONYMOUS}{hidden}{suffix}")

    def _signed(self, request: Request, raw: str) -> None:
        sent = HttpRequest(
            request.verb, raw, request.query, request.headers, request.body, request.client
        )
        try:
            key = self._security.signed(sent, "execute-api")
        except Fault as fault:
            raise _refused(fault) from None
        arn = f"arn:aws:iam::{request.account}:root"
        request.identity |= {
            "accountId": request.account,
            "caller": key,
            "accessKey": key,
            "userArn": arn,
            "user": key,
        }


def _asker(request: Request, *, signed: bool) -> Asker:
    """Whoever calls; services' calls are not signed here, so an unsigned one may be one of them."""
    asker = of_account(request.account)
    if not signed:
        asker = Asker("Service", _SERVICES, {})
    return replace(asker, context={**asker.context, "aws:sourceip": _source(request)})


def _source(request: Request) -> str:
    """The caller's address; a proxy on this machine may say whom it speaks for."""
    forwarded = request.headers.get("x-forwarded-for", "").partition(",")[0].strip()
    return forwarded if forwarded and request.client in ("127.0.0.1", "::1") else request.client


def _refused(fault: Fault) -> Failed:
    if fault.code == "MissingAuthenticationToken":
        return Failed("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token")
    if fault.code in ("ExpiredToken", "RequestTimeTooSkewed"):
        return Failed("EXPIRED_TOKEN", fault.message)
    return Failed("INVALID_SIGNATURE", fault.message)
