"""Objects: originals under `uploads/`, what was read of them under `derived/`."""

from __future__ import annotations

import json
import mimetypes
import os
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from botocore.exceptions import ClientError

from adapters.clients import client
from adapters.records import Ref

_LINK_SECONDS = 900
_FORM_SECONDS = 3_600
_HARMLESS = frozenset({".pdf", ".png", ".jpg", ".jpeg", ".webp", ".gif", ".txt", ".csv", ".md"})
"""What a browser may show; the rest is saved: a script in an HTML file must not run beside the
page."""


def bucket() -> str:
    """The bucket of all files."""
    return os.environ["FILES_BUCKET"]


def upload_key(ref: Ref, name: str) -> str:
    """`uploads/<tenant>/<id>/<name>`"""
    return f"uploads/{ref.tenant}/{ref.id}/{name}"


def parse_upload_key(key: str) -> tuple[Ref, str]:
    """(document, name) of an original's key. Raises ValueError."""
    area, tenant, number, name = key.split("/", 3)
    if area != "uploads":
        raise ValueError(key)
    return Ref(tenant, number), name


def _derived(ref: Ref, name: str) -> str:
    return f"derived/{ref.tenant}/{ref.id}/{name}"


def content_type(name: str) -> str:
    """The media type that a file's name tells."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def upload_form(ref: Ref, name: str, most: int) -> dict[str, Any]:
    """A presigned POST that takes this one file, of its name's type, of 1 to `most` bytes."""
    kind = content_type(name)
    form: dict[str, Any] = client("s3").generate_presigned_post(
        bucket(),
        upload_key(ref, name),
        Fields={"Content-Type": kind},
        Conditions=[{"Content-Type": kind}, ["content-length-range", 1, most]],
        ExpiresIn=_FORM_SECONDS,
    )
    return form


def link(key: str, name: str | None = None) -> str:
    """An address at which anybody may read an object for a quarter of an hour."""
    params = {"Bucket": bucket(), "Key": key}
    if name is not None:
        shown = PurePosixPath(name).suffix.lower() in _HARMLESS
        kind = "inline" if shown else "attachment"
        params["ResponseContentDisposition"] = f"{kind}; filename*=UTF-8''{quote(name)}"
    url: str = client("s3").generate_presigned_url("get_object", params, _LINK_SECONDS)
    return url


def original(ref: Ref, name: str) -> bytes | None:
    """The file as it was uploaded; None when it is gone."""
    return _read(upload_key(ref, name))


def _read(key: str) -> bytes | None:
    try:
        body: bytes = client("s3").get_object(Bucket=bucket(), Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise
    return body


def announce_again(ref: Ref, name: str) -> None:
    """Have S3 tell of the original once more, by copying it onto itself."""
    key = upload_key(ref, name)
    client("s3").copy_object(
        Bucket=bucket(),
        Key=key,
        CopySource={"Bucket": bucket(), "Key": key},
        # S3 refuses a copy onto itself that changes nothing; what replaces the metadata replaces
        # the type with it.
        MetadataDirective="REPLACE",
        Metadata={"run": str(ref.run)},
        ContentType=content_type(name),
    )


def put_text(ref: Ref, text: dict[str, Any]) -> None:
    """Keep what was read: pages, and what lay embedded."""
    _put_json(_derived(ref, "text.json"), text)


def text(ref: Ref) -> dict[str, Any] | None:
    """What `put_text` kept, or None."""
    found = _read(_derived(ref, "text.json"))
    return None if found is None else dict(json.loads(found))


@dataclass(frozen=True)
class Portion:
    """The texts of a document's first pictures, and how many milliseconds they took to read."""

    texts: list[str]
    ms: int


def put_portion(ref: Ref, sha256: str, portion: Portion) -> None:
    """Keep what was read so far of a document that takes more than one portion."""
    _put_json(_derived(ref, "portion.json"), {"sha256": sha256, **asdict(portion)})


def portion(ref: Ref, sha256: str) -> Portion:
    """What `put_portion` kept of this content; empty when there is nothing."""
    found = _read(_derived(ref, "portion.json"))
    kept = json.loads(found) if found is not None else {}
    same = kept.get("sha256") == sha256
    return Portion(list(kept["texts"]), int(kept["ms"])) if same else Portion([], 0)


def drop_portion(ref: Ref) -> None:
    """The document is read to its end; nothing there is no error."""
    client("s3").delete_object(Bucket=bucket(), Key=_derived(ref, "portion.json"))


def _put_json(key: str, value: dict[str, Any]) -> None:
    client("s3").put_object(
        Bucket=bucket(),
        Key=key,
        Body=json.dumps(value, ensure_ascii=False).encode(),
        ContentType="application/json",
    )


def words(kept: dict[str, Any] | None) -> str:
    """The pages of a kept text as one; empty when nothing was kept."""
    return "\n\n".join(page["text"] for page in (kept or {}).get("pages", ()))


def put_thumbnail(ref: Ref, image: bytes) -> str:
    """Keep a PNG; returns its key."""
    key = _derived(ref, "thumbnail.png")
    client("s3").put_object(Bucket=bucket(), Key=key, Body=image, ContentType="image/png")
    return key


def delete_all(ref: Ref, name: str) -> None:
    """Delete the original and all that was made of it."""
    made = (_derived(ref, one) for one in ("text.json", "thumbnail.png", "portion.json"))
    keys = [upload_key(ref, name), *made]
    client("s3").delete_objects(
        Bucket=bucket(), Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
    )
