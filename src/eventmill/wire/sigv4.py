"""Verifying Signature Version 4, in headers and in presigned URLs.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote

from eventmill.kernel.errors import Denied, Fault, Invalid
from eventmill.wire.http import HttpRequest

Secrets = Callable[[str], str | None]

_HEADER = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<credential>[^,\s]+),\s*"
    r"SignedHeaders=(?P<headers>[^,\s]+),\s*Signature=(?P<signature>[0-9a-f]+)"
)
_SKEW = 900.0
_WEEK = 604_800
_UNSIGNED = "UNSIGNED-PAYLOAD"
_ONE = (
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query "
    "string parameter or the Authorization header should be specified"
)


@dataclass(frozen=True, slots=True)
class _Signature:
    key: str
    scope: tuple[str, ...]
    headers: tuple[str, ...]
    signature: str
    date: str
    query: str
    payload: str
    """What the request says of its body: a digest or a word for none; empty when it says nothing,
    and the body's own digest is signed."""


def access_key(request: HttpRequest) -> str:
    """The access key that the request names, verified or not; empty for none."""
    _, found, rest = request.headers.get("authorization", "").partition("Credential=")
    if found:
        return rest.partition("/")[0]
    if "X-Amz-Credential=" in request.query:
        return dict(parse_qsl(request.query)).get("X-Amz-Credential", "").partition("/")[0]
    if "AWSAccessKeyId=" in request.query:
        return dict(parse_qsl(request.query)).get("AWSAccessKeyId", "")
    return ""


def is_presigned(request: HttpRequest) -> bool:
    """Whether the signature is in the query."""
    return _versions(request.query) != (False, False)


def _versions(query: str) -> tuple[bool, bool]:
    """Whether a query holds a signature of version 4, and one of version 2."""
    if "Signature=" not in query:
        return False, False
    names = {part.partition("=")[0] for part in query.split("&")}
    return "X-Amz-Signature" in names, names >= {"Signature", "AWSAccessKeyId"}


def verify(request: HttpRequest, secret_for: Secrets, now: float) -> str:
    """The access key that signed; `now` is real time. Raises Fault with AWS's code."""
    newer, older = _versions(request.query)
    if newer and older:
        raise Invalid("InvalidArgument", _ONE)
    if older:
        return _verify_v2(request, secret_for, now)
    signature = _from_query(request, now) if newer else _from_header(request, now)
    return _checked(request, signature, signature.payload or _digest(request), secret_for)


def verify_for(request: HttpRequest, service: str, secret_for: Secrets, now: float) -> str:
    """As `verify`, of a request whose body is read and that must be signed for `service`.

    With version 4 alone: what version 2 signs is for no service.
    """
    newer, older = _versions(request.query)
    if older:
        raise Denied("MissingAuthenticationToken", "Request is missing Authentication Token")
    signature = _from_query(request, now) if newer else _from_header(request, now)
    if signature.scope[2] != service:
        raise Denied(
            "InvalidSignatureException",
            f"Credential should be scoped to correct service: '{service}'.",
        )
    payload = signature.payload
    if payload != _UNSIGNED:
        payload = _digest(request)
        if signature.payload not in ("", payload):
            raise mismatch()
    return _checked(request, signature, payload, secret_for)


def _checked(request: HttpRequest, signature: _Signature, payload: str, secret_for: Secrets) -> str:
    secret = secret_for(signature.key)
    if secret is None:
        raise Denied(
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records. Use the key that "
            "`eventmill up` prints, or test.",
        )
    for double_encode in (False, True) if signature.scope[2] != "s3" else (False,):
        expected = _sign(request, signature, payload, secret, double_encode)
        if hmac.compare_digest(expected, signature.signature):
            return signature.key
    raise mismatch()


def _digest(request: HttpRequest) -> str:
    return hashlib.sha256(request.body).hexdigest()


def mismatch() -> Fault:
    """The signature is not that of the request."""
    return Denied(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check "
        "your key and signing method.",
    )


def _from_header(request: HttpRequest, now: float) -> _Signature:
    found = _HEADER.match(request.headers.get("authorization", ""))
    if found is None:
        raise Denied("MissingAuthenticationToken", "Request is missing Authentication Token")
    date = request.headers.get("x-amz-date", "")
    if abs(_time(date) - now) > _SKEW:
        raise Denied(
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        )
    key, *scope = found.group("credential").split("/")
    return _Signature(
        key,
        _scope(scope),
        tuple(found.group("headers").split(";")),
        found.group("signature"),
        date,
        request.query,
        request.headers.get("x-amz-content-sha256", ""),
    )


def _from_query(request: HttpRequest, now: float) -> _Signature:
    pairs = dict(parse_qsl(request.query, keep_blank_values=True))
    try:
        date, expires = pairs["X-Amz-Date"], int(pairs["X-Amz-Expires"])
        key, *scope = pairs["X-Amz-Credential"].split("/")
        headers = tuple(pairs["X-Amz-SignedHeaders"].split(";"))
    except (KeyError, ValueError):
        raise Invalid(
            "AuthorizationQueryParametersError",
            "Query-string authentication version 4 requires the X-Amz-Algorithm, "
            "X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and "
            "X-Amz-Expires parameters.",
        ) from None
    if not 0 < expires <= _WEEK:
        raise Invalid(
            "AuthorizationQueryParametersError",
            "X-Amz-Expires must be less than a week (in seconds); that is, the given "
            "X-Amz-Expires must be less than 604800 seconds",
        )
    if now > _time(date) + expires:
        raise Denied("AccessDenied", "Request has expired")
    rest = "&".join(
        part for part in request.query.split("&") if not part.startswith("X-Amz-Signature=")
    )
    where = _scope(scope)
    # Only S3 leaves the body out; other services sign it, mostly an empty one.
    unsigned = _UNSIGNED if where[2] == "s3" else ""
    payload = request.headers.get("x-amz-content-sha256", unsigned)
    return _Signature(key, where, headers, pairs["X-Amz-Signature"], date, rest, payload)


def _scope(parts: list[str]) -> tuple[str, ...]:
    if len(parts) != 4 or parts[3] != "aws4_request":
        raise Invalid(
            "AuthorizationHeaderMalformed",
            "The authorization header is malformed; the credential must be "
            "<key>/<date>/<region>/<service>/aws4_request.",
        )
    return tuple(parts)


def _time(date: str) -> float:
    try:
        return datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise Denied("AccessDenied", f"{date!r} is not a valid X-Amz-Date.") from None


@lru_cache(maxsize=256)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key for one day, region and service."""
    key = hmac.digest(f"AWS4{secret}".encode(), date.encode(), "sha256")
    for part in (region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _canonical_query(query: str) -> str:
    pairs = []
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        pairs.append((_encode(unquote(name)), _encode(unquote(value))))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")


def _sign(
    request: HttpRequest, signature: _Signature, payload: str, secret: str, double: bool
) -> str:
    path = quote(unquote(request.path), safe="/-_.~")
    canonical = "\n".join(
        (
            request.method,
            quote(path, safe="/-_.~") if double else path,
            _canonical_query(signature.query),
            *(
                f"{name}:{' '.join(request.headers.get(name, '').split())}"
                for name in signature.headers
            ),
            "",
            ";".join(signature.headers),
            payload,
        )
    )
    date, region, service, _ = signature.scope
    text = "\n".join(
        (
            "AWS4-HMAC-SHA256",
            signature.date,
            "/".join(signature.scope),
            hashlib.sha256(canonical.encode()).hexdigest(),
        )
    )
    key = signing_key(secret, date, region, service)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _verify_v2(request: HttpRequest, secret_for: Secrets, now: float) -> str:
    """Presigned URLs of the older form, which boto3 still makes for S3 by default settings."""
    pairs = dict(parse_qsl(request.query, keep_blank_values=True))
    key, expires = pairs["AWSAccessKeyId"], pairs.get("Expires", "0")
    secret = secret_for(key)
    if secret is None:
        raise Denied(
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
        )
    if not expires.isdigit() or now > int(expires):
        raise Denied("AccessDenied", "Request has expired")
    headers = request.headers
    amz = "".join(
        f"{name}:{headers[name]}\n" for name in sorted(headers) if name.startswith("x-amz-")
    )
    own = ("AWSAccessKeyId", "Signature", "Expires")
    listed = sorted((name, value) for name, value in pairs.items() if name not in own)
    resource = request.path
    if listed:
        resource += "?" + "&".join(f"{n}={v}" if v else n for n, v in listed)
    text = (
        f"{request.method}\n{headers.get('content-md5', '')}\n{headers.get('content-type', '')}\n"
        f"{expires}\n{amz}{resource}"
    )
    expected = base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha1")).decode()
    if not hmac.compare_digest(expected, pairs["Signature"]):
        raise mismatch()
    return key
