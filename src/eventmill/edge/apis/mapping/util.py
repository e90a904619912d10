"""`$util` of mapping templates."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from eventmill.velocity import VelocityError

_NAMED = {
    '"': '\\"',
    "'": "\\'",
    "\\": "\\\\",
    "/": "\\/",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}


def escape_java_script(text: str) -> str:
    """As Java's libraries escape a text within a script: quotes, slashes, all beyond ASCII."""
    return "".join(_NAMED.get(char) or _plain_or_code(char) for char in text)


def _plain_or_code(char: str) -> str:
    if " " <= char <= "~":
        return char
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[i]:02X}{units[i + 1]:02X}" for i in range(0, len(units), 2))


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _unbase64(text: str) -> str:
    return base64.b64decode(text).decode("utf-8", "replace")


_FUNCTIONS: Mapping[str, Callable[[str], Any]] = {
    "escapeJavaScript": escape_java_script,
    "parseJson": json.loads,
    "urlEncode": quote_plus,
    "urlDecode": unquote_plus,
    "base64Encode": _base64,
    "base64Decode": _unbase64,
}


class Util:
    """See velocity.Offers."""

    def velocity_member(self, name: str) -> Any:
        """It has none."""
        return None

    def velocity_call(self, name: str, arguments: Sequence[Any]) -> Any:
        """One of the functions, on one text. Raises VelocityError."""
        function = _FUNCTIONS.get(name)
        if function is None or len(arguments) != 1:
            raise VelocityError(f"$util has no {name} of {len(arguments)} arguments")
        if arguments[0] is None:
            return None
        try:
            return function(str(arguments[0]))
        except (ValueError, binascii.Error) as error:
            raise VelocityError(f"$util.{name}: {error}") from None


UTIL = Util()
