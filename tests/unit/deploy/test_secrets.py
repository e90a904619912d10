"""Secrets that were made for a data directory."""

from __future__ import annotations

import json
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from eventmill.deploy.secrets import with_secrets
from eventmill.template import Template, read_template


def template_of(folder: Path, *names: str) -> Template:
    """One that demands these secrets."""
    secret = {"Type": "String", "NoEcho": True}
    topic = {"Topic": {"Type": "AWS::SNS::Topic"}}
    document = {"Parameters": dict.fromkeys(names, secret), "Resources": topic}
    (folder / "template.json").write_text(json.dumps(document))
    return read_template(folder, folder / "cache", "us-east-1", dict.fromkeys(names, "x"))


@contextmanager
def full_disk() -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


def test_secrets_outlive_a_full_disk(tmp_path: Path) -> None:
    said: list[str] = []

    def given() -> dict[str, str]:
        return with_secrets(tmp_path, "stack", template, {}, said.append)

    template = template_of(tmp_path, "One")
    made = given()
    assert len(said) == 1 and (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    with full_disk():
        assert given() == made, "nothing new is to be written"
    template = template_of(tmp_path, "One", "Two")
    with full_disk(), pytest.raises(OSError):
        given()
    assert given()["One"] == made["One"]
