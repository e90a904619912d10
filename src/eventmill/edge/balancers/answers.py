"""The load balancer's own answers, and redirects.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

Headers = list[tuple[bytes, bytes]]
Answer = tuple[int, Headers, bytes]


def failure(status: int) -> Answer:
    """A page that names the status."""
    phrase = HTTPStatus(status).phrase
    if status == 503:
        phrase = "Service Temporarily Unavailable"
    title = f"{status} {phrase}"
    text = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    )
    return status, [(b"content-type", b"text/html")], text.encode()


def fixed(config: Mapping[str, Any]) -> Answer:
    """A fixed-response action."""
    kind = config.get("ContentType") or "text/plain"
    body = (config.get("MessageBody") or "").encode()
    return int(config["StatusCode"]), [(b"content-type", f"{kind}; charset=utf-8".encode())], body


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request arrived. `ports` maps this load balancer's ports to those bound for them."""

    protocol: str
    host: str
    port: int
    path: str
    query: str
    ports: Mapping[int, int]


def redirect(config: Mapping[str, Any], place: Place) -> Answer:
    """A redirect action: the placeholders filled in.

    A redirect to another listener of the same load balancer leads to where that one is bound on
    this machine, and HTTPS listeners speak HTTP there.
    """
    filled = {
        "#{protocol}": place.protocol,
        "#{host}": place.host,
        "#{port}": str(place.port),
        "#{path}": place.path.lstrip("/"),
        "#{query}": place.query,
    }

    def fill(name: str) -> str:
        text = str(config[name])
        for key, value in filled.items():
            text = text.replace(key, value)
        return text

    protocol, host, port = fill("Protocol").lower(), fill("Host"), fill("Port")
    if host == place.host and port.isdigit() and int(port) in place.ports:
        protocol, port = "http", str(place.ports[int(port)])
    location = f"{protocol}://{host}:{port}{fill('Path')}"
    query = fill("Query")
    location += f"?{query}" if query else ""
    kept = quote(location, safe="%/:?#[]@!$&'()*+,;=-._~")
    status = int(str(config["StatusCode"]).removeprefix("HTTP_"))
    _, headers, body = failure(status)
    return status, [*headers, (b"location", kept.encode())], body
