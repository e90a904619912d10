"""The tags of objects, in the three forms in which they are sent.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_plus
from xml.etree import ElementTree

from eventmill.kernel.errors import Invalid
from eventmill.services.s3 import faults

_MOST = 10


def of_header(text: str | None) -> str:
    """x-amz-tagging, a query string, as JSON. Raises Invalid."""
    if not text:
        return "{}"
    pairs = (part.partition("=") for part in text.split("&") if part)
    found = [(unquote_plus(name), unquote_plus(value)) for name, _, value in pairs]
    if len(dict(found)) < len(found):
        raise faults.argument(
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query "
            "parameters without tag name duplicates.",
            "x-amz-tagging",
            text,
        )
    return _checked(found)


def of_set(given: Iterable[dict[str, Any]]) -> str:
    """A TagSet as JSON. Raises Invalid."""
    return _checked([(tag["Key"], tag["Value"]) for tag in given])


def of_form(text: str | None) -> str:
    """The `tagging` field of an upload form, XML, as JSON. Raises Invalid (MalformedXML)."""
    if not text:
        return "{}"
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        raise faults.malformed() from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    tags = root.findall("./TagSet/Tag")
    pairs = [(tag.findtext("Key"), tag.findtext("Value")) for tag in tags]
    if root.tag != "Tagging" or root.find("./TagSet") is None:
        raise faults.malformed()
    return _checked([(_text(key), _text(value)) for key, value in pairs])


def _text(found: str | None) -> str:
    if found is None:
        raise faults.malformed()
    return found


def _checked(pairs: list[tuple[str, str]]) -> str:
    if len(pairs) > _MOST:
        raise Invalid("BadRequest", f"Object tags cannot be greater than {_MOST}")
    for key, value in pairs:
        if not 1 <= len(key) <= 128 or key.startswith("aws:"):
            raise Invalid("InvalidTag", "The TagKey you have provided is invalid")
        if len(value) > 256:
            raise Invalid("InvalidTag", "The TagValue you have provided is invalid")
    if len(dict(pairs)) < len(pairs):
        raise Invalid("InvalidTag", "Cannot provide multiple Tags with the same key")
    return json.dumps(dict(pairs))
