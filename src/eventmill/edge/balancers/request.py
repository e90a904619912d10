"""A request on its way to a target, with the headers that a load balancer adds.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eventmill.services.elbv2 import attributes

Pairs = Sequence[tuple[str, str]]
HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


@dataclass(frozen=True, slots=True)
class Request:
    """`path` and `query` as sent; header names in lower case, repeated ones kept apart."""

    method: str
    path: str
    query: str
    headers: Pairs
    body: bytes


def forwarded(
    raw: Sequence[tuple[bytes, bytes]],
    balancer: Mapping[str, Any],
    listener: Mapping[str, Any],
    client: tuple[str, int],
    root: str,
) -> list[tuple[str, str]]:
    """The client's headers with x-forwarded-* and the trace."""
    sent = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw]
    headers = [(name, value) for name, value in sent if name not in HOP_BY_HOP]
    mode = attributes.value_of("balancer", balancer, "routing.http.xff_header_processing.mode")
    if mode != "preserve":
        known = [value for name, value in headers if name == "x-forwarded-for"]
        headers = [entry for entry in headers if entry[0] != "x-forwarded-for"]
        with_port = attributes.value_of(
            "balancer", balancer, "routing.http.xff_client_port.enabled"
        )
        own = f"{client[0]}:{client[1]}" if with_port == "true" else client[0]
        if mode == "append":
            headers.append(("x-forwarded-for", ", ".join([*known, own])))
    traces = [value for name, value in headers if name == "x-amzn-trace-id"]
    trace = f"Self={root};{traces[0]}" if traces else f"Root={root}"
    added = {
        "x-forwarded-port": str(listener["Port"]),
        "x-forwarded-proto": listener["Protocol"].lower(),
        "x-amzn-trace-id": trace,
    }
    return [entry for entry in headers if entry[0] not in added] + list(added.items())
