"""Targets of schedules: templated ones by the service of their ARN, and universal ones.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.kernel.arns import NOTHING_BEHIND, service_of
from eventmill.services.contract import Call
from eventmill.services.scheduler import faults

UNIVERSAL = "arn:aws:scheduler:::aws-sdk:"

_CARRIED = {
    "lambda": "a function",
    "sqs": "a queue",
    "sns": "a topic",
    "events": "an event bus",
    "kinesis": "a stream",
}
_NEEDED = {"events": "EventBridgeParameters", "kinesis": "KinesisParameters"}
_PARAMETERS = {
    "EventBridgeParameters": "events",
    "KinesisParameters": "kinesis",
    "SqsParameters": "sqs",
    "EcsParameters": "ecs",
    "SageMakerPipelineParameters": "sagemaker",
}
_RETRY_BOUNDS = (("MaximumRetryAttempts", 0, 185), ("MaximumEventAgeInSeconds", 60, 86_400))
_PLAIN = {"Arn", "RoleArn", "Input", "RetryPolicy", "DeadLetterConfig"}
_SDK_NAMES = {
    "eventbridge": "events",
    "cloudwatchevents": "events",
    "cloudwatchlogs": "logs",
    "sfn": "stepfunctions",
    "elasticloadbalancingv2": "elbv2",
}
"""Names of services in a universal target's ARN → botocore's, where the two differ."""


def universal(arn: str) -> tuple[str, str] | None:
    """(service, operation) of `arn:aws:scheduler:::aws-sdk:sqs:sendMessage`; None for others."""
    if not arn.startswith(UNIVERSAL):
        return None
    service, _, action = arn.removeprefix(UNIVERSAL).partition(":")
    return _SDK_NAMES.get(service, service), action[:1].upper() + action[1:]


def check(call: Call, target: Mapping[str, Any]) -> None:
    """Raises Invalid for what AWS refuses, and for targets that nothing can be carried to."""
    check_form(target)
    arn = target["Arn"]
    named = universal(arn)
    if named is not None and not call.ports.api.offers(*named):
        service, operation = named
        raise faults.validation(f"{arn}: Eventmill does not offer {operation} of {service}.")


def check_failures(target: Mapping[str, Any]) -> None:
    """What becomes of what fails: the retries and the dead-letter queue. Raises Invalid."""
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    if queue and (service_of(queue) != "sqs" or queue.endswith(".fifo")):
        raise faults.validation("The dead-letter queue must be a standard queue.")
    for member, low, high in _RETRY_BOUNDS:
        value = (target.get("RetryPolicy") or {}).get(member)
        if value is not None and not low <= value <= high:
            raise faults.validation(f"{member} must be between {low} and {high}, not {value}.")


def check_form(target: Mapping[str, Any]) -> None:
    """What no target can be, whatever operations are offered. Raises Invalid."""
    arn = target["Arn"]
    if not arn.startswith("arn:"):
        raise faults.validation(f"Provided Arn is not in correct format: {arn}")
    check_failures(target)
    named = universal(arn)
    if named is not None:
        _check_universal(named[1])
        return
    service = service_of(arn)
    if service not in _CARRIED and service not in NOTHING_BEHIND:
        raise faults.validation(
            f"Targets of {arn} are not offered; use {', '.join(_CARRIED.values())}, or "
            f"{UNIVERSAL}service:action of a service that is."
        )
    for member in set(target) - _PLAIN:
        if _PARAMETERS.get(member) != service:
            raise faults.validation(f"{member} has no meaning for {arn}.")
    if service in _NEEDED and not target.get(_NEEDED[service]):
        raise faults.validation(f"{_NEEDED[service]} must be specified for {arn}.")
    if arn.endswith(".fifo") and not (target.get("SqsParameters") or {}).get("MessageGroupId"):
        raise faults.validation("MessageGroupId must be specified for a FIFO queue.")


def _check_universal(operation: str) -> None:
    if operation.startswith(("Get", "Describe", "List")):
        raise faults.validation(
            f"Invalid RequestJson provided. Reason: {operation} only reads, as no schedule may."
        )
