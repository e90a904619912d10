"""Signatures as botocore makes them, and queries that hold more than one."""

from __future__ import annotations

import hashlib
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import HmacV1QueryAuth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from eventmill.kernel.errors import Fault
from eventmill.wire import HttpRequest
from eventmill.wire.sigv4 import is_presigned, verify, verify_for

KEY = Credentials("key", "secret")
URL = "http://localhost/bucket/a%20b?prefix=x&AWSAccessKeyId=mine"


def signed(auth: Any, url: str = URL, body: bytes = b"", **headers: str) -> HttpRequest:
    method = "POST" if body else "GET"
    request = AWSRequest(method, url, headers | {"Host": "localhost"}, body)
    auth.add_auth(request)
    parts = urlsplit(request.prepare().url)
    given = {name.lower(): value for name, value in request.headers.items()}
    return HttpRequest(method, parts.path, parts.query, given, body)


def found(request: HttpRequest, service: str | None = None) -> str:
    """Who signed it, or the fault's code."""

    def secret_for(key: str) -> str | None:
        return "secret" if key == "key" else None

    try:
        if service is None:
            return verify(request, secret_for, time.time())
        return verify_for(request, service, secret_for, time.time())
    except Fault as fault:
        return fault.code


def test_a_presigned_url_may_have_a_parameter_of_the_older_signature() -> None:
    request = signed(S3SigV4QueryAuth(KEY, "s3", "us-east-1", expires=60))
    assert is_presigned(request) and found(request) == "key"
    request.query = request.query.replace("mine", "yours")
    assert found(request) == "SignatureDoesNotMatch"


def test_a_query_with_both_signatures_is_refused() -> None:
    older = signed(HmacV1QueryAuth(KEY, expires=60), "http://localhost/bucket/key")
    assert is_presigned(older) and found(older) == "key"
    newer = signed(S3SigV4QueryAuth(KEY, "s3", "us-east-1", expires=60))
    newer.query += "&" + older.query
    assert found(newer) == "InvalidArgument"
    # For a service, the older one counts for nothing, whatever stands beside it.
    assert found(newer, "s3") == found(older, "s3") == "MissingAuthenticationToken"


def test_a_value_that_looks_like_a_signature_is_none() -> None:
    request = HttpRequest("GET", "/", "a=Signature=1&b=AWSAccessKeyId=2&X-Amz-SignatureX=3", {})
    assert not is_presigned(request)


@pytest.mark.parametrize(("auth", "body"), [(SigV4Auth, b"body"), (SigV4QueryAuth, b"")])
@pytest.mark.parametrize("stated", [True, False])
def test_the_body_is_signed_for_other_services(auth: Any, body: bytes, stated: bool) -> None:
    headers = {"X-Amz-Content-SHA256": hashlib.sha256(body).hexdigest()} if stated else {}
    request = signed(auth(KEY, "lambda", "us-east-1"), body=body, **headers)
    assert found(request) == found(request, "lambda") == "key"
    assert found(request, "execute-api") == "InvalidSignatureException"
    request.body = b"other"
    assert found(request, "lambda") == "SignatureDoesNotMatch"
