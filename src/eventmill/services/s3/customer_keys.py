"""Objects encrypted with keys of the caller: nothing is encrypted here, but who has not the key
does not get the object.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Denied
from eventmill.services.s3 import faults

ALGORITHM, SUM = "SSECustomerAlgorithm", "SSECustomerKeyMD5"
MEMBERS = (ALGORITHM, SUM)


def asked(request: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The algorithm and the key's sum that a request names. Raises Invalid.

    `prefix` is `CopySource` for those of a copy's source.
    """
    algorithm, digest = request.get(prefix + ALGORITHM), request.get(prefix + SUM)
    if algorithm is None and digest is None:
        return {}
    if algorithm != "AES256" or not digest:
        raise faults.argument(
            "The encryption request you specified is not valid. The valid value is AES256, with a "
            "key and its MD5.",
            "x-amz-server-side-encryption-customer-algorithm",
            algorithm,
        )
    return {ALGORITHM: algorithm, SUM: digest}


def check(headers: Mapping[str, Any], request: Mapping[str, Any], prefix: str = "") -> None:
    """Raises Invalid where no key is given or none is due, Denied for another key."""
    digest = asked(request, prefix).get(SUM)
    wanted = headers.get(SUM)
    if digest == wanted:
        return
    if wanted is None:
        raise faults.invalid("The encryption parameters are not applicable to this object.")
    if digest is None:
        raise faults.invalid(
            "The object was stored using a form of Server Side Encryption. The correct parameters "
            "must be provided to retrieve the object."
        )
    raise Denied("AccessDenied", "Access Denied")
