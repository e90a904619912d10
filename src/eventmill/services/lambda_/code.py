"""Where a function's code comes from: an uploaded archive, text in a template, a built folder."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventmill.kernel.errors import Fault, Invalid, UsageError
from eventmill.kernel.runtimes import inline_file
from eventmill.services.contract import Call
from eventmill.services.lambda_.faults import parameter
from eventmill.store.code import UNZIPPED_LIMIT, code_sha256, folder_sha256

ZIPPED_LIMIT = 52_428_800
"""Of an archive that comes with the request; one from S3 may be as long as what it holds."""

_ANSWERS = Path(__file__).parent / "inline" / "cfnresponse.py"
"""What Lambda offers code in templates, put beside code that speaks of it."""


@dataclass(frozen=True, slots=True)
class Code:
    """An unpacked package; `size` is that of its archive in bytes, 0 for a built folder."""

    folder: str
    sha256: str
    size: int


def unpack(call: Call, given: Mapping[str, Any], owner: Mapping[str, Any]) -> Code:
    """The package that `Code` (of a function) or `Content` (of a layer) describes.

    Besides the API's `ZipFile` bytes and an object of the engine's own S3 it may be
    `{"LocalPath": folder}`, code that deploy has built already, or `{"ZipFile": text}`, code
    written in a template, which goes into the module that the `Handler` of `owner` names, in the
    language of its `Runtime`. Raises Invalid.
    """
    if not isinstance(given, Mapping):
        raise parameter(f"{given} is no code: give S3Bucket and S3Key, or ZipFile.")
    archive = given.get("ZipFile")
    try:
        if "LocalPath" in given:
            folder = Path(given["LocalPath"])
            return Code(str(folder), folder_sha256(folder), 0)
        if isinstance(archive, bytes):
            return _unzip(call, archive)
        if isinstance(archive, str):
            return _write(call, archive, owner)
        if given.get("S3Bucket"):
            return _unzip(call, _object(call, given), UNZIPPED_LIMIT)
    except UsageError as error:
        raise parameter(str(error)) from None
    if given.get("ImageUri"):
        raise parameter(
            "ImageUri is not supported by Eventmill: it runs functions without a container "
            "engine. Package the function as Zip."
        )
    raise no_source()


def no_source() -> Invalid:
    """The refusal of a function or layer without code."""
    return parameter("Please provide a source for function code.")


def location(call: Call, folder: str) -> str:
    """Where the package can be fetched; edge serves it."""
    return f"{call.endpoint}/_aws/lambda-code/{folder_key(folder)}"


def folder_key(folder: str) -> str:
    """Names a folder to the outside, where its path is nobody's business."""
    return hashlib.sha256(folder.encode()).hexdigest()[:32]


def _unzip(call: Call, archive: bytes, limit: int = ZIPPED_LIMIT) -> Code:
    if len(archive) > limit:
        raise parameter(f"Zipped size must be smaller than {limit} bytes")
    return Code(str(call.code.from_zip(archive)), code_sha256(archive), len(archive))


def _object(call: Call, given: Mapping[str, Any]) -> bytes:
    try:
        return call.objects(
            call, given["S3Bucket"], given.get("S3Key") or "", given.get("S3ObjectVersion")
        )
    except Fault as fault:
        raise parameter(
            f"Error occurred while GetObject. S3 Error Code: {fault.code}. S3 Error Message: "
            f"{fault.message}"
        ) from None


def _write(call: Call, text: str, owner: Mapping[str, Any]) -> Code:
    name = inline_file(text, owner.get("Handler") or "", str(owner.get("Runtime") or ""))
    files = {name: text}
    if name.endswith(".py") and _ANSWERS.stem in text:
        files[_ANSWERS.name] = _ANSWERS.read_text()
    folder = call.code.from_text(files)
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Code(str(folder), digest, len(text.encode()))
