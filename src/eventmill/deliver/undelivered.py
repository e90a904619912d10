"""What is measured of messages and events that nobody took.

They are written with what became of them, and not counted as deliveries are: nothing is known
of a lost message but this.
https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
"""

from __future__ import annotations

from eventmill.kernel.metrics import Dimensions, Sample
from eventmill.services import cloudwatch
from eventmill.store.transaction import Transaction


def notification(tx: Transaction, topic: str, *metrics: str) -> None:
    """Count a message of a topic, an ARN, by metrics of AWS/SNS."""
    _count(tx, "AWS/SNS", metrics, (("TopicName", topic.rpartition(":")[2]),))


def event(tx: Transaction, bus: str, rule: str, *metrics: str) -> None:
    """Count an event of a rule by metrics of AWS/Events. The default bus is not named there."""
    of_rule = ("RuleName", rule)
    dimensions = (of_rule,) if bus == "default" else (("EventBusName", bus), of_rule)
    _count(tx, "AWS/Events", metrics, dimensions)


def _count(
    tx: Transaction, namespace: str, metrics: tuple[str, ...], dimensions: Dimensions
) -> None:
    samples = [Sample(namespace, name, dimensions, 1.0, tx.now, "Count") for name in metrics]
    cloudwatch.add(tx, samples)
