"""AWS's wire protocols, driven by botocore's service models.

    identify(request)          which service, operation and protocol a request is for
    decode(target, request)    its parameters by botocore's member names
    encode(target, result, id) the HTTP answer for a result
    encode_fault(...)          the HTTP answer for a Fault

Timestamps are epoch seconds, blobs are bytes. Each service's model is loaded on the first request
for it and each operation is compiled once to closures.
"""

from eventmill.wire.http import HttpRequest, HttpResponse
from eventmill.wire.identify import claimed_service, identify
from eventmill.wire.protocols import decode, encode, encode_absent, encode_fault
from eventmill.wire.target import Target

__all__ = [
    "HttpRequest",
    "HttpResponse",
    "Target",
    "claimed_service",
    "decode",
    "encode",
    "encode_absent",
    "encode_fault",
    "identify",
]
