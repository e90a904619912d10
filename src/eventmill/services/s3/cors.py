"""Which pages may use a bucket.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from eventmill.services.s3 import buckets
from eventmill.store.transaction import Transaction


def rule_for(
    tx: Transaction, bucket: str, origin: str, method: str, headers: Sequence[str]
) -> dict[str, Any] | None:
    """The first rule that allows the request, or None."""
    configuration = buckets.setting(tx, bucket, "cors")
    for rule in (configuration or {}).get("CORSRules") or []:
        if method not in rule.get("AllowedMethods", ()):
            continue
        if not any(fnmatchcase(origin, entry) for entry in rule.get("AllowedOrigins", ())):
            continue
        allowed = [entry.lower() for entry in rule.get("AllowedHeaders", ())]
        if all(any(fnmatchcase(h.lower(), entry) for entry in allowed) for h in headers):
            return dict(rule)
    return None
