"""Who may call AWS's API here.

Presigned URLs are always verified, since handing one out is a promise about what it allows. The
signatures of ordinary calls are checked with `--auth`. A function's credentials carry the session
token of the engine's start: one that is left over from a dead engine is refused, so that it cannot
change what its successor now works on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from eventmill.kernel.errors import Denied
from eventmill.wire.http import HttpRequest
from eventmill.wire.postpolicy import check as check_form
from eventmill.wire.sigv4 import access_key, is_presigned, verify, verify_for

TOKEN_PREFIX = "eventmill-"


class Security:
    """Checks callers. `real_now` is real time: a signature's age is told by other clocks."""

    def __init__(
        self,
        secret_for: Callable[[str], str | None],
        session_token: str,
        real_now: Callable[[], float],
        *,
        check_signatures: bool,
    ) -> None:
        self._secret_for = secret_for
        self._session_token = session_token
        self._real_now = real_now
        self._check_signatures = check_signatures

    def signed(self, request: HttpRequest, service: str) -> str:
        """The access key that signed a request for `service`. Raises Fault, always checked."""
        self._living(request)
        return verify_for(request, service, self._secret_for, self._real_now())

    def principal(self, request: HttpRequest, service: str, *, unsigned: bool = False) -> str:
        """The caller's access key, empty for an anonymous one. Raises Denied.

        `unsigned` says that anybody may call the operation.
        """
        self._living(request)
        if is_presigned(request):
            return verify(request, self._secret_for, self._real_now())
        if self._check_signatures and not (
            (service == "s3" or unsigned) and "authorization" not in request.headers
        ):
            return verify(request, self._secret_for, self._real_now())
        return access_key(request)

    def _living(self, request: HttpRequest) -> None:
        token = request.headers.get("x-amz-security-token", "")
        if token.startswith(TOKEN_PREFIX) and token != self._session_token:
            raise Denied(
                "ExpiredToken",
                "The security token is of an earlier start of the engine. Start the caller anew.",
            )

    def form(self, fields: Mapping[str, str], bucket: str) -> str:
        """The access key that signed an upload form. Raises Fault."""
        return check_form(fields, bucket, self._secret_for, self._real_now())
