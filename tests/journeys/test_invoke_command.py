"""`eventmill invoke` and `eventmill logs`: what they print, and what is refused."""

import subprocess
import sys
import time

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


def test_logs_are_followed_beyond_the_first_page() -> None:
    """Each line once, those that were there and those that come."""
    with engine() as mill:
        logs = mill.client("logs")
        logs.create_log_group(logGroupName="/aws/lambda/work")
        logs.create_log_stream(logGroupName="/aws/lambda/work", logStreamName="s")

        def write(*lines: str) -> None:
            events = [{"timestamp": int(time.time() * 1000), "message": line} for line in lines]
            logs.put_log_events(
                logGroupName="/aws/lambda/work", logStreamName="s", logEvents=events
            )

        write("one", "two")
        command = [sys.executable, "-m", "eventmill.cli", "logs", "work", "-f"]
        command += ["--endpoint", mill.endpoint]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as follower:
            assert follower.stdout is not None
            lines = [follower.stdout.readline() for _ in range(2)]
            for text in ("three", "four"):
                write(text)
                lines.append(follower.stdout.readline())
            follower.terminate()
    assert [line.split()[-1] for line in lines] == ["one", "two", "three", "four"]
