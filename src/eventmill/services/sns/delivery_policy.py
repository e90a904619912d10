"""How often and when a delivery over HTTP is tried again.

https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.services.sns import faults

DEFAULT: dict[str, Any] = {
    "minDelayTarget": 20,
    "maxDelayTarget": 20,
    "numRetries": 3,
    "numMaxDelayRetries": 0,
    "numNoDelayRetries": 0,
    "numMinDelayRetries": 0,
    "backoffFunction": "linear",
}
TOTAL_SECONDS = 3_600
"""No delivery is tried longer, whatever its policy says."""

CONTENT_TYPE = "text/plain; charset=UTF-8"
_FUNCTIONS = ("linear", "arithmetic", "geometric", "exponential")
_CONTENT_TYPES = (
    *("application/json", "application/xml", "application/xhtml+xml", "application/soap+xml"),
    *("application/x-www-form-urlencoded", "application/octet-stream"),
    *("text/css", "text/csv", "text/html", "text/javascript", "text/plain", "text/xml"),
)


def parse(text: str, *, topic: bool) -> dict[str, Any]:
    """A checked policy: of a topic `{"http": {...}}`, of a subscription its own three members.

    Raises Invalid.
    """
    try:
        policy = json.loads(text)
    except ValueError:
        raise _bad("failed to parse JSON.") from None
    if not isinstance(policy, dict):
        raise _bad("failed to parse JSON.")
    inner = policy.get("http", {}) if topic else policy
    retry = inner.get("defaultHealthyRetryPolicy" if topic else "healthyRetryPolicy") or {}
    _check_retry({**DEFAULT, **retry}, set(retry) - set(DEFAULT))
    throttle = inner.get("defaultThrottlePolicy" if topic else "throttlePolicy") or {}
    if throttle.get("maxReceivesPerSecond") is not None and throttle["maxReceivesPerSecond"] < 1:
        raise _bad("throttlePolicy.maxReceivesPerSecond must be greater than or equal to 1")
    request = inner.get("defaultRequestPolicy" if topic else "requestPolicy") or {}
    kind = request.get("headerContentType")
    if kind is not None and kind.partition(";")[0].strip() not in _CONTENT_TYPES:
        raise _bad(f"requestPolicy.headerContentType {kind} is not supported")
    return policy


def _bad(reason: str) -> Exception:
    return faults.invalid(f"DeliveryPolicy: {reason}")


def _check_retry(retry: Mapping[str, Any], unknown: set[str]) -> None:
    if unknown:
        raise _bad(f"healthyRetryPolicy: unrecognized property {sorted(unknown)[0]}")
    if retry["backoffFunction"] not in _FUNCTIONS:
        raise _bad("healthyRetryPolicy.backoffFunction must be one of " + ", ".join(_FUNCTIONS))
    if not 1 <= retry["minDelayTarget"] <= retry["maxDelayTarget"] <= TOTAL_SECONDS:
        raise _bad(
            "healthyRetryPolicy.minDelayTarget must be at least 1 and not more than maxDelayTarget,"
            " which must not be more than 3600"
        )
    counts = [retry["numRetries"]]
    counts += [retry[f"num{name}DelayRetries"] for name in ("No", "Min", "Max")]
    if not 0 <= counts[0] <= 100 or min(counts) < 0 or sum(counts[1:]) > counts[0]:
        raise _bad(
            "healthyRetryPolicy.numRetries must be 0 to 100 and not less than the sum of its phases"
        )


def effective(topic: str | None, subscription: str | None) -> dict[str, Any]:
    """What holds for a subscription: its own, else its topic's, else SNS's own.

    `topic` and `subscription` are their DeliveryPolicy attributes.
    """
    shared = json.loads(topic).get("http", {}) if topic else {}
    own = json.loads(subscription) if subscription else {}
    if shared.get("disableSubscriptionOverrides"):
        own = {}

    def chosen(name: str) -> dict[str, Any]:
        return own.get(name) or shared.get(f"default{name[0].upper()}{name[1:]}") or {}

    return {
        "healthyRetryPolicy": {**DEFAULT, **chosen("healthyRetryPolicy")},
        "throttlePolicy": chosen("throttlePolicy"),
        "requestPolicy": {"headerContentType": CONTENT_TYPE, **chosen("requestPolicy")},
    }


def retry_delay(retry: Mapping[str, Any], failures: int) -> float | None:
    """Seconds before the next try after `failures` tries (at least one); None for no more.

    Four phases: at once, at the least delay, growing, and at the greatest delay.
    """
    number = failures - 1
    if number >= retry["numRetries"]:
        return None
    if number < retry["numNoDelayRetries"]:
        return 0.0
    number -= retry["numNoDelayRetries"]
    low, high = float(retry["minDelayTarget"]), float(retry["maxDelayTarget"])
    if number < retry["numMinDelayRetries"]:
        return low
    number -= retry["numMinDelayRetries"]
    growing = retry["numRetries"] - sum(
        retry[f"num{name}DelayRetries"] for name in ("No", "Min", "Max")
    )
    if number >= growing:
        return high
    return low + (high - low) * _share(retry["backoffFunction"], number, growing, low, high)


def _share(function: str, number: int, count: int, low: float, high: float) -> float:
    """How far step `number` of `count` is from the least to the greatest delay, 0 to 1."""
    last = count - 1
    if last == 0 or high == low:
        return 0.0
    if function == "linear":
        return number / last
    if function == "arithmetic":
        return float(number * (number + 1) / (last * (last + 1)))
    if function == "geometric":
        return float((low * (high / low) ** (number / last) - low) / (high - low))
    return float((2.0**number - 1) / (2.0**last - 1))
