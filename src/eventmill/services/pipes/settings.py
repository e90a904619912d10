"""What a pipe may be: its sources and targets, and the parameters of each.

https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_CreatePipe.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.kernel.arns import NOTHING_BEHIND, service_of
from eventmill.patterns import PIPES, PatternError, RecordFilter
from eventmill.patterns.paths import steps_of
from eventmill.patterns.templates import placeholders
from eventmill.services.pipes.faults import validation

SOURCES = {
    "sqs": "SqsQueueParameters",
    "kinesis": "KinesisStreamParameters",
    "dynamodb": "DynamoDBStreamParameters",
    "kafka": "ManagedStreamingKafkaParameters",
    "smk": "SelfManagedKafkaParameters",
}
"""The parameters of each source, by `kind_of`."""

SELF_MANAGED = "smk://"
"""Before the address of a broker of Kafka, where others have an ARN."""

BATCH_SIZES = {"sqs": 10, "kinesis": 100, "dynamodb": 100, "kafka": 100, "smk": 100}
MOST_FILTERS = 5
TEMPLATE_LIMIT = 8_192

TARGETS = {
    "lambda": "LambdaFunctionParameters",
    "sqs": "SqsQueueParameters",
    "sns": "",
    "events": "EventBridgeEventBusParameters",
    "kinesis": "KinesisStreamParameters",
    "logs": "CloudWatchLogsParameters",
    "api-destination": "HttpParameters",
    "execute-api": "HttpParameters",
}
"""The parameters of each target, by `kind_of`."""

ENRICHMENTS = ("lambda", "api-destination", "execute-api")

_NOT_HERE = "a service that Eventmill does not offer"
REFUSED_SOURCES = {
    "ActiveMQBrokerParameters": _NOT_HERE,
    "RabbitMQBrokerParameters": _NOT_HERE,
}
PARAMETERS_OF_NOTHING = {
    "StepFunctionStateMachineParameters": ("states",),
    "EcsTaskParameters": ("ecs",),
    "BatchJobParameters": ("batch",),
    "RedshiftDataParameters": ("redshift", "redshift-serverless"),
    "SageMakerPipelineParameters": ("sagemaker",),
    "TimestreamParameters": ("timestream",),
}
"""The parameters of targets that nothing runs behind, and those targets' services."""

RESERVED = (
    "aws.pipes.pipe-arn",
    "aws.pipes.pipe-name",
    "aws.pipes.source-arn",
    "aws.pipes.enrichment-arn",
    "aws.pipes.target-arn",
    "aws.pipes.event.ingestion-time",
    "aws.pipes.event",
    "aws.pipes.event.json",
)
"""Names of input templates that are no paths."""

_RANGES = {
    "BatchSize": (1, 10_000),
    "MaximumBatchingWindowInSeconds": (0, 300),
    "MaximumRecordAgeInSeconds": (-1, 604_800),
    "MaximumRetryAttempts": (-1, 10_000),
    "ParallelizationFactor": (1, 10),
}


def kind_of(arn: str) -> str:
    """The service in an ARN; `api-destination` for one of EventBridge's, `smk` for a broker."""
    if arn.startswith(SELF_MANAGED):
        return "smk"
    service = service_of(arn)
    return "api-destination" if service == "events" and ":api-destination/" in arn else service


def unmanned(definition: Mapping[str, Any]) -> str:
    """Why a pipe cannot run: nothing runs behind its enrichment or target. Else empty."""
    for name in ("Enrichment", "Target"):
        arn = definition.get(name) or ""
        if kind_of(arn) in NOTHING_BEHIND:
            return f"Nothing runs behind {arn} here."
    return ""


def check(definition: Mapping[str, Any]) -> None:
    """Raises Invalid (ValidationException) for what cannot be a pipe here."""
    for name in ("Source", "Target", "RoleArn"):
        if not definition.get(name):
            raise validation(f"A pipe needs a {name}.")
    check_source(definition["Source"])
    parameters = definition.get("SourceParameters") or {}
    check_source_of(kind_of(definition["Source"]), parameters)
    check_filters(parameters.get("FilterCriteria") or {})
    check_target(definition["Target"], definition.get("TargetParameters") or {})
    enrichment = definition.get("Enrichment")
    if enrichment:
        check_enrichment(enrichment)
    for part in ("Enrichment", "Target"):
        check_template((definition.get(f"{part}Parameters") or {}).get("InputTemplate") or "")


def check_target(target: str, parameters: Mapping[str, Any]) -> None:
    """Raises Invalid."""
    kind = kind_of(target)
    if kind not in TARGETS and kind not in NOTHING_BEHIND:
        raise validation(f"{target} cannot be a target: it belongs to {_NOT_HERE}.")
    for name in set(parameters) - {"InputTemplate", TARGETS.get(kind)}:
        if kind not in PARAMETERS_OF_NOTHING.get(name, ()):
            raise validation(f"{name} does not belong to a target of {kind}.")
    if kind == "kinesis" and not parameters.get("KinesisStreamParameters"):
        raise validation("A stream as target needs KinesisStreamParameters with a PartitionKey.")


def check_enrichment(enrichment: str) -> None:
    """Raises Invalid."""
    if kind_of(enrichment) not in (*ENRICHMENTS, "states"):
        raise validation(f"{enrichment} cannot enrich: it belongs to {_NOT_HERE}.")


def _refuse(parameters: Mapping[str, Any], refused: Mapping[str, str]) -> None:
    for name, reason in refused.items():
        if parameters.get(name):
            raise validation(f"{name} is not supported by Eventmill: {reason}.")


def check_source(source: str) -> None:
    """Raises Invalid."""
    if kind_of(source) not in SOURCES:
        raise validation(f"{source} cannot be a source: use a queue of SQS, a stream or Kafka.")


def check_source_of(kind: str, parameters: Mapping[str, Any]) -> None:
    """The parameters of a source of a kind. Raises Invalid."""
    _refuse(parameters, REFUSED_SOURCES)
    own = SOURCES[kind]
    for name in set(parameters) - {"FilterCriteria", own}:
        raise validation(f"{name} does not belong to a source of {kind}.")
    given = parameters.get(own) or {}
    for name, (low, high) in _RANGES.items():
        value = given.get(name)
        if value is not None and not low <= value <= high:
            raise validation(f"{name} must be between {low} and {high}, not {value}.")
    if -1 < given.get("MaximumRecordAgeInSeconds", -1) < 60:
        raise validation("MaximumRecordAgeInSeconds must be -1, or at least 60.")
    if kind == "sqs":
        size = given.get("BatchSize", 0)
        if size > 10 and not given.get("MaximumBatchingWindowInSeconds"):
            raise validation("A BatchSize above 10 needs a MaximumBatchingWindowInSeconds.")
    elif kind in ("kafka", "smk"):
        if not given.get("TopicName"):
            raise validation("A source of Kafka needs a TopicName.")
    else:
        _check_stream(kind, given)


def _check_stream(service: str, given: Mapping[str, Any]) -> None:
    position = given.get("StartingPosition")
    allowed = {"TRIM_HORIZON", "LATEST"} | ({"AT_TIMESTAMP"} if service == "kinesis" else set())
    if position not in allowed:
        raise validation(f"StartingPosition must be one of {', '.join(sorted(allowed))}.")
    if position == "AT_TIMESTAMP" and given.get("StartingPositionTimestamp") is None:
        raise validation("StartingPositionTimestamp is required with AT_TIMESTAMP.")
    queue = (given.get("DeadLetterConfig") or {}).get("Arn")
    if queue and service_of(queue) not in ("sqs", "sns"):
        raise validation(f"The dead-letter queue {queue} must be a queue of SQS or a topic of SNS.")


def check_filters(criteria: Mapping[str, Any]) -> None:
    """Raises Invalid for too many and for bad patterns."""
    patterns = [entry.get("Pattern") or "" for entry in criteria.get("Filters") or ()]
    if len(patterns) > MOST_FILTERS:
        raise validation(f"A pipe has at most {MOST_FILTERS} filters.")
    try:
        RecordFilter(patterns, profile=PIPES)
    except PatternError as error:
        raise validation(f"Event pattern is not valid. Reason: {error}") from None


def check_template(template: str) -> None:
    """Raises Invalid for one that is too long, and for placeholders that stand for nothing."""
    if len(template) > TEMPLATE_LIMIT:
        raise validation(f"An InputTemplate has at most {TEMPLATE_LIMIT} characters.")
    for name in placeholders(template):
        path = name.startswith("$") and steps_of(name) is not None
        if not path and name not in RESERVED and name.startswith(("$", "aws.pipes.")):
            raise validation(f"InputTemplate contains the invalid placeholder <{name}>.")
