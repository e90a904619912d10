"""An init that fails is begun again within the first invocation, as Lambda does."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from eventmill.testing import engine

ROLE = "arn:aws:iam::000000000000:role/r"
ONCE = """
import os
from pathlib import Path
mark = Path(os.environ["MARK"])
if not mark.exists():
    mark.touch()
    HOW
def handler(event, context):
    return "ready"
"""


@pytest.fixture(scope="module")
def mill():
    with engine() as made:
        yield made


def create(mill: Any, name: str, code: str, **settings: Any) -> Any:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", code)
    return mill.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Handler="index.handler",
        Role=ROLE,
        Code={"ZipFile": packed.getvalue()},
        **settings,
    )


def invoke(mill: Any, name: str, **request: Any) -> Any:
    return json.load(mill.client("lambda").invoke(FunctionName=name, **request)["Payload"])


def lines(mill: Any, name: str) -> list[str]:
    mill.settle()
    events = mill.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    return [event["message"] for event in events]


def begun(said: list[str]) -> list[str]:
    """The words that Lambda's own lines begin with, and that of a runtime's error."""
    words = [line.split()[0] for line in said]
    own = ("INIT_START", "INIT_REPORT", "START", "END", "REPORT", "RequestId:", "[ERROR]")
    return [word for word in words if word in own]


@pytest.mark.parametrize(
    ("how", "error"),
    [("os._exit(3)", "Runtime.ExitError"), ("raise ValueError('not yet')", "Runtime.Unknown")],
)
def test_what_fails_once_is_made_good(mill: Any, tmp_path: Path, how: str, error: str) -> None:
    name = f"once-{error.rpartition('.')[2]}"
    variables = {"Variables": {"MARK": str(tmp_path / "mark")}}
    create(mill, name, ONCE.replace("HOW", how), Environment=variables)
    assert invoke(mill, name) == "ready"
    assert invoke(mill, name) == "ready"
    said = lines(mill, name)
    assert [word for word in begun(said) if word != "[ERROR]"] == [
        *("INIT_START", "INIT_REPORT"),
        *("START", "END", "REPORT") * 2,
    ]
    (report,) = [line for line in said if line.startswith("INIT_REPORT")]
    assert report.endswith(f" ms\tPhase: init\tStatus: error\tError Type: {error}")
    assert not any("Init Duration" in line for line in said if line.startswith("REPORT"))


def test_what_fails_again_is_the_answer(mill: Any) -> None:
    create(mill, "exits", "import os\nos._exit(4)\n")
    answer = invoke(mill, "exits")
    assert answer["errorType"] == "Runtime.ExitError"
    assert answer["errorMessage"].endswith("Runtime exited with error: exit status 4")
    said = lines(mill, "exits")
    assert begun(said) == [
        *("INIT_START", "INIT_REPORT", "INIT_REPORT"),
        *("START", "RequestId:", "END", "REPORT"),
    ]
    phases = [line.partition("\t")[2] for line in said if line.startswith("INIT_REPORT")]
    assert phases == [
        f"Phase: {phase}\tStatus: error\tError Type: Runtime.ExitError"
        for phase in ("init", "invoke")
    ]
    assert said[-1].endswith("\tStatus: error\tError Type: Runtime.ExitError\t")


def test_a_handler_that_is_not_there(mill: Any) -> None:
    create(mill, "lacks", "def other(event, context):\n    pass\n")
    assert invoke(mill, "lacks")["errorType"] == "Runtime.HandlerNotFound"
    said = lines(mill, "lacks")
    assert begun(said) == [
        *("INIT_START", "[ERROR]", "INIT_REPORT", "[ERROR]", "INIT_REPORT"),
        *("START", "END", "REPORT"),
    ]
    assert said[-1].endswith("\tStatus: error\tError Type: Runtime.HandlerNotFound\t")


def test_json_logs_tell_the_same(mill: Any) -> None:
    create(mill, "json", "import os\nos._exit(4)\n", LoggingConfig={"LogFormat": "JSON"})
    invoke(mill, "json")
    records = [json.loads(line) for line in lines(mill, "json")]
    reports = [one["record"] for one in records if one["type"] == "platform.initReport"]
    for report in reports:
        assert report.pop("metrics")["durationMs"] > 0
    assert reports == [
        {
            "initializationType": "on-demand",
            "phase": phase,
            "status": "error",
            "errorType": "Runtime.ExitError",
        }
        for phase in ("init", "invoke")
    ]


def test_provisioned_environments_always_report_their_init(mill: Any) -> None:
    create(mill, "kept", "def handler(event, context):\n    return 1\n", Publish=True)
    mill.client("lambda").put_provisioned_concurrency_config(
        FunctionName="kept", Qualifier="1", ProvisionedConcurrentExecutions=1
    )
    said = lines(mill, "kept")
    assert begun(said) == ["INIT_START", "INIT_REPORT"]
    assert said[1].startswith("INIT_REPORT Init Duration: ") and said[1].endswith(" ms")
    assert invoke(mill, "kept", Qualifier="1") == 1
    assert begun(lines(mill, "kept"))[2:] == ["START", "END", "REPORT"]
