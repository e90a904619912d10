"""`Fn::Transform` with AWS::Include: the content of another file at this place.

`aws cloudformation package` would put the file into S3 and its address here; on one machine the
path itself serves.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/create-reusable-transform-function-snippets-and-add-to-your-template-with-aws-include-transform.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from eventmill.kernel.errors import UsageError
from eventmill.template.text import Lines, Repeated, line_of, read_mapping

_KEY = "Fn::Transform"
_NAME = "AWS::Include"


def include(file: Path, value: Any, repeated: list[Repeated]) -> None:
    """Put the files' contents into `value` where it names them. Raises UsageError.

    Keys that stand twice in them are added to `repeated`.
    """
    if isinstance(value, list):
        for entry in value:
            include(file, entry, repeated)
    if not isinstance(value, dict):
        return
    transform = value.get(_KEY)
    if isinstance(transform, dict) and transform.get("Name") == _NAME:
        del value[_KEY]
        content = _content(file, (transform.get("Parameters") or {}).get("Location"), repeated)
        value.update(content)
        if isinstance(value, Lines):
            # Lines of the other file would be wrong in this one.
            value.lines |= dict.fromkeys(content, line_of(value, _KEY))
    for held in value.values():
        include(file, held, repeated)


def _content(file: Path, location: Any, repeated: list[Repeated]) -> dict[str, Any]:
    if not isinstance(location, str) or location.startswith("s3://"):
        raise UsageError(f"{file}: {_NAME}: Location {location} is no path of a local file")
    return read_mapping(file.parent / location, repeated, f"{file}: {_NAME}: {location}")
