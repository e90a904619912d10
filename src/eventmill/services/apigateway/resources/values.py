"""What templates and the API write differently."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

FOR_ALL_METHODS = (
    "cacheDataEncrypted",
    "cacheTtlInSeconds",
    "cachingEnabled",
    "dataTraceEnabled",
    "loggingLevel",
    "metricsEnabled",
    "throttlingBurstLimit",
    "throttlingRateLimit",
)
"""Settings of methods that a deployment's StageDescription gives to all of them."""


def method_settings(given: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """A stage's settings by `<path>/<METHOD>`, the path's slashes escaped: `~1pets/GET`, `*/*`."""
    result: dict[str, dict[str, Any]] = {}
    for entry in given:
        path = str(entry.get("resourcePath") or "/*")
        place = "*" if path in ("/*", "*") else path.replace("/", "~1")
        settings = {k: v for k, v in entry.items() if k not in ("resourcePath", "httpMethod")}
        result[f"{place}/{entry.get('httpMethod') or '*'}"] = settings
    return result
