"""The checksum of an object that came in parts: one over those of its parts, or of the whole.

An upload says when it begins which algorithm it wants, and of what; without one none is kept.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from eventmill.kernel import checksums
from eventmill.kernel.errors import Invalid
from eventmill.services.s3 import faults

_WHOLE_ONLY = ("CRC64NVME",)
_PARTS_ONLY = ("SHA1", "SHA256")


def asked(request: Mapping[str, Any]) -> dict[str, str]:
    """`ChecksumAlgorithm` and `ChecksumType` of an upload that wants one. Raises Invalid."""
    algorithm, kind = request.get("ChecksumAlgorithm"), request.get("ChecksumType")
    if algorithm is None:
        if kind is not None:
            raise faults.invalid(
                "The x-amz-checksum-type header can only be used with the "
                "x-amz-checksum-algorithm header."
            )
        return {}
    try:
        checksums.new(algorithm)
    except KeyError:
        raise faults.not_implemented(f"checksums by {algorithm} are not offered") from None
    kind = kind or ("FULL_OBJECT" if algorithm in _WHOLE_ONLY else "COMPOSITE")
    if algorithm in (_WHOLE_ONLY if kind == "COMPOSITE" else _PARTS_ONLY):
        raise faults.invalid(
            f"The {kind} checksum type cannot be used with the {algorithm.lower()} checksum "
            "algorithm."
        )
    return {"ChecksumAlgorithm": algorithm, "ChecksumType": kind}


def completed(headers: Mapping[str, Any], parts: Sequence[tuple[int, int, str]]) -> dict[str, Any]:
    """The object's headers: those of its upload, with the checksum and those of its parts.

    `parts` are (number, size, JSON of the checksums). Where a part lacks one there is none of the
    whole.
    """
    kept = dict(headers)
    algorithm, kind = kept.pop("ChecksumAlgorithm", None), kept.pop("ChecksumType", None)
    found = [(number, json.loads(text).get(algorithm)) for number, _, text in parts]
    if kind is None or not all(value for _, value in found):
        return kept
    digests = [base64.b64decode(value) for _, value in found]
    if kind == "COMPOSITE":
        whole = checksums.new(algorithm)
        whole.update(b"".join(digests))
        text = f"{checksums.text(whole)}-{len(found)}"
    else:
        sizes = [size for _, size, _ in parts]
        joined = checksums.combined(algorithm, list(zip(digests, sizes, strict=True)))
        text = base64.b64encode(joined).decode()
    return kept | {"Checksums": {algorithm: text}, "ChecksumType": kind, "Parts": found}


def check(headers: Mapping[str, Any], request: Mapping[str, Any]) -> None:
    """Raises Invalid (BadDigest) where the caller reckons with another checksum of the whole."""
    for algorithm, value in (headers.get("Checksums") or {}).items():
        if request.get(f"Checksum{algorithm}") not in (None, value, value.partition("-")[0]):
            raise Invalid(
                "BadDigest",
                f"The {algorithm} you specified did not match the calculated checksum.",
            )
