"""Object lock: versions that nobody may delete before a time, or while a hold lies on them.

A version keeps its lock among its headers, by the names that requests and answers have for it.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Conflict, Denied, Fault, Invalid, NotFound
from eventmill.services.contract import Call
from eventmill.services.s3 import buckets, faults
from eventmill.services.s3.buckets import Bucket
from eventmill.store.transaction import Transaction

MODE, UNTIL, HOLD = "ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus"
MEMBERS = (MODE, UNTIL, HOLD)
_EVENT_HOLDS = (
    "ObjectLockEventHold",
    "ObjectLockEventHoldDurationDays",
    "ObjectLockEventHoldDurationYears",
)
_DAY = 86_400
_YEAR = 365 * _DAY


def configuration(tx: Transaction, bucket: str) -> dict[str, Any] | None:
    """The bucket's lock configuration; None where it has none."""
    found: dict[str, Any] | None = buckets.setting(tx, bucket, buckets.LOCK)
    return found


def configure(call: Call, name: str, given: Mapping[str, Any]) -> None:
    """Raises Invalid (MalformedXML, InvalidArgument), Conflict (InvalidBucketState)."""
    if buckets.find(call.tx, name).versioning != "Enabled":
        raise Conflict(
            "InvalidBucketState",
            "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
        )
    buckets.put_setting(call.tx, name, buckets.LOCK, shaped(given))


def shaped(given: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration as it is kept. Raises Invalid (MalformedXML, InvalidArgument)."""
    if given.get("ObjectLockEnabled") != "Enabled":
        raise faults.malformed()
    kept: dict[str, Any] = {"ObjectLockEnabled": "Enabled"}
    if given.get("Rule"):
        kept["Rule"] = {"DefaultRetention": _default(given["Rule"].get("DefaultRetention") or {})}
    return kept


def _default(given: Mapping[str, Any]) -> dict[str, Any]:
    if given.get("DefaultEventHold"):
        raise faults.not_implemented("event holds are not offered")
    periods = {unit: given[unit] for unit in ("Days", "Years") if given.get(unit) is not None}
    if given.get("Mode") not in ("GOVERNANCE", "COMPLIANCE") or len(periods) != 1:
        raise faults.malformed()
    ((unit, period),) = periods.items()
    if period <= 0:
        raise Invalid(
            "InvalidArgument", "Default retention period must be a positive integer value."
        )
    return {"Mode": given["Mode"], unit: period}


def required(tx: Transaction, bucket: str) -> dict[str, Any]:
    """The configuration, without which no version can be locked. Raises Invalid."""
    found = configuration(tx, bucket)
    if found is None:
        raise Invalid("InvalidRequest", "Bucket is missing Object Lock Configuration")
    return found


def asked(call: Call, bucket: Bucket, request: Mapping[str, Any]) -> dict[str, Any]:
    """The lock that a request wants for the version it makes. Raises Invalid."""
    if any(request.get(name) for name in _EVENT_HOLDS):
        raise faults.not_implemented("event holds are not offered")
    wanted = {name: request[name] for name in MEMBERS if request.get(name) is not None}
    if not wanted:
        return wanted
    required(call.tx, bucket.name)
    if (MODE in wanted) != (UNTIL in wanted):
        raise Invalid(
            "InvalidArgument",
            "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
        )
    if MODE in wanted:
        check_retention(call, wanted[MODE], wanted[UNTIL])
    if wanted.get(HOLD, "ON") not in ("ON", "OFF"):
        raise faults.argument(
            "Legal Hold must be either of 'ON' or 'OFF'",
            "x-amz-object-lock-legal-hold",
            wanted[HOLD],
        )
    return wanted


def check_retention(call: Call, mode: str, until: float) -> None:
    """Raises Invalid (InvalidArgument) for an unknown mode and a time that is over."""
    if mode not in ("GOVERNANCE", "COMPLIANCE"):
        raise faults.argument("Unknown wormMode directive.", "x-amz-object-lock-mode", mode)
    if until <= call.now:
        raise Invalid("InvalidArgument", "The retain until date must be in the future!")


def with_default(call: Call, bucket: Bucket, headers: Mapping[str, Any]) -> Mapping[str, Any]:
    """A new version's headers, with the bucket's retention where they ask for none."""
    if bucket.versioning != "Enabled" or MODE in headers:
        return headers
    rule = (configuration(call.tx, bucket.name) or {}).get("Rule")
    if not rule:
        return headers
    default = rule["DefaultRetention"]
    period = default["Days"] * _DAY if "Days" in default else default["Years"] * _YEAR
    return {**headers, MODE: default["Mode"], UNTIL: call.now + period}


def retained(headers: Mapping[str, Any], now: float) -> bool:
    """Whether the time until which a version is kept is not over."""
    return float(headers.get(UNTIL) or 0) > now


def held(headers: Mapping[str, Any], now: float, *, bypass: bool = False) -> bool:
    """Whether a version may not be deleted; `bypass` passes over governance."""
    if headers.get(HOLD) == "ON":
        return True
    return retained(headers, now) and not (bypass and headers[MODE] == "GOVERNANCE")


def refused() -> Fault:
    """403"""
    return Denied("AccessDenied", "Access Denied because object protected by object lock.")


def missing() -> Fault:
    """404"""
    return NotFound(
        "NoSuchObjectLockConfiguration",
        "The specified object does not have a ObjectLock configuration",
    )
