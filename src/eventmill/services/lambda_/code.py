"""Where a function's code comes from: an uploaded archive, text in a template, a built folder."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.kernel.errors import UsageError
from eventmill.services.contract import Call
from eventmill.services.lambda_.faults import parameter
from eventmill.store.code import code_sha256

ZIPPED_LIMIT = 52_428_800


@dataclass(frozen=True, slots=True)
class Code:
    """An unpacked package; `size` is that of its archive in bytes, 0 for a built folder."""

    folder: str
    sha256: str
    size: int


def unpack(call: Call, given: Mapping[str, Any], handler: str = "") -> Code:
    """The package that `Code` (of a function) or `Content` (of a layer) describes.

    Besides the API's `ZipFile` bytes it may be `{"LocalPath": folder}`, code that deploy has
    built already, or `{"ZipFile": text}`, code written in a template, which goes into the module
    that the handler names. Raises Invalid.
    """
    archive = given.get("ZipFile")
    try:
        if "LocalPath" in given:
            folder = str(given["LocalPath"])
            return Code(folder, code_sha256(folder.encode()), 0)
        if isinstance(archive, bytes):
            return _unzip(call, archive)
        if isinstance(archive, str):
            return _write(call, archive, handler)
    except UsageError as error:
        raise parameter(str(error)) from None
    if given.get("ImageUri"):
        raise parameter(
            "ImageUri is not supported by Eventmill: it runs functions without a container "
            "engine. Package the function as Zip."
        )
    if given.get("S3Bucket"):
        raise parameter(
            "S3Bucket and S3Key are not supported by Eventmill as a source of code: deploy the "
            "template's own folder with CodeUri, or upload the archive as ZipFile."
        )
    raise parameter("Please provide a source for function code.")


def _unzip(call: Call, archive: bytes) -> Code:
    if len(archive) > ZIPPED_LIMIT:
        raise parameter(f"Zipped size must be smaller than {ZIPPED_LIMIT} bytes")
    return Code(str(call.code.from_zip(archive)), code_sha256(archive), len(archive))


def _write(call: Call, text: str, handler: str) -> Code:
    module = handler.rpartition(".")[0].replace(".", "/") or "index"
    folder = call.code.from_text({f"{module}.py": text})
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Code(str(folder), digest, len(text.encode()))
