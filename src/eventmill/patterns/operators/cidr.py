"""cidr: an IPv4 or IPv6 address inside a block. Strings that are no address do not match."""

from __future__ import annotations

import ipaddress
from typing import Any

from eventmill.patterns.errors import PatternError
from eventmill.patterns.operators import Test


def compile_cidr(operand: Any) -> Test:
    """`{"cidr": "10.0.0.0/24"}`"""
    if not isinstance(operand, str):
        raise PatternError("cidr match pattern must be a string")
    address, slash, mask = operand.partition("/")
    if not slash or "/" in mask:
        raise PatternError("Malformed CIDR, one '/' required")
    if not mask.isdigit():
        raise PatternError("Malformed CIDR, mask bits must be an integer")
    try:
        ipaddress.ip_address(address)
    except ValueError:
        raise PatternError(f"Nonstandard IP address: {address}") from None
    try:
        network = ipaddress.ip_network(operand, strict=False)
    except ValueError:
        raise PatternError(f"Malformed CIDR, mask bits must be < {mask}") from None

    def test(given: Any) -> bool:
        if not isinstance(given, str):
            return False
        try:
            return ipaddress.ip_address(given) in network
        except ValueError:
            return False

    return test
