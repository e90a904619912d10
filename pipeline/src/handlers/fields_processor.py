"""Read the fields of a document's class: the last stage.

Small documents come as events straight from the bus, large ones through a queue that takes one
at a time.
"""

import json
import time
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes import EventBridgeEvent, event_source
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import files, records
from adapters.records import Ref
from documents import progress
from documents.fields import extract_fields
from documents.progress import Stage
from handlers.batches import LoggedBatchProcessor
from handlers.powertools import logger, metrics, tracer

_processor = LoggedBatchProcessor(EventType.SQS)


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
@event_source(data_class=EventBridgeEvent)  # type: ignore[untyped-decorator]
def handler(event: EventBridgeEvent, context: LambdaContext) -> None:
    finish(Ref.of(event.detail))


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def batch(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(
        event=event, record_handler=_on_message, processor=_processor, context=context
    )


def _on_message(record: SQSRecord) -> None:
    finish(Ref.of(json.loads(record.body)["detail"]))


def finish(ref: Ref) -> None:
    """Bring one document to `done`. May be repeated."""
    started = time.monotonic()
    logger.append_keys(document=ref.id, tenant=ref.tenant)
    record = records.working(ref)
    if record is None:
        return
    step = progress.advance(records.progress_of(record), Stage.DONE, ref.run)
    if step is None:
        return
    text = files.text(ref)
    embedded = text["embedded"] if text else {}
    fields = extract_fields(record["class"], files.words(text), embedded)
    ms = round((time.monotonic() - started) * 1000)
    if records.move(record, step, ms, fields=fields) is not None:
        metrics.add_metric("Done", MetricUnit.Count, 1)
