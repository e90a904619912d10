"""Addresses of the application's own APIs, function URLs, load balancers and keys, on this machine.

Templates put them together from an id and a domain of AWS's
(`https://${Api}.execute-api.${AWS::Region}.amazonaws.com`). Nobody answers there for a local API,
so in outputs and in what resources are given such an address becomes the engine's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

Balancers = Callable[[str, int], str | None]
"""`host:port` for a load balancer's DNS name and a listener's port, 0 for the first; None when
there is no such load balancer."""

Pools = Callable[[str], bool]
"""Whether an id or a domain is that of a user pool of this engine."""

_URL = re.compile(r"https://([a-z0-9]+)\.lambda-url\.[a-z0-9-]+\.on\.aws")
_API = re.compile(r"(https|wss)://([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com")
_API_HOST = re.compile(r"(?<![\w./:-])([a-z0-9]{10})\.execute-api\.[a-z0-9-]+\.amazonaws\.com")
"""Without a scheme: handlers put one before it, and the engine's port speaks TLS too."""
_KEYS = re.compile(
    r"https://cognito-idp\.[a-z0-9-]+\.amazonaws\.com/([a-z0-9-]+_[0-9A-Za-z]+)(?=/\.well-known/)"
)
_DOMAIN = re.compile(r"https://([a-z0-9-]+)\.auth\.[a-z0-9-]+\.amazoncognito\.com")
_BALANCER = re.compile(
    r"(?:(https?)://)?([A-Za-z0-9-]+\.[a-z0-9-]+\.elb\.amazonaws\.com)(?::(\d+))?"
)


def localise(value: Any, endpoint: str, balancers: Balancers, pools: Pools) -> Any:
    """`value` with every address of an API's replaced, in texts at any depth."""
    if isinstance(value, str):
        return _text(value, endpoint, balancers, pools)
    if isinstance(value, dict):
        return {key: localise(held, endpoint, balancers, pools) for key, held in value.items()}
    if isinstance(value, list):
        return [localise(held, endpoint, balancers, pools) for held in value]
    return value


def _text(value: str, endpoint: str, balancers: Balancers, pools: Pools) -> str:
    if "://" in value:
        value = _KEYS.sub(lambda found: _published(found, endpoint, pools), value)
        value = _DOMAIN.sub(lambda found: _tokens(found, endpoint, pools), value)
        value = _URL.sub(rf"{endpoint}/_aws/lambda-url/\1", value)
        value = _API.sub(lambda found: _address(found, endpoint), value)
    if ".execute-api." in value:
        place = urlsplit(endpoint).netloc
        value = _API_HOST.sub(rf"{place}/_aws/execute-api/\1", value)
    if ".elb.amazonaws.com" in value:
        value = _BALANCER.sub(lambda found: _balancer(found, balancers), value)
    return value


def _published(found: re.Match[str], endpoint: str, pools: Pools) -> str:
    """Where a pool's keys lie; its issuer without them is a name, and stays."""
    return f"{endpoint}/{found.group(1)}" if pools(found.group(1)) else found.group()


def _tokens(found: re.Match[str], endpoint: str, pools: Pools) -> str:
    """The address of a pool's domain, below which its token endpoint lies."""
    domain = found.group(1)
    return f"{endpoint}/_aws/auth/{domain}" if pools(domain) else found.group()


def _balancer(found: re.Match[str], balancers: Balancers) -> str:
    """Of the port that is named, or else of the scheme's; listeners speak HTTP here."""
    scheme, name, port = found.groups()
    usual = {"http": 80, "https": 443}.get(scheme or "", 0)
    place = balancers(name, int(port or usual))
    if port is None and place == name:
        place = balancers(name, 0)
    if place is None or place == name:
        return found.group()
    return f"http://{place}" if scheme else place


def api_address(endpoint: str, api_id: str, *, websocket: bool = False) -> str:
    """Where an API of this engine answers, without a trailing slash."""
    base = endpoint.replace("http", "ws", 1) if websocket else endpoint
    return f"{base}/_aws/execute-api/{api_id}"


def _address(found: re.Match[str], endpoint: str) -> str:
    return api_address(endpoint, found.group(2), websocket=found.group(1) == "wss")
