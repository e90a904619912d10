"""The search index: segments as objects, under a manifest replaced by conditional writes.

Segments never change, so an execution environment keeps those it has read for as long as the
manifest names them; the manifest's ETag tells whether its own copy is still true.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from botocore.exceptions import ClientError

from adapters.clients import client
from adapters.files import bucket
from documents.errors import Transient
from documents.search import (
    Hits,
    Manifest,
    SearchDoc,
    Segment,
    add,
    build_segment,
    merge_segments,
    merged,
    plan_merge,
    remove,
    search,
)

_TRIES = 20
_manifests: dict[str, tuple[str, Manifest]] = {}
_segments: dict[tuple[str, str], Segment] = {}


def _key(tenant: str, name: str) -> str:
    return f"search/{tenant}/{name}"


def _load(tenant: str) -> tuple[str | None, Manifest]:
    """(ETag, manifest); (None, an empty one) before the first write."""
    kept = _manifests.get(tenant)
    request: dict[str, Any] = {"IfNoneMatch": kept[0]} if kept else {}
    try:
        answer = client("s3").get_object(
            Bucket=bucket(), Key=_key(tenant, "manifest.json"), **request
        )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if kept and code in ("304", "NotModified"):
            return kept
        if code in ("NoSuchKey", "404"):
            return None, Manifest()
        raise
    return _keep(tenant, answer["ETag"], Manifest.from_json(json.loads(answer["Body"].read())))


def _keep(tenant: str, etag: str, manifest: Manifest) -> tuple[str, Manifest]:
    """Remember the manifest, and forget the segments that it no longer names."""
    named = {ref.key for ref in manifest.segments}
    for whose, key in list(_segments):
        if whose == tenant and key not in named:
            del _segments[whose, key]
    _manifests[tenant] = etag, manifest
    return etag, manifest


def _replace(tenant: str, change: Callable[[Manifest], Manifest]) -> Manifest:
    """Change the manifest; when another was faster, again on top of what it wrote."""
    for _ in range(_TRIES):
        etag, manifest = _load(tenant)
        changed = change(manifest)
        if changed == manifest:
            return manifest
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        try:
            answer = client("s3").put_object(
                Bucket=bucket(),
                Key=_key(tenant, "manifest.json"),
                Body=json.dumps(changed.to_json()).encode(),
                **condition,
            )
            return _keep(tenant, answer["ETag"], changed)[1]
        except ClientError as error:
            if error.response["Error"]["Code"] not in (
                "PreconditionFailed",
                "ConditionalRequestConflict",
                "412",
                "409",
            ):
                raise
    raise Transient("busy", "the search index is being changed by many at once")


def _segment(tenant: str, key: str) -> Segment:
    if (tenant, key) not in _segments:
        body = client("s3").get_object(Bucket=bucket(), Key=_key(tenant, key))["Body"].read()
        _segments[tenant, key] = json.loads(body)
    return _segments[tenant, key]


def _put_segment(tenant: str, segment: Segment) -> str:
    key = f"{uuid.uuid4().hex}.json"
    client("s3").put_object(
        Bucket=bucket(),
        Key=_key(tenant, key),
        Body=json.dumps(segment, ensure_ascii=False).encode(),
    )
    return key


def put(tenant: str, docs: Iterable[SearchDoc]) -> None:
    """Index documents; those that are there already of the same run are left alone."""
    _, manifest = _load(tenant)
    new = [doc for doc in docs if add(manifest, "", {doc.id: doc.run}) != manifest]
    if not new:
        return
    key = _put_segment(tenant, build_segment(new))
    runs = {doc.id: doc.run for doc in new}
    manifest = _replace(tenant, lambda current: add(current, key, runs))
    small = plan_merge(manifest)
    if small:
        _merge(tenant, small, manifest)


def _merge(tenant: str, keys: tuple[str, ...], manifest: Manifest) -> None:
    segments = {key: _segment(tenant, key) for key in keys}
    key = _put_segment(tenant, merge_segments(segments, manifest.live))
    _replace(tenant, lambda current: merged(current, keys, key))
    # The old segments stay until the bucket's owner removes them: a reader may still hold the
    # manifest that names them.


def drop(tenant: str, document: str) -> None:
    """Take a document out; one that is not in it is no error."""
    _replace(tenant, lambda current: remove(current, document))


def find(tenant: str, query: str, limit: int) -> Hits:
    """The best hits for a query."""
    _, manifest = _load(tenant)
    segments = {ref.key: _segment(tenant, ref.key) for ref in manifest.segments}
    return search(query, segments, manifest.live, limit)
