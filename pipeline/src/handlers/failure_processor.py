"""Whatever gave up, from every stage: its reason goes on the document, its message to rest.

Three forms arrive: messages that a queue gave up, records of asynchronous invocations that Lambda
gave up, and events that the bus could not deliver.
"""

import json
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import files
from adapters.failures import give_up
from adapters.records import Ref
from handlers.batches import LoggedBatchProcessor
from handlers.powertools import logger, metrics, tracer

_processor = LoggedBatchProcessor(EventType.SQS)


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(
        event=event, record_handler=_on_message, processor=_processor, context=context
    )


def _on_message(record: SQSRecord) -> None:
    body = json.loads(record.body)
    ref, reason = document_of(body), reason_of(body)
    logger.append_keys(document=ref.id, tenant=ref.tenant)
    logger.warning("gave up", extra={"reason": reason})
    metrics.add_metric("Failed", MetricUnit.Count, 1)
    give_up(ref, "gave-up", reason, record.body)


def document_of(body: dict[str, Any]) -> Ref:
    """Which document a failed message is about. Raises KeyError for a message of no known form."""
    payload = body.get("requestPayload", body)
    if "Records" in payload:
        key = unquote_plus(payload["Records"][0]["s3"]["object"]["key"])
        return files.parse_upload_key(key)[0]
    return Ref.of(payload.get("detail", payload))


def reason_of(body: dict[str, Any]) -> str:
    """What its last try said."""
    answer = body.get("responsePayload")
    if isinstance(answer, dict) and answer.get("errorMessage"):
        return f"{answer.get('errorType', 'Error')}: {answer['errorMessage']}"
    return "it was tried several times and never came to an end"
