"""`$input` of mapping templates: a body and the parameters of the request."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from eventmill.edge.apis.mapping.jsonpath import JsonPathError, find
from eventmill.velocity import VelocityError


class Input:
    """See velocity.Offers. `parameters` holds `path`, `querystring` and `header` by name."""

    def __init__(self, body: str, parameters: Mapping[str, Mapping[str, str]]) -> None:
        self._body = body
        self._parameters = parameters

    def velocity_member(self, name: str) -> Any:
        """`$input.body`"""
        return self._body if name == "body" else None

    def velocity_call(self, name: str, arguments: Sequence[Any]) -> Any:
        """`json(path)`, `path(path)`, `params()` and `params(name)`. Raises VelocityError."""
        if name == "params":
            return self._params(arguments)
        if name in ("json", "path") and len(arguments) == 1:
            found = self._find(str(arguments[0]))
            return found if name == "path" else _json(found)
        raise VelocityError(f"$input has no {name} of {len(arguments)} arguments")

    @cached_property
    def _document(self) -> Any:
        """The body as JSON; an empty one is an empty object, as API Gateway reads it."""
        if not self._body:
            return {}
        try:
            return json.loads(self._body)
        except ValueError as error:
            raise VelocityError(f"the body is no JSON: {error}") from None

    def _find(self, path: str) -> Any:
        try:
            return find(self._document, path)
        except JsonPathError as error:
            raise VelocityError(str(error)) from None

    def _params(self, arguments: Sequence[Any]) -> Any:
        if not arguments:
            return {place: dict(values) for place, values in self._parameters.items()}
        wanted = str(arguments[0])
        if wanted in self._parameters:
            return dict(self._parameters[wanted])
        for place in ("path", "querystring", "header"):
            values = self._parameters.get(place) or {}
            if wanted in values:
                return values[wanted]
        lower = wanted.lower()
        headers = self._parameters.get("header") or {}
        return next((value for name, value in headers.items() if name.lower() == lower), "")


def _json(value: Any) -> str:
    """JSON; what is missing is an empty text."""
    return '""' if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
