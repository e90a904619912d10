"""Carries events from the rules of a bus to their targets.

What fails for a reason that time may mend is tried again by the target's retry policy; what
cannot succeed goes to the target's dead-letter queue at once, or is dropped without one.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from eventmill.deliver import log_lines, undelivered
from eventmill.deliver.outbox import Carrier
from eventmill.deliver.retry_policy import Undeliverable, dead_letter, exhausted
from eventmill.kernel.arns import parse_arn, service_of
from eventmill.kernel.errors import Denied, Fault, Internal, Throttled
from eventmill.kernel.ids import Ids
from eventmill.kernel.metrics import Count
from eventmill.kernel.policies import Asker, of_service
from eventmill.patterns.paths import MISSING, value_at
from eventmill.services import events, kinesis, lambda_, logs, sns, sqs
from eventmill.store.outbox import OutboxRow
from eventmill.store.transaction import Transaction

_PRINCIPALS = ("events.amazonaws.com", "delivery.logs.amazonaws.com")
"""The second one in policies of log groups."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one target of one rule."""

    row: OutboxRow
    routed: events.Routed
    rule: str
    """The rule's ARN."""
    target: Mapping[str, Any]

    @property
    def arn(self) -> str:
        """The target's."""
        return self.row.target

    @property
    def asker(self) -> Asker | None:
        """EventBridge, for the target's policy; None when it goes there by a role."""
        return None if self.target.get("RoleArn") else asking(self.rule)

    @property
    def count(self) -> Count:
        """What it counts for its rule once it arrived, or never will."""
        return "events.invoked", self.routed.bus, self.routed.rule, 1.0

    @property
    def event(self) -> Mapping[str, Any]:
        """The whole envelope."""
        return self.routed.event

    def body(self) -> bytes:
        """What the target gets. Raises NotShapable."""
        about = {"arn": self.rule, "name": self.routed.rule}
        return events.shape(self.target, self.event, about, self.routed.ingested)


def asking(rule: str) -> Asker:
    """EventBridge, as it asks for what a rule sends to.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
    """
    return of_service(*_PRINCIPALS, source=rule, account=parse_arn(rule).account)


Put = Callable[[Transaction, Delivery, bytes], None]
"""Puts the body into a target. Raises Fault or Undeliverable."""


def put_carrier(ids: Ids, region: str, account: str) -> Carrier:
    """The outbox's carrier for events that other services put on a bus (services.s3.BUS)."""

    def carry(tx: Transaction, row: OutboxRow) -> None:
        event = orjson.loads(row.payload)
        events.put(tx, ids, region, account, events.name_of(row.target), event, row.trace)

    return carry


def target_carrier(ids: Ids, region: str, account: str) -> Carrier:
    """The outbox's carrier for services.events.TARGET."""
    puts = _puts(ids)

    def carry(tx: Transaction, row: OutboxRow) -> None:
        delivery = find(tx, row, region, account)
        if delivery is None:
            return
        try:
            puts.get(service_of(row.target), _to_nothing)(tx, delivery, delivery.body())
        except events.NotShapable as error:
            give_up(tx, ids, delivery, "INVALID_JSON", str(error))
        except Undeliverable as error:
            give_up(tx, ids, delivery, error.code, str(error))
        except (Throttled, Internal) as fault:
            code = "THROTTLING" if isinstance(fault, Throttled) else "INTERNAL_ERROR"
            more = exhausted(delivery.target.get("RetryPolicy"), row, tx.now)
            give_up(tx, ids, delivery, code, fault.message, more)
        except Fault as fault:
            give_up(tx, ids, delivery, _code(fault), fault.message)
        else:
            tx.counted.append(delivery.count)

    return carry


def find(tx: Transaction, row: OutboxRow, region: str, account: str) -> Delivery | None:
    """The delivery that a row stands for; None when the target was removed meanwhile."""
    routed = events.Routed(**orjson.loads(row.payload))
    target = events.find_target(tx, routed.bus, routed.rule, routed.id)
    if target is None:
        return None
    return Delivery(row, routed, events.rule_arn(region, account, routed.bus, routed.rule), target)


def _code(fault: Fault) -> str:
    if isinstance(fault, Denied):
        return "NO_PERMISSIONS"
    return "NO_RESOURCE" if "exist" in fault.code + fault.message else "SDK_CLIENT_ERROR"


def give_up(
    tx: Transaction,
    ids: Ids,
    delivery: Delivery,
    code: str,
    message: str,
    more: Mapping[str, str] | None = None,
) -> None:
    """Into the target's dead-letter queue; `more` are further attributes."""
    texts = {
        "RULE_ARN": delivery.rule,
        "TARGET_ARN": delivery.arn,
        "ERROR_CODE": code,
        "ERROR_MESSAGE": message,
        **(more or {}),
    }
    tx.counted.append(delivery.count)
    queue = (delivery.target.get("DeadLetterConfig") or {}).get("Arn")
    body = orjson.dumps(delivery.event).decode()
    kept = dead_letter(tx, ids, queue, body, texts, delivery.row, asking(delivery.rule))
    metrics = ["FailedInvocations"]
    if queue:
        metrics.append("InvocationsSentToDlq" if kept else "InvocationsFailedToBeSentToDlq")
    undelivered.event(tx, delivery.routed.bus, delivery.routed.rule, *metrics)


def _puts(ids: Ids) -> dict[str, Put]:
    def to_function(tx: Transaction, delivery: Delivery, body: bytes) -> None:
        if not lambda_.exists(tx, delivery.arn):
            raise Undeliverable("NO_RESOURCE", f"Function not found: {delivery.arn}")
        asker = delivery.asker
        if asker is not None and not lambda_.may_invoke(tx, delivery.arn, asker):
            raise Undeliverable(
                "NO_PERMISSIONS", f"{asker} is not authorized to invoke {delivery.arn}"
            )
        lambda_.enqueue_event(
            tx, ids, delivery.arn, body, trace=delivery.row.trace, source=delivery.rule
        )

    def to_queue(tx: Transaction, delivery: Delivery, body: bytes) -> None:
        group = (delivery.target.get("SqsParameters") or {}).get("MessageGroupId")
        fifo = bool(sqs.is_fifo(tx, delivery.arn))
        sqs.enqueue(
            tx,
            ids,
            delivery.arn,
            body.decode(),
            group=group,
            dedup=str(delivery.event["id"]) if fifo else None,
            trace=delivery.row.trace,
            asker=delivery.asker,
        )

    def to_topic(tx: Transaction, delivery: Delivery, body: bytes) -> None:
        trace, asker = delivery.row.trace, delivery.asker
        sns.publish(tx, ids, delivery.arn, body.decode(), trace=trace, asker=asker)

    def to_bus(tx: Transaction, delivery: Delivery, body: bytes) -> None:
        name = events.reached(tx, delivery.arn, delivery.rule)
        events.route(tx, name, delivery.event, delivery.row.trace)

    def to_log(tx: Transaction, delivery: Delivery, body: bytes) -> None:
        arn = delivery.arn.removesuffix(":*")
        group = logs.name_of(arn)
        stream = str(delivery.event["id"])
        if not logs.exists(tx, group):
            raise Undeliverable("NO_RESOURCE", f"Log group {group} does not exist.")
        # A target's role does not count for log groups, on AWS either.
        refused = logs.why_not(tx, arn, stream, asking(delivery.rule))
        if refused:
            raise Undeliverable("NO_PERMISSIONS", refused)
        log_lines.put(tx, arn, stream, [_log_line(delivery, body, int(tx.now * 1000))])

    def to_stream(tx: Transaction, delivery: Delivery, body: bytes) -> None:
        path = (delivery.target.get("KinesisParameters") or {}).get("PartitionKeyPath") or "$.id"
        key = value_at(delivery.event, path)
        if key is MISSING:
            raise Undeliverable("INVALID_PARAMETER", f"The event has nothing at {path}.")
        text = key if isinstance(key, str) else orjson.dumps(key).decode()
        kinesis.put(tx, ids, delivery.arn, body, text)

    return {
        "kinesis": to_stream,
        "lambda": to_function,
        "sqs": to_queue,
        "sns": to_topic,
        "events": to_bus,
        "logs": to_log,
    }


def _to_nothing(tx: Transaction, delivery: Delivery, body: bytes) -> None:
    raise Undeliverable("NO_RESOURCE", f"Nothing runs behind {delivery.arn} here.")


def _log_line(delivery: Delivery, body: bytes, now: int) -> tuple[int, str]:
    """A transformer for a log group gives `{"timestamp": ..., "message": ...}`."""
    shaped = orjson.loads(body) if delivery.target.get("InputTransformer") else None
    if isinstance(shaped, dict) and {"timestamp", "message"} == set(shaped):
        message = shaped["message"]
        text = message if isinstance(message, str) else orjson.dumps(message).decode()
        stamp = shaped["timestamp"]
        return int(stamp) if str(stamp).isdigit() else now, text
    return now, body.decode()
