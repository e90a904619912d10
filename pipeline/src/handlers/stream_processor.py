"""What follows from every change of a record: audit trail, replica, search index.

A batch is read first and written then, so that many changes cost few calls: the trail takes them
25 at a time, the replica only the last version of each document, the index all finished ones as
one segment. All three may see a change again and then change nothing: the trail by the stream's
event id, the replica by the record's version, the index by the document's run.
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
    batch = Batch()
    answer = process_partial_response(
        event=event, record_handler=batch.take, processor=_processor, context=context
    )
    # What fails here fails for the whole batch: it comes again, in halves if need be.
    batch.write()
    return answer


class Batch:
    """The changes of one invocation."""

    def __init__(self) -> None:
        self._changes: list[Change] = []
        self._done: dict[Ref, SearchDoc] = {}

    def take(self, record: DynamoDBRecord) -> None:
        """Add a change, with the text of a document that is done. Raises ValueError."""
        change = change_of(record)
        self._changes.append(change)
        ref = _ref(change)
        if change.new is None:
            self._done.pop(ref, None)
        elif change.new["status"] == Status.DONE:
            words = files.words(files.text(ref))
            name, kind = change.new["name"], change.new["class"]
            self._done[ref] = SearchDoc(ref.id, int(change.new["run"]), name, kind, words)

    def write(self) -> None:
        """Bring trail, replica and index up to date."""
        audit.append(_entry(change) for change in self._changes)
        for ref, change in {_ref(change): change for change in self._changes}.items():
            if change.new is not None:
                audit.replicate(change.new)
            else:
                audit.forget(change.record["document"])
                index.drop(ref.tenant, ref.id)
        for tenant in {ref.tenant for ref in self._done}:
            docs = [doc for ref, doc in self._done.items() if ref.tenant == tenant]
            index.put(tenant, docs)


def _ref(change: Change) -> Ref:
    return Ref(change.record["tenant"], change.record["id"])


def _entry(change: Change) -> audit.Entry:
    record, old = change.record, change.old or {}
    differing = sorted(
        name
        for name in {*record, *old} - _SILENT
        if change.new is not None and record.get(name) != old.get(name)
    )
    said = {
        "event": "deleted" if change.new is None else "created" if not old else "changed",
        "stage": record["stage"],
        "status": record["status"],
        "run": record["run"],
        "changes": differing,
    }
    return audit.Entry(record["document"], change.at, change.sequence, change.event_id, said)
