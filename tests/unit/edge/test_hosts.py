"""Host headers."""

from __future__ import annotations

import pytest

from eventmill.edge.hosts import HostCheck, hostname, port_of


@pytest.mark.parametrize(
    ("host", "name", "plain", "encrypted"),
    [
        ("Api.Example:8443", "api.example", "8443", "8443"),
        ("api.example", "api.example", "80", "443"),
        ("127.0.0.1:4000", "127.0.0.1", "4000", "4000"),
        ("[::1]:4000", "::1", "4000", "4000"),
        ("[::1]", "::1", "80", "443"),
        ("api.example:", "api.example", "80", "443"),
        ("", "", "80", "443"),
    ],
)
def test_name_and_port(host: str, name: str, plain: str, encrypted: str) -> None:
    assert hostname(host) == name
    assert (port_of(host, "http"), port_of(host, "https")) == (plain, encrypted)


def test_an_address_of_version_6_to_listen_on_is_answered() -> None:
    hosts = HostCheck("fe80::1", None)
    assert hosts.allows("[fe80::1]:4000") and hosts.allows("[::1]:4000")
    assert not hosts.allows("[fe80::2]:4000")
