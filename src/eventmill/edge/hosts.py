"""Which Host headers are answered.

A page on the internet can make a browser send requests to a loopback port under a name of its own
(DNS rebinding). It cannot choose one of these names, so refusing all others keeps it out.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

_SUFFIXES = (
    ".localhost",
    ".amazonaws.com",
    ".amazoncognito.com",
    ".on.aws",
    ".localhost.localstack.cloud",
)

_REMEMBERED = 10_000


def hostname(host: str) -> str:
    """The Host header without its port, in lower case; an IPv6 address without its brackets."""
    host = host.lower()
    if host.startswith("["):
        return host.partition("]")[0][1:]
    return host.partition(":")[0] if host.count(":") == 1 else host


def port_of(host: str, scheme: str) -> str:
    """The port in a Host header; the scheme's own when it names none, as `[::1]` does not."""
    port = host.rpartition("]")[2].rpartition(":")[2] if ":" in host else ""
    return port if port.isdigit() else {"https": "443"}.get(scheme, "80")


class HostCheck:
    """Decides once per name and remembers."""

    def __init__(
        self,
        host: str,
        public_url: str | None,
        declared: Callable[[str], bool] = lambda name: False,
    ) -> None:
        """`declared` tells whether the application has a custom domain of that name."""
        self._declared = declared
        self._names = {"localhost", hostname(host), "localhost.localstack.cloud"}
        if public_url:
            self._names.add(urlsplit(public_url).hostname or "")
        self._public = host in ("0.0.0.0", "::")
        self._known: dict[str, tuple[bool, bool]] = {}
        """By Host header: whether it is answered, and whether it is the machine's own number."""

    def allows(self, host: str) -> bool:
        """Whether a request with this Host header is answered."""
        return self._look(host)[0] or self._declared(hostname(host))

    def plain(self, host: str) -> bool:
        """Whether this is the machine's address, a number: no application's name can be that."""
        return self._look(host)[1]

    def _look(self, host: str) -> tuple[bool, bool]:
        known = self._known.get(host)
        if known is None:
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            name = hostname(host)
            own = self._is_own_address(name)
            allowed = own or name in self._names or name.endswith(_SUFFIXES)
            known = self._known[host] = (allowed, own)
        return known

    def _is_own_address(self, name: str) -> bool:
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or self._public
