"""Schemas of an OpenAPI document → models.

A model refers to another by its address in API Gateway, not by its place in the document.
"""

from __future__ import annotations

import json
import re
from typing import Any

_PLACE = re.compile(r"#/(?:definitions|components/schemas)/(.+)\Z")


def model_name(name: str) -> str:
    """The name of the model for a schema: letters and digits only."""
    return re.sub(r"[^A-Za-z0-9]", "", name)


def referred(schema: Any) -> str | None:
    """The name of the schema that a bare `$ref` names, or None."""
    if not isinstance(schema, dict):
        return None
    found = _PLACE.match(str(schema.get("$ref") or ""))
    return None if found is None else model_name(found.group(1))


def schema_text(api: str, schema: Any) -> str:
    """The model's schema as JSON."""
    return json.dumps(_moved(api, schema))


def _moved(api: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_moved(api, entry) for entry in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _address(api, held) if key == "$ref" and isinstance(held, str) else _moved(api, held)
        for key, held in value.items()
    }


def _address(api: str, reference: str) -> str:
    found = _PLACE.match(reference)
    if found is None:
        return reference
    return model_address(api, model_name(found.group(1)))


def model_address(api: str, name: str) -> str:
    """What a schema's `$ref` names a model of the API by."""
    return f"https://apigateway.amazonaws.com/restapis/{api}/models/{name}"
