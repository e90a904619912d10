"""kill -9 behind HTTP APIs, load balancers and functions' URLs: each answers again as deployed."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventmill.testing import engine
from tests.crash.process import kill, start
from tests.journeys.rest_client import ask
from tests.ports import free_port

APPS = Path(__file__).parents[1] / "apps"


@pytest.mark.parametrize(
    ("app", "output", "path", "needed"),
    [("http", "Site", "/two/7", ("Issuer", "Upstream")), ("url", "Open", "my/path", ())],
)
def test_a_front_on_the_engines_port_answers_again(
    tmp_path: Path, app: str, output: str, path: str, needed: tuple[str, ...]
) -> None:
    options = [text for name in needed for text in ("--parameter", f"{name}=http://127.0.0.1:9")]
    process, said = start(tmp_path / "data", tmp_path / "log", APPS / app, *options)
    place = said["outputs"][output].partition("/_aws/")[2] + path
    before = ask(f"{said['endpoint']}/_aws/{place}", "POST")
    kill(process)
    with engine(tmp_path / "data") as mill:
        after = ask(f"{mill.endpoint}/_aws/{place}", "POST")
    assert before.status == after.status == 200
    assert before.json["rawPath"] == after.json["rawPath"]


def test_a_load_balancer_listens_again_where_it_did(tmp_path: Path) -> None:
    ports = [f"HttpPort={free_port()}", f"SecurePort={free_port()}"]
    options = ("--parameter", ports[0], "--parameter", ports[1])
    process, said = start(tmp_path / "data", tmp_path / "log", APPS / "balancer", *options)
    address = f"{said['outputs']['Site']}/a"
    before = ask(address)
    kill(process)
    with engine(tmp_path / "data"):
        after = ask(address)
    assert before.status == after.status == 200
    assert before.json["requestContext"] == after.json["requestContext"]
