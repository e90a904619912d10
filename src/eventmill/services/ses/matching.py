"""Which recipients a receipt rule, and which senders an IP filter is for.

https://docs.aws.amazon.com/ses/latest/dg/receiving-email-concepts.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import ip_address, ip_network


def matches(wanted: str, address: str) -> bool:
    """Whether one entry of a rule is for an address.

    `user@example.com` is for that mailbox and its labels (`user+x@`), `example.com` for every
    mailbox of that domain alone, `.example.com` for those of its subdomains.
    """
    wanted, address = wanted.lower(), address.lower()
    local, _, domain = address.rpartition("@")
    if "@" in wanted:
        return address == wanted or f"{local.partition('+')[0]}@{domain}" == wanted
    return domain.endswith(wanted) if wanted.startswith(".") else domain == wanted


def chosen(rule: Sequence[str], recipients: Iterable[str]) -> list[str]:
    """The recipients that a rule is for; one that names none is for all."""
    return [
        address
        for address in recipients
        if not rule or any(matches(wanted, address) for wanted in rule)
    ]


def blocked(filters: Iterable[tuple[str, str]], address: str) -> bool:
    """Whether (policy, CIDR) filters keep a sender's address out; what allows wins."""
    found = {policy for policy, cidr in filters if _within(address, cidr)}
    return "Block" in found and "Allow" not in found


def _within(address: str, cidr: str) -> bool:
    network = ip_network(cidr, strict=False)
    given = ip_address(address)
    return given.version == network.version and given in network
