"""`eventmill invoke`: what the engine refuses is one message, not a traceback."""

import sys

import pytest

from eventmill.cli.main import main
from eventmill.testing import engine


def test_an_unknown_function_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with engine() as mill:
        address = mill.client("lambda").meta.endpoint_url
        monkeypatch.setattr(sys, "argv", ["eventmill", "invoke", "Nope", "--endpoint", address])
        with pytest.raises(SystemExit) as stopped:
            main()
    assert stopped.value.code == 1
    assert "eventmill: invoke Nope: Function not found" in capsys.readouterr().err
