"""Values as the API types them, from patches, templates and OpenAPI documents, which have texts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.services.apigateway.faults import bad
from eventmill.services.contract import attribute_text, truth
from eventmill.services.tags import tag_map

_WHOLE = frozenset(
    {
        "timeoutInMillis",
        "authorizerResultTtlInSeconds",
        "minimumCompressionSize",
        "burstLimit",
        "limit",
        "offset",
        "throttlingBurstLimit",
        "cacheTtlInSeconds",
    }
)
_FRACTION = frozenset({"rateLimit", "throttlingRateLimit", "percentTraffic"})
_TRUTH = frozenset(
    {
        "apiKeyRequired",
        "validateRequestBody",
        "validateRequestParameters",
        "enabled",
        "tracingEnabled",
        "cacheClusterEnabled",
        "metricsEnabled",
        "dataTraceEnabled",
        "cachingEnabled",
        "cacheDataEncrypted",
        "requireAuthorizationForCacheControl",
        "disableExecuteApiEndpoint",
        "useStageCache",
        "insecureSkipVerification",
    }
)
_MAPS = frozenset({"requestTemplates", "requestModels", "responseModels", "responseTemplates"})
"""Members whose keys are the user's, for texts; a mapping template may be written as an object."""

_FLAGS = {"true": True, "false": False}
"""Whether a parameter is needed, which a template may give as a text."""


def typed(member: str, value: Any) -> Any:
    """`value` as the member's type. Raises Invalid."""
    if member.startswith("method.") and isinstance(value, str):
        return _FLAGS.get(value, value)
    if member in _TRUTH:
        return truth(value)
    if member in _MAPS and isinstance(value, Mapping):
        return {key: attribute_text(entry) for key, entry in value.items()}
    try:
        if member in _WHOLE:
            return int(value)
        if member in _FRACTION:
            return float(value)
    except (TypeError, ValueError):
        raise bad(f"Invalid value for {member}: {value}") from None
    return attribute_text(value) if isinstance(value, int | float) else value


def camel(name: str) -> str:
    """A template's name as the API has it."""
    return name[0].lower() + name[1:]


def from_template(properties: Mapping[str, Any]) -> dict[str, Any]:
    """A template's properties by the API's names and types, at every depth."""
    return {camel(name): _value(name, value) for name, value in properties.items()}


def _value(name: str, value: Any) -> Any:
    if name in ("Schema", "Policy", "Properties"):
        return value if isinstance(value, str) else json.dumps(value)
    if name == "Tags":
        return tag_map(value)
    if name in ("Variables", "StageVariableOverrides"):
        return {key: attribute_text(entry) for key, entry in value.items()}
    if name in ("RequestParameters", "ResponseParameters"):
        return {key: _FLAGS.get(entry, entry) for key, entry in value.items()}
    if camel(name) in _MAPS:
        return typed(camel(name), value)
    if name == "Throttle" and not value.keys() <= {"BurstLimit", "RateLimit"}:
        return {place: from_template(limits) for place, limits in value.items()}
    if isinstance(value, dict):
        return from_template(value)
    if isinstance(value, list):
        return [from_template(entry) if isinstance(entry, dict) else entry for entry in value]
    return typed(camel(name), value)
