"""The attributes of a queue: ranges, defaults, and what each value must look like.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services.sqs.faults import value_invalid

MAXIMUM_SIZE = 1_048_576

RANGES: dict[str, tuple[int, int]] = {
    "VisibilityTimeout": (0, 43_200),
    "DelaySeconds": (0, 900),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "MessageRetentionPeriod": (60, 1_209_600),
    "MaximumMessageSize": (1_024, MAXIMUM_SIZE),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
}

DEFAULTS: dict[str, str] = {
    "VisibilityTimeout": "30",
    "DelaySeconds": "0",
    "ReceiveMessageWaitTimeSeconds": "0",
    "MessageRetentionPeriod": "345600",
    "MaximumMessageSize": str(MAXIMUM_SIZE),
    "SqsManagedSseEnabled": "true",
}

FIFO_DEFAULTS: dict[str, str] = {
    "FifoQueue": "true",
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoThroughputLimit": "perQueue",
}

_CHOICES: dict[str, tuple[str, ...]] = {
    "ContentBasedDeduplication": ("true", "false"),
    "SqsManagedSseEnabled": ("true", "false"),
    "DeduplicationScope": ("queue", "messageGroup"),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
}

_ALLOWED_SOURCES = 10
_FREE = ("KmsMasterKeyId", "Policy", "RedrivePolicy", "RedriveAllowPolicy", "FifoQueue")
FIFO_ONLY = ("ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")

COMPUTED = (
    "QueueArn",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


KNOWN = frozenset({*RANGES, *DEFAULTS, *FIFO_DEFAULTS, *_FREE, *COMPUTED})
"""What GetQueueAttributes may be asked for."""


def validate(given: Mapping[str, str], *, fifo: bool) -> dict[str, str]:
    """The attributes in the form in which they are stored.

    Raises Invalid with InvalidAttributeName or InvalidAttributeValue. An empty Policy,
    RedrivePolicy or RedriveAllowPolicy stays empty: it takes the attribute away.
    """
    return {name: _validate_one(name, str(value), fifo) for name, value in given.items()}


def _validate_one(name: str, value: str, fifo: bool) -> str:
    if name in RANGES:
        low, high = RANGES[name]
        if not value.lstrip("-").isdigit() or not low <= int(value) <= high:
            raise _value(name)
        return str(int(value))
    if name in FIFO_ONLY and not fifo:
        raise Invalid("InvalidAttributeName", f"Unknown Attribute {name}.")
    if name in _CHOICES:
        if value.lower() not in [choice.lower() for choice in _CHOICES[name]]:
            raise _value(name)
        return next(choice for choice in _CHOICES[name] if choice.lower() == value.lower())
    if name == "FifoQueue":
        if value.lower() != "true" or not fifo:
            raise Invalid("InvalidAttributeName", "Unknown Attribute FifoQueue.")
        return "true"
    if name == "RedrivePolicy" and value:
        return redrive_policy(value)
    if name == "RedriveAllowPolicy" and value:
        return _allow_policy(value)
    if name == "Policy" and value:
        _object(name, value)
        return value
    if name in _FREE:
        return value
    raise Invalid("InvalidAttributeName", f"Unknown Attribute {name}.")


def check_throughput(attributes: Mapping[str, str]) -> None:
    """High throughput is by group, so deduplication must be too. Raises Invalid."""
    by_group = attributes.get("FifoThroughputLimit") == "perMessageGroupId"
    if by_group and attributes.get("DeduplicationScope") != "messageGroup":
        raise Invalid(
            "InvalidAttributeValue",
            "Invalid value for the parameter FifoThroughputLimit. Reason: perMessageGroupId is "
            "allowed only when the value for DeduplicationScope is messageGroup.",
        )


def redrive_policy(text: str) -> str:
    """The policy in one spelling: `{"deadLetterTargetArn": …, "maxReceiveCount": <int>}`."""
    policy = _object("RedrivePolicy", text)
    if "deadLetterTargetArn" not in policy or "maxReceiveCount" not in policy:
        raise value_invalid(
            text,
            "RedrivePolicy",
            "Redrive policy does not contain mandatory attribute: "
            + ("maxReceiveCount" if "deadLetterTargetArn" in policy else "deadLetterTargetArn")
            + ".",
        )
    count = str(policy["maxReceiveCount"])
    if not count.isdigit() or not 1 <= int(count) <= 1_000:
        raise value_invalid(
            text, "RedrivePolicy", "Invalid value for maxReceiveCount: must be between 1 and 1000."
        )
    return json.dumps(
        {"deadLetterTargetArn": str(policy["deadLetterTargetArn"]), "maxReceiveCount": int(count)}
    )


def _allow_policy(text: str) -> str:
    policy = _object("RedriveAllowPolicy", text)
    permission, sources = policy.get("redrivePermission"), policy.get("sourceQueueArns")
    fault = ""
    if permission not in ("allowAll", "denyAll", "byQueue"):
        fault = (
            "Amazon SQS can't create the redrive allow policy, as it's in an unsupported format."
        )
    elif (permission == "byQueue") != bool(sources):
        fault = "sourceQueueArns go with the redrivePermission byQueue, and only with it."
    elif sources and len(sources) > _ALLOWED_SOURCES:
        fault = f"At most {_ALLOWED_SOURCES} sourceQueueArns can be given; use allowAll for more."
    if fault:
        raise value_invalid(text, "RedriveAllowPolicy", fault)
    return text


def _object(name: str, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise value_invalid(text, name, "Not a valid JSON map.")
    return value


def _value(name: str) -> Invalid:
    return Invalid("InvalidAttributeValue", f"Invalid value for the parameter {name}.")
