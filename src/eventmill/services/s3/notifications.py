"""Event notifications: which events of a bucket go where. What they tell is in `changes`.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from eventmill.kernel.clock import iso_millis
from eventmill.kernel.errors import Invalid
from eventmill.kernel.policies import Asker, of_service
from eventmill.services.contract import Call, Result
from eventmill.services.s3 import buckets, faults
from eventmill.services.s3.buckets import OPERATIONS, Bucket
from eventmill.store import outbox

NOTIFICATION = "s3.notification"
"""Kind of the outbox rows for queues, topics and functions; the payload is the final JSON."""

_LISTS = {
    "LambdaFunctionConfigurations": ("LambdaFunctionArn", "CloudFunction"),
    "QueueConfigurations": ("QueueArn", "Queue"),
    "TopicConfigurations": ("TopicArn", "Topic"),
}
_RULES = 100
EVENTS = frozenset(
    f"s3:{name}"
    for name in (
        "ObjectCreated:*",
        "ObjectCreated:Put",
        "ObjectCreated:Post",
        "ObjectCreated:Copy",
        "ObjectCreated:CompleteMultipartUpload",
        "ObjectRemoved:*",
        "ObjectRemoved:Delete",
        "ObjectRemoved:DeleteMarkerCreated",
        "ObjectTagging:*",
        "ObjectTagging:Put",
        "ObjectTagging:Delete",
        "LifecycleExpiration:*",
        "LifecycleExpiration:Delete",
        "LifecycleExpiration:DeleteMarkerCreated",
        "LifecycleTransition",
        "ObjectAcl:Put",
        # Accepted, but nothing on one machine causes them.
        "ObjectRestore:*",
        "ObjectRestore:Post",
        "ObjectRestore:Completed",
        "ObjectRestore:Delete",
        "ReducedRedundancyLostObject",
        "Replication:*",
        "Replication:OperationFailedReplication",
        "Replication:OperationMissedThreshold",
        "Replication:OperationReplicatedAfterThreshold",
        "Replication:OperationNotTracked",
        "IntelligentTiering",
    )
)


@OPERATIONS.write("PutBucketNotificationConfiguration")
def put_bucket_notification_configuration(call: Call, request: dict[str, Any]) -> Result:
    """Replaces the whole configuration."""
    skip = bool(request.get("SkipDestinationValidation"))
    configure(call, request["Bucket"], request["NotificationConfiguration"], validate=not skip)
    return {}


@OPERATIONS.read("GetBucketNotificationConfiguration")
def get_bucket_notification_configuration(call: Call, request: dict[str, Any]) -> Result:
    """Empty when there is none."""
    text = buckets.find(call.tx, request["Bucket"]).notifications
    return json.loads(text) if text else {}


def configure(
    call: Call, name: str, configuration: Mapping[str, Any], *, validate: bool = True
) -> None:
    """Raises Invalid (InvalidArgument) for bad events, overlaps and missing destinations."""
    buckets.find(call.tx, name)
    kept = shaped(configuration, call.ids.uuid)
    if validate:
        for key, (member, _) in _LISTS.items():
            for rule in kept.get(key, ()):
                _validate_destination(call, name, rule[member])
    if configuration.get("EventBridgeConfiguration") is not None:
        kept["EventBridgeConfiguration"] = {}
    text = json.dumps(kept) if kept else ""
    call.tx.execute("UPDATE s3_buckets SET notifications=? WHERE name=?", (text, name))
    if validate:
        _send_tests(call, name, kept)


def shaped(configuration: Mapping[str, Any], identify: Callable[[], str]) -> dict[str, Any]:
    """The rules as they are kept; `identify` names those without a name. Raises Invalid."""
    kept: dict[str, Any] = {}
    for key, (member, argument) in _LISTS.items():
        for rule in configuration.get(key) or []:
            identifier = rule.get("Id") or identify()
            kept.setdefault(key, []).append({"Id": identifier} | _rule(rule, member, argument))
    rules = [rule for found in kept.values() for rule in found]
    if len(rules) > _RULES:
        raise Invalid(
            "TooManyConfigurations",
            f"A bucket has at most {_RULES} notification configurations; here are {len(rules)}",
        )
    _refuse_overlaps(rules)
    return kept


def _rule(rule: Mapping[str, Any], member: str, argument: str) -> dict[str, Any]:
    arn = rule.get(member) or ""
    if arn.count(":") < 5 or not arn.startswith("arn:"):
        raise faults.argument("The ARN could not be parsed", argument, arn)
    for event in rule["Events"]:
        if event not in EVENTS:
            raise faults.argument("The event is not supported for notifications", "Event", event)
    made: dict[str, Any] = {member: arn, "Events": list(rule["Events"])}
    found = ((rule.get("Filter") or {}).get("Key") or {}).get("FilterRules") or []
    if found:
        names = [str(entry["Name"]).capitalize() for entry in found]
        if set(names) - {"Prefix", "Suffix"} or len(set(names)) < len(names):
            raise faults.argument(
                "filter rule name must be either prefix or suffix", "FilterRule.Name", names
            )
        made["Filter"] = {
            "Key": {
                "FilterRules": [
                    {"Name": name, "Value": entry.get("Value") or ""}
                    for name, entry in zip(names, found, strict=True)
                ]
            }
        }
    return made


def _validate_destination(call: Call, bucket: str, arn: str) -> None:
    why = _refusal(call, bucket, arn)
    if why:
        raise Invalid(
            "InvalidArgument",
            "Unable to validate the following destination configurations",
            fields={"ArgumentName1": arn, "ArgumentValue1": why},
        )


def _refusal(call: Call, bucket: str, arn: str) -> str:
    """Why notifications cannot go there; empty when they can."""
    known = call.directory(call.tx, arn)
    kind = arn.split(":")[2]
    place = {"sqs": "queue", "sns": "topic"}.get(kind)
    if known is None and place:
        return f"The destination {place} does not exist"
    if known and (known.facts.get("FifoQueue") or known.facts.get("FifoTopic")):
        them = "SQS queues" if kind == "sqs" else "SNS topics"
        return f"FIFO {them} are not supported as destinations"
    if known is None or not known.admits(notifier(bucket, call.account)):
        if place:
            return (
                f"Permissions on the destination {place} do not allow S3 to publish "
                "notifications from this bucket"
            )
        return f"Not authorized to invoke function [{arn}]"
    return ""


def notifier(bucket: str, account: str) -> Asker:
    """S3, as it asks for what it notifies of a bucket's changes."""
    source = f"arn:aws:s3:::{bucket}"
    return of_service("s3.amazonaws.com", source=source, account=account)


def _filters(rule: Mapping[str, Any]) -> tuple[str, str]:
    found = {
        entry["Name"]: entry["Value"]
        for entry in ((rule.get("Filter") or {}).get("Key") or {}).get("FilterRules") or []
    }
    return found.get("Prefix", ""), found.get("Suffix", "")


def _refuse_overlaps(rules: list[dict[str, Any]]) -> None:
    for index, first in enumerate(rules):
        for second in rules[index + 1 :]:
            if not _share_event(first["Events"], second["Events"]):
                continue
            (prefix, suffix), (prefix2, suffix2) = _filters(first), _filters(second)
            if not (prefix.startswith(prefix2) or prefix2.startswith(prefix)):
                continue
            if suffix.endswith(suffix2) or suffix2.endswith(suffix):
                text = (
                    "Configurations overlap. Configurations on the same bucket cannot share a"
                    " common event type."
                )
                if prefix or prefix2 or suffix or suffix2:
                    text = (
                        "Configuration is ambiguously defined. Cannot have overlapping "
                        "suffixes in two rules if the prefixes are overlapping for the same "
                        "event type."
                    )
                raise Invalid("InvalidArgument", text)


def _share_event(first: list[str], second: list[str]) -> bool:
    return any(
        a == b
        or (a.endswith("*") and b.startswith(a[:-1]))
        or (b.endswith("*") and a.startswith(b[:-1]))
        for a in first
        for b in second
    )


def _send_tests(call: Call, bucket: str, kept: Mapping[str, Any]) -> None:
    message = {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": iso_millis(call.now),
        "Bucket": bucket,
        "RequestId": call.request_id,
        "HostId": call.ids.token(24),
    }
    for key in ("QueueConfigurations", "TopicConfigurations"):
        for rule in kept.get(key, ()):
            arn = rule.get("QueueArn") or rule["TopicArn"]
            outbox.emit(call.tx, NOTIFICATION, arn, orjson.dumps(message))


def matching(bucket: Bucket, event: str, key: str) -> Iterator[tuple[str, str]]:
    """(ARN, configuration id) of the rules for an event of a key."""
    configuration = json.loads(bucket.notifications)
    for name, (member, _) in _LISTS.items():
        for rule in configuration.get(name, ()):
            prefix, suffix = _filters(rule)
            if not (key.startswith(prefix) and key.endswith(suffix)):
                continue
            if any(
                wanted == f"s3:{event}"
                or (wanted.endswith("*") and f"s3:{event}".startswith(wanted[:-1]))
                for wanted in rule["Events"]
            ):
                yield rule[member], rule["Id"]
