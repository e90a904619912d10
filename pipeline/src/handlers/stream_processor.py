"""What follows from every change of a record: audit trail, replica, search index.

All three may see a change again and then change nothing: the trail by the stream's event id, the
replica by the record's version, the index by the document's run.
"""

from typing import Any

from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import audit, files, index
from adapters.records import Ref
from documents.progress import Status
from documents.search import SearchDoc
from handlers.batches import LoggedBatchProcessor
from handlers.changes import Change, change_of
from handlers.powertools import logger, tracer

_processor = LoggedBatchProcessor(EventType.DynamoDBStreams)
_SILENT = frozenset({"version", "rank", "stages", "stage", "status", "run"})


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(
        event=event, record_handler=_on_record, processor=_processor, context=context
    )


def _on_record(record: DynamoDBRecord) -> None:
    change = change_of(record)
    _trail(change)
    _replicate(change)
    _index(change)


def _trail(change: Change) -> None:
    record, old = change.record, change.old or {}
    differing = sorted(
        name
        for name in {*record, *old} - _SILENT
        if change.new is not None and record.get(name) != old.get(name)
    )
    entry = {
        "event": "deleted" if change.new is None else "created" if not old else "changed",
        "stage": record["stage"],
        "status": record["status"],
        "run": record["run"],
        "changes": differing,
    }
    audit.append(record["document"], change.at, change.sequence, change.event_id, entry)


def _replicate(change: Change) -> None:
    if change.new is None:
        audit.forget(change.record["document"])
    else:
        audit.replicate(change.new)


def _index(change: Change) -> None:
    record = change.record
    tenant, number = record["tenant"], record["id"]
    if change.new is None:
        index.drop(tenant, number)
    elif record["status"] == Status.DONE:
        words = files.words(files.text(Ref(tenant, number)))
        doc = SearchDoc(number, int(record["run"]), record["name"], record["class"], words)
        index.put(tenant, doc)
