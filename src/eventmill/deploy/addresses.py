"""Addresses of the application's own APIs and function URLs, as they are on this machine.

Templates put them together from an id and a domain of AWS's
(`https://${Api}.execute-api.${AWS::Region}.amazonaws.com`). Nobody answers there for a local API,
so in outputs and in what resources are given such an address becomes the engine's own.
"""

from __future__ import annotations

import re
from typing import Any

_URL = re.compile(r"https://([a-z0-9]+)\.lambda-url\.[a-z0-9-]+\.on\.aws")
_API = re.compile(r"(https|wss)://([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com")


def localise(value: Any, endpoint: str) -> Any:
    """`value` with every address of an API's replaced, in texts at any depth."""
    if isinstance(value, str):
        if "://" not in value:
            return value
        value = _URL.sub(rf"{endpoint}/_aws/lambda-url/\1", value)
        return _API.sub(lambda found: _address(found, endpoint), value)
    if isinstance(value, dict):
        return {key: localise(held, endpoint) for key, held in value.items()}
    if isinstance(value, list):
        return [localise(held, endpoint) for held in value]
    return value


def api_address(endpoint: str, api_id: str, *, websocket: bool = False) -> str:
    """Where an API of this engine answers, without a trailing slash."""
    base = endpoint.replace("http", "ws", 1) if websocket else endpoint
    return f"{base}/_aws/execute-api/{api_id}"


def _address(found: re.Match[str], endpoint: str) -> str:
    return api_address(endpoint, found.group(2), websocket=found.group(1) == "wss")
