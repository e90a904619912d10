"""Names of files as people send them."""

import unicodedata
from pathlib import PurePosixPath

_MAX_BYTES = 255


def file_name(given: object) -> str | None:
    """The last part of a name that is a path, since more would lead out of the document's own
    place; None for what names no file: nothing, too much, control characters, half characters."""
    if not isinstance(given, str):
        return None
    # S3 would put the name of the file that is sent in the place of `${filename}`.
    name = PurePosixPath(given.replace("\\", "/").replace("${filename}", "filename")).name.strip()
    if not name or any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
        return None
    return name if len(name.encode()) <= _MAX_BYTES else None
