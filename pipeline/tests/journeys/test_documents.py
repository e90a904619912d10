"""Documents through the whole pipeline, over its HTTP API and its WebSocket."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest
import requests
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

pytestmark = pytest.mark.xdist_group("pipeline")


@pytest.fixture(scope="module")
def session(app, demo):
    return demo.Session.open(app.outputs["Page"])


def test_every_sample_becomes_what_the_manifest_says(app, demo, session, samples) -> None:
    manifest = json.loads((Path(demo.__file__).parent / "manifest.json").read_text())
    assert len(manifest) >= 12
    with session.live() as socket:
        for duplicates in (False, True):
            part = [one for one in manifest if (one["status"] == "duplicate") == duplicates]
            ids = {one["file"]: session.upload(samples / one["file"]) for one in part}
            states = demo.follow(socket, set(ids.values()))
            for one in part:
                assert demo.problems(one, states[ids[one["file"]]]) == [], one["file"]
    app.settle()
    assert session.call("GET", "search?q=brightwater")["total"] >= 2
    queue = app.client("sqs").get_queue_attributes(
        QueueUrl=app.outputs["DeadLetters"], AttributeNames=["All"]
    )
    assert queue["Attributes"]["ApproximateNumberOfMessages"] == "0"


def test_the_stages_are_told_as_they_happen_and_leave_a_trail(app, demo, session, tmp_path) -> None:
    file = tmp_path / "note.txt"
    file.write_text("Dear Ada,\n\nthe zygomorphic flowers have arrived.\n\nKind regards,\nMira\n")
    seen = []
    with session.live() as socket:
        number = session.upload(file)
        while not seen or seen[-1] != "done":
            document = json.loads(socket.recv(30)).get("document")
            if isinstance(document, dict) and document["id"] == number:
                seen.append(document["stage"])
    assert seen == ["uploading", "received", "extracted", "classified", "done"]
    app.settle()
    trail = session.call("GET", f"documents/{number}/audit")["entries"]
    assert [entry["stage"] for entry in trail] == seen
    assert [entry["event"] for entry in trail] == ["created", *["changed"] * 4]
    shown = session.call("GET", f"documents/{number}")
    assert "zygomorphic" in shown["text"]["pages"][0]["text"]
    url = session.call("GET", f"documents/{number}/original")["url"]
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == file.read_bytes()
    (hit,) = session.call("GET", "search?q=zygomorphic")["hits"]
    assert hit["id"] == number and "zygomorphic" in hit["snippet"]
    answer = session.http.delete(f"{session.page}documents/{number}")
    assert answer.status_code == 204
    app.settle()
    assert session.call("GET", "search?q=zygomorphic")["total"] == 0
    assert session.http.get(f"{session.page}documents/{number}").status_code == 404


def test_nobody_comes_in_without_a_token(session) -> None:
    for path in ("documents", "config", "search?q=a", "documents/x"):
        assert requests.get(session.page + path, timeout=10).status_code == 401, path
        forged = {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJob21lIn0."}
        assert requests.get(session.page + path, headers=forged, timeout=10).status_code == 403
    assert requests.post(session.page + "session", json={"key": "x"}).status_code == 401
    with pytest.raises(InvalidStatus) as refused:
        connect(session.call("GET", "config")["websocket"] + "?token=no", proxy=None).__enter__()
    assert refused.value.response.status_code in (401, 403)


def test_tenants_do_not_see_each_other(app, demo, session, tmp_path) -> None:
    base, _, key = app.outputs["Page"].partition("#key=")
    token = requests.post(base + "session", json={"key": key, "tenant": "other"}).json()["token"]
    theirs = {"Authorization": f"Bearer {token}"}
    file = tmp_path / "mine.txt"
    file.write_text("mine alone")
    number = session.upload(file)
    assert requests.get(base + f"documents/{number}", headers=theirs).status_code == 404
    assert requests.get(base + "documents", headers=theirs).json()["documents"] == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"name": "", "size": 1}, "name"),
        ({"name": "a.exe", "size": 1}, "type"),
        ({"name": "a.pdf", "size": 0}, "size"),
        ({"name": "a.pdf", "size": 1 << 40}, "size"),
        ({"name": "a.pdf", "size": True}, "size"),
        ({"name": "\ud800.pdf", "size": 1}, "name"),
        ({"name": "a\nb.pdf", "size": 1}, "name"),
        ([], "object"),
    ],
)
def test_a_bad_upload_is_told_what_is_wrong(session, body, said: str) -> None:
    answer = session.http.post(session.page + "documents", json=body)
    assert answer.status_code == 400 and said in answer.json()["message"]


@pytest.mark.parametrize("limit", ["0", "²", "9" * 5_000, "-1", "ten"])
def test_a_number_that_is_none_is_refused(session, limit: str) -> None:
    for path in ("documents", "search"):
        asked = {"limit": limit, "q": "a"}
        answer = session.http.get(session.page + path, params=asked, timeout=10)
        assert answer.status_code == 400 and "limit" in answer.json()["message"]


def test_an_id_that_no_key_has_room_for_is_nobodys(session) -> None:
    for path in ("", "/audit", "/original"):
        answer = session.http.get(f"{session.page}documents/{'x' * 3_000}{path}", timeout=10)
        assert answer.status_code == 404


def test_a_document_deleted_on_its_way_stays_deleted(app, session, tmp_path) -> None:
    file = tmp_path / "fleeting.txt"
    numbers = []
    for each in range(6):
        file.write_text(f"Fleeting words, number {each}.")
        numbers.append(session.upload(file))
        session.http.delete(f"{session.page}documents/{numbers[-1]}").raise_for_status()
    app.settle()
    app.elapse(3_600)
    there = {one["id"] for one in session.call("GET", "documents?limit=200")["documents"]}
    assert there.isdisjoint(numbers)
    bucket = f"pipeline-files-{app.inner.settings.account}-{app.inner.settings.region}"
    kept = app.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
    assert not [one["Key"] for one in kept for number in numbers if number in one["Key"]]


def test_a_copy_can_be_read_once_the_first_is_gone(app, session, tmp_path) -> None:
    file = tmp_path / "twice.txt"
    file.write_text("The same words, sent twice.")
    first = session.upload(file)
    app.settle()
    second = session.upload(file)
    app.settle()
    copy = session.call("GET", f"documents/{second}")
    assert (copy["status"], copy["duplicate_of"]) == ("duplicate", first)
    answer = session.http.post(f"{session.page}documents/{second}/retry")
    assert answer.status_code == 409 and first in answer.json()["message"]
    session.http.delete(f"{session.page}documents/{first}").raise_for_status()
    session.http.post(f"{session.page}documents/{second}/retry").raise_for_status()
    app.settle()
    copy = session.call("GET", f"documents/{second}")
    assert copy["status"] == "done" and "duplicate_of" not in copy


def test_the_page_is_served_with_a_strict_policy(session) -> None:
    answer = requests.get(session.page, timeout=10)
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert requests.get(session.page + "app.js").status_code == 200
    assert requests.get(session.page + "nothing.js").status_code == 404


def test_a_failed_document_says_why_and_can_be_retried(app, demo, session, tmp_path) -> None:
    file = tmp_path / "broken.txt"
    file.write_text("Dear Ada,\n\nthis will not arrive.\n")
    with session.live() as socket:
        number = session.upload(file)
        demo.follow(socket, {number})
        # As its table would say after a stage gave up.
        table = next(
            name
            for name in app.client("dynamodb").list_tables()["TableNames"]
            if "-Documents-" in name
        )
        app.client("dynamodb").update_item(
            TableName=table,
            Key={"document": {"S": f"home#{number}"}},
            UpdateExpression="SET #status=:failed, stage=:stage, #rank=:rank, #v=#v+:one",
            ExpressionAttributeNames={"#status": "status", "#rank": "rank", "#v": "version"},
            ExpressionAttributeValues={
                ":failed": {"S": "failed"},
                ":stage": {"S": "uploading"},
                ":rank": {"N": "0"},
                ":one": {"N": "1"},
            },
        )
        app.settle()
        answer = session.http.post(f"{session.page}documents/{number}/retry")
        assert answer.status_code == 202 and answer.json()["run"] == 2
        app.settle()
    shown = session.call("GET", f"documents/{number}")
    assert (shown["status"], shown["run"]) == ("done", 2)
    url = session.call("GET", f"documents/{number}/original")["url"]
    assert requests.get(url, timeout=10).headers["Content-Type"] == "text/plain"
    again = session.http.post(f"{session.page}documents/{number}/retry")
    assert again.status_code == 409


def test_the_page_signs_in_uploads_and_shows_the_result(app, browser, tmp_path) -> None:
    file = tmp_path / "invitation.txt"
    file.write_text("Dear Ada,\n\nyou are invited to the quokka parade.\n\nRegards,\nMira\n")
    browser.get(app.outputs["Page"])
    wait = WebDriverWait(browser, 30)
    live = '[data-connection="live"]'
    wait.until(lambda chrome: chrome.find_elements(By.CSS_SELECTOR, live))
    browser.find_element(By.CSS_SELECTOR, 'input[type="file"]').send_keys(str(file))
    done = '[data-status="done"][data-stage="done"]'
    wait.until(lambda chrome: "invitation.txt" in _texts(chrome, done))
    assert "#key=" not in browser.current_url


def _texts(browser: Chrome, selector: str) -> str:
    found = browser.find_elements(By.CSS_SELECTOR, selector)
    return "\n".join(element.text for element in found)
