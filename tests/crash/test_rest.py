"""kill -9 behind a REST API: what it has acknowledged is there, and what it serves goes on."""

from __future__ import annotations

import json
from pathlib import Path

from eventmill.testing import engine
from tests.crash.process import kill, start
from tests.journeys.rest_client import ask

APP = Path(__file__).parents[1] / "apps" / "gateway"


def test_acknowledged_requests_survive_and_the_api_answers_again(tmp_path: Path) -> None:
    process, said = start(tmp_path / "data", tmp_path / "log", APP)
    url = said["outputs"]["Url"]
    body, headers = json.dumps({"kept": 1}), {"Content-Type": "application/json"}
    assert ask(f"{url}/queue", "POST", headers, body).status == 200
    assert ask(f"{url}/work/later", "POST", headers, json.dumps({"fail": "x"})).status == 202
    kill(process)
    with engine(tmp_path / "data") as mill:
        place = url.partition("/_aws/")[2]
        answer = ask(f"{mill.endpoint}/_aws/{place}/mock?id=7")
        assert (answer.status, answer.json) == (200, {"id": "7"})
        queue = said["outputs"]["Queue"].rpartition("/")[2]
        sqs = mill.client("sqs")
        (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
        assert json.loads(message["Body"]) == {"kept": 1}
        # The asynchronous call is still tried until Lambda gives it up.
        later = [motion.name for motion in mill.settle().later]
        assert [name for name in later if said["outputs"]["Worker"] in name], later
