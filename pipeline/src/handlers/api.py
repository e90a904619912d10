"""The HTTP API. Its paths are told in docs/pipeline.md."""

import base64
import json
import os
import re
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import (
    BadRequestError,
    NotFoundError,
    ServiceError,
    UnauthorizedError,
)
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import audit, files, index, messages, records, tokens
from adapters.ids import new_id
from adapters.records import Record, Ref
from documents import progress
from documents.kinds import EXTENSIONS
from documents.names import file_name
from documents.progress import Stage
from handlers.changes import shown
from handlers.page import asset
from handlers.powertools import logger, tracer

app = APIGatewayHttpResolver()
_WHOLE = re.compile(r"[0-9]{1,9}")
_ID_LIMIT = 200
"""Characters; a table's key has room for no more than 2,048 bytes."""
_TEXT_LIMIT = 1_000_000
"""Characters of text in one answer; Lambda's answers end at 6 MB."""


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)


@app.exception_handler(ServiceError)
def refuse(error: ServiceError) -> Response[str]:
    body = json.dumps({"message": error.msg})
    return Response(error.status_code, "application/json", body)


def _tenant() -> str:
    return str(app.current_event.request_context.authorizer.get_lambda["tenant"])


def _body() -> dict[str, Any]:
    try:
        body = app.current_event.json_body
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise BadRequestError("the body must be a JSON object")
    return body


def _number(name: str, default: int, most: int) -> int:
    text = app.current_event.query_string_parameters.get(name, str(default))
    if not _WHOLE.fullmatch(text) or not 1 <= int(text) <= most:
        raise BadRequestError(f"{name} must be a number from 1 to {most}")
    return int(text)


def _ref(number: str) -> Ref:
    if len(number) > _ID_LIMIT:
        raise NotFoundError("there is no document with so long an id")
    return Ref(_tenant(), number)


def _find(number: str) -> tuple[Ref, Record]:
    ref = _ref(number)
    record = records.get(ref)
    if record is None:
        raise NotFoundError(f"there is no document {number}")
    return Ref(ref.tenant, ref.id, int(record["run"])), record


@app.get("/")
def page() -> Response[str]:
    return asset("index.html")


@app.post("/session")
def sign_in() -> dict[str, Any]:
    body = _body()
    tenant = str(body.get("tenant") or "home")
    if not tokens.key_is_right(str(body.get("key") or "")):
        raise UnauthorizedError("this is not the access key")
    if not tokens.tenant_is_valid(tenant):
        raise BadRequestError("tenant must be of lower-case letters, digits and dashes")
    token, expires = tokens.make(tenant)
    when = datetime.fromtimestamp(expires, UTC).isoformat(timespec="seconds")
    return {"token": token, "expires": when, "tenant": tenant}


@app.get("/config")
def config() -> dict[str, Any]:
    return {
        "websocket": os.environ["LIVE_URL"],
        "max_bytes": int(os.environ["MAX_BYTES"]),
        "accept": sorted(EXTENSIONS),
    }


@app.post("/documents")
def upload() -> tuple[dict[str, Any], int]:
    body = _body()
    name = file_name(body.get("name"))
    size, most = body.get("size"), int(os.environ["MAX_BYTES"])
    if name is None:
        raise BadRequestError("name must be a file's name of at most 255 bytes")
    if type(size) is not int or not 1 <= size <= most:
        raise BadRequestError(f"size must be a number of bytes from 1 to {most}")
    if PurePosixPath(name).suffix.lower() not in EXTENSIONS:
        known = ", ".join(sorted(EXTENSIONS))
        raise BadRequestError(f"files of this type are not read; these are: {known}")
    ref = Ref(_tenant(), new_id())
    records.create(ref, name, size)
    return {"id": ref.id, "upload": files.upload_form(ref, name, most)}, HTTPStatus.CREATED


@app.get("/documents")
def newest() -> dict[str, Any]:
    after = app.current_event.query_string_parameters.get("after")
    found, last = records.newest(_tenant(), _number("limit", 50, 200), _cursor(after))
    following = base64.urlsafe_b64encode(json.dumps(last).encode()).decode() if last else None
    return {"documents": [shown(record) for record in found], "next": following}


def _cursor(text: str | None) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(text))
        if key["tenant"] != _tenant():
            raise ValueError("another tenant's cursor")
    except (ValueError, KeyError, TypeError):
        raise BadRequestError("after must be the next of an earlier answer") from None
    return {name: str(key[name]) for name in ("document", "tenant", "created")}


@app.get("/documents/<number>")
def show(number: str) -> dict[str, Any]:
    ref, record = _find(number)
    text = files.text(ref) if record["rank"] >= Stage.EXTRACTED.rank else None
    thumbnail, seen = record.get("thumbnail"), shown(record)
    return {
        **seen,
        "history": seen["stages"],
        "text": _bounded(text) if text else None,
        "thumbnail": files.link(thumbnail) if thumbnail else None,
    }


def _bounded(text: dict[str, Any]) -> dict[str, Any]:
    pages, left = [], _TEXT_LIMIT
    for one in text["pages"]:
        if left <= 0:
            break
        pages.append({"number": one["number"], "text": one["text"][:left]})
        left -= len(one["text"])
    return {"pages": pages, "truncated": left < 0 or len(pages) < len(text["pages"])}


@app.get("/documents/<number>/original")
def original(number: str) -> dict[str, Any]:
    ref, record = _find(number)
    return {"url": files.link(files.upload_key(ref, record["name"]), record["name"])}


@app.get("/documents/<number>/audit")
def trail(number: str) -> dict[str, Any]:
    found = audit.entries(_ref(number).key["document"])
    if not found:
        _find(number)
    return {"entries": [shown(entry) for entry in found]}


@app.post("/documents/<number>/retry")
def retry(number: str) -> tuple[dict[str, Any], int]:
    ref, record = _find(number)
    twin = record.get("duplicate_of")
    if twin is not None and records.get(Ref(ref.tenant, twin)) is not None:
        raise ServiceError(HTTPStatus.CONFLICT, f"the document with the same content is {twin}")
    again = progress.retry(records.progress_of(record))
    moved = records.move(record, again) if again is not None else None
    if moved is None:
        raise ServiceError(HTTPStatus.CONFLICT, "only a document that failed can be retried")
    _resume(Ref(ref.tenant, ref.id, int(moved["run"])), moved)
    return shown(moved), HTTPStatus.ACCEPTED


def _resume(ref: Ref, record: Record) -> None:
    """Send it on from the last stage it reached."""
    if record["stage"] == Stage.UPLOADING:
        files.announce_again(ref, record["name"])
    elif record["stage"] == Stage.RECEIVED:
        messages.queue_work(ref)
    else:
        messages.announce_extracted(ref, record)


@app.delete("/documents/<number>")
def delete(number: str) -> Response[str]:
    ref, record = _find(number)
    # The record goes last: while it is there, a delete that was cut off can be repeated.
    files.delete_all(ref, record["name"])
    records.free_content(record)
    records.delete(ref)
    return Response(HTTPStatus.NO_CONTENT, None, "")


@app.get("/search")
def search() -> dict[str, Any]:
    query = app.current_event.query_string_parameters.get("q", "")
    if not query.strip():
        raise BadRequestError("q must hold a word")
    found = index.find(_tenant(), query, _number("limit", 20, 100))
    hits = [
        {
            "id": hit.id,
            "name": hit.name,
            "class": hit.cls,
            "score": hit.score,
            "snippet": hit.snippet,
        }
        for hit in found.hits
    ]
    return {"hits": hits, "total": found.total}


@app.get("/<name>")
def file(name: str) -> Response[str]:
    return asset(name)
