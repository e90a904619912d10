"""Every change of a record, told to whoever listens over the WebSocket as it happens."""

from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters.connections import Audience
from handlers.batches import LoggedBatchProcessor
from handlers.changes import change_of, shown
from handlers.powertools import logger

_processor = LoggedBatchProcessor(EventType.DynamoDBStreams)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    tell = partial(_on_record, Audience())
    return process_partial_response(
        event=event, record_handler=tell, processor=_processor, context=context
    )


def _on_record(audience: Audience, record: DynamoDBRecord) -> None:
    change = change_of(record)
    document = change.record
    message: dict[str, Any] = {"type": "document", "document": shown(document)}
    if change.new is None:
        message = {"type": "deleted", "id": document["id"]}
    audience.tell(document["tenant"], document["id"], message)
