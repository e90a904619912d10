"""An init of more than ten seconds: it is ended, and begun again within the first invocation."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from eventmill.testing import engine

ONCE = """
import os, time
from pathlib import Path
mark = Path(os.environ["MARK"])
if not mark.exists():
    mark.touch()
    time.sleep(60)
def handler(event, context):
    return "ready"
"""
ALWAYS = """
import time
time.sleep(60)
def handler(event, context):
    return "never"
"""


def test_it_has_ten_seconds_and_then_the_functions_timeout(tmp_path: Path) -> None:
    def function(code: str) -> dict[str, Any]:
        return {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.11",
                "Handler": "index.handler",
                "Role": "arn:aws:iam::000000000000:role/r",
                "Timeout": 2,
                "Code": {"ZipFile": code},
                "Environment": {"Variables": {"MARK": str(tmp_path / "mark")}},
            },
        }

    template = {
        "Resources": {"Once": function(ONCE), "Always": function(ALWAYS)},
        "Outputs": {name: {"Value": {"Ref": name}} for name in ("Once", "Always")},
    }
    (tmp_path / "template.json").write_text(json.dumps(template))
    with engine() as mill, ThreadPoolExecutor() as threads:
        names = mill.deploy(tmp_path)

        def invoke(name: str) -> Any:
            answer = mill.client("lambda").invoke(FunctionName=names[name])
            return json.load(answer["Payload"])

        once, always = threads.map(invoke, ("Once", "Always"))
        assert once == "ready"
        assert always["errorType"] == "Sandbox.Timedout"
        assert invoke("Once") == "ready"
        mill.settle()

        def lines(name: str) -> list[str]:
            group = f"/aws/lambda/{names[name]}"
            found = mill.client("logs").filter_log_events(logGroupName=group)["events"]
            return [event["message"] for event in found]

        begun = [line.split()[0] for line in lines("Once")]
        assert begun == ["INIT_START", "INIT_REPORT", *("START", "END", "REPORT") * 2]
        (report,) = [line for line in lines("Once") if line.startswith("INIT_REPORT")]
        assert report.rstrip().endswith("Phase: init\tStatus: timeout")
        assert 10_000 <= float(report.split()[3]) < 15_000
        assert not any("Init Duration" in line for line in lines("Once") if "REPORT Req" in line)
        phases = [line for line in lines("Always") if line.startswith("INIT_REPORT")]
        assert "Phase: init\tStatus: timeout" in phases[0]
        assert "Phase: invoke\tStatus: timeout" in phases[1]
