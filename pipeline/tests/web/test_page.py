"""The page in a browser, against the API's contract."""

from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from .page import Page
from .stub import KEY, Stub

EVIL = '<img src=x onerror="document.title=1"><b>bold</b>.txt'


def text_file(folder: Path, name: str, content: str = "hello") -> Path:
    file = folder / name
    file.write_text(content)
    return file


def test_key_in_the_address_signs_in_and_leaves_the_address(page: Page) -> None:
    page.sign_in()
    assert page.browser.current_url == page.stub.page
    page.browser.refresh()
    page.wait_live()


def test_form_signs_in_and_signing_out_forgets(page: Page) -> None:
    page.stub.create("kept.txt")
    page.open()
    page.find("#access-key").send_keys("wrong", Keys.ENTER)
    page.reads("#sign-in-error", "This access key is not known.")
    page.find("#access-key").clear()
    page.find("#access-key").send_keys(KEY, Keys.ENTER)
    page.reads("#document-list", "kept.txt")
    page.find("#sign-out").click()
    page.find("#access-key")
    assert page.browser.execute_script("return Object.keys(sessionStorage)") == []


def test_session_that_the_server_refuses_ends(page: Page) -> None:
    page.sign_in()
    page.stub.failures["search"] = (401, "Unauthorized")
    page.find("#search-words").send_keys("anything")
    page.reads("#sign-in-error", "Your session has ended.")


def test_session_ends_when_it_expires(page: Page) -> None:
    page.stub.expires = "2020-01-01T00:00:00Z"
    page.open(f"#key={KEY}")
    page.reads("#sign-in-error", "Your session has ended.")


def test_files_go_through_the_presigned_form(page: Page, tmp_path: Path) -> None:
    page.sign_in()
    page.choose(text_file(tmp_path, "a.txt", "first"), text_file(tmp_path, "b.txt", "second"))
    page.wait(lambda: len(page.all('#document-list [data-stage="received"]')) == 2)
    assert sorted(page.stub.uploads.values()) == [b"first", b"second"]
    assert [list(form) for form in page.stub.forms] == [["key", "policy", "file"]] * 2
    page.gone("#uploads")


def test_four_uploads_at_once(page: Page, tmp_path: Path) -> None:
    page.sign_in()
    page.stub.gate.clear()
    page.choose(*(text_file(tmp_path, f"{number}.txt") for number in range(7)))
    page.wait(lambda: page.stub.most_uploads == 4)
    assert len(page.all('[data-upload="sending"]')) == 4
    assert len(page.all('[data-upload="waiting"]')) == 3
    page.stub.gate.set()
    page.wait(lambda: len(page.all('#document-list [data-stage="received"]')) == 7)
    assert page.stub.most_uploads == 4


def test_files_that_cannot_be_taken_say_why(page: Page, tmp_path: Path) -> None:
    page.sign_in()
    page.choose(
        text_file(tmp_path, "tool.exe"),
        text_file(tmp_path, "big.txt", "x" * ((1 << 20) + 1)),
        text_file(tmp_path, "empty.txt", ""),
        text_file(tmp_path, "good.txt"),
    )
    page.reads("#upload-list", "Files of this kind are not read.")
    page.reads("#upload-list", "The file is larger than the 1 MB that are allowed.")
    page.reads("#upload-list", "The file is empty")
    page.find('#document-list [data-stage="received"]')
    page.find("#uploads-clear").click()
    page.gone("#uploads")


def test_refused_upload_shows_the_reason_and_can_be_tried_again(page: Page, tmp_path: Path) -> None:
    page.sign_in()
    page.stub.refuse_uploads = True
    page.choose(text_file(tmp_path, "a.txt"))
    page.reads('[data-upload="failed"]', "Policy expired.")
    page.wait(lambda: not page.stub.documents)
    page.stub.refuse_uploads = False
    page.find('[data-action="again"]').click()
    page.find('#document-list [data-stage="received"]')
    page.gone("#uploads")


def test_error_of_the_api_is_shown_with_the_file(page: Page, tmp_path: Path) -> None:
    page.sign_in()
    page.stub.failures["documents"] = (429, "Too many documents today.")
    page.choose(text_file(tmp_path, "a.txt"))
    page.reads('[data-upload="failed"]', "Too many documents today.")


def test_stages_appear_live(page: Page) -> None:
    page.sign_in()
    id = page.stub.create("live.pdf")["id"]
    for reached, stage in enumerate(["received", "extracted", "classified"], 1):
        page.stub.change(id, stage=stage)
        page.find(page.row(id, f'[data-stage="{stage}"][data-status="working"]'))
        expected = ["done"] * (reached + 1) + ["current"] + ["todo"] * (3 - reached)
        assert page.steps(id) == expected
    page.stub.change(id, stage="done", status="done", **{"class": "invoice"})
    page.find(page.row(id, '[data-status="done"]'))
    assert page.steps(id) == ["done"] * 5
    page.reads(page.row(id, " .badge"), "Invoice")


@pytest.mark.parametrize(
    ("end", "text", "steps"),
    [
        (
            {"stage": "received", "status": "failed",
             "reason": {"code": "Timeout", "message": "Took too long.", "stage": "extracted"}},
            "Took too long.",
            ["done", "done", "failed", "todo", "todo"],
        ),
        (
            {"stage": "uploading", "status": "rejected",
             "reason": {"code": "Encrypted", "message": "Needs a password.", "stage": "received"}},
            "Needs a password.",
            ["done", "failed", "todo", "todo", "todo"],
        ),
        (
            {"stage": "received", "status": "duplicate", "duplicate_of": "01JOTHER"},
            "The same content is here already.",
            ["done", "done", "todo", "todo", "todo"],
        ),
    ],
)  # fmt: skip
def test_other_ends_show_their_reason(
    page: Page, end: dict[str, object], text: str, steps: list[str]
) -> None:
    page.sign_in()
    id = page.stub.create("odd.pdf", **end)["id"]
    page.reads(page.row(id, f'[data-status="{end["status"]}"] .reason'), text)
    assert page.steps(id) == steps


def test_news_out_of_order_do_not_set_a_document_back(page: Page) -> None:
    page.sign_in()
    stub = page.stub
    first = stub.create("late.pdf")
    id = first["id"]
    stub.change(id, stage="received")
    failed = stub.change(id, status="failed", reason={"code": "X", "message": "No."})
    again = stub.change(id, status="working", run=2, reason=None)
    for late in (failed, first):
        stub.push({"type": "document", "document": late})
    gone = stub.create("gone.pdf")
    stub.delete(gone["id"])
    stub.push({"type": "document", "document": gone})
    last = stub.create("last.pdf")
    page.find(page.row(last["id"]))
    row = page.find(page.row(id))
    assert [row.get_attribute(f"data-{name}") for name in ("run", "status", "stage")] == [
        str(again["run"]), "working", "received",
    ]  # fmt: skip
    assert page.all(page.row(gone["id"])) == []


def test_after_a_break_the_page_catches_up(page: Page) -> None:
    stub = page.stub
    kept, lost = stub.create("kept.pdf")["id"], stub.create("lost.pdf")["id"]
    page.sign_in()
    page.find(page.row(lost))
    with stub.offline():
        page.find('[data-connection="offline"], [data-connection="connecting"]')
        stub.change(kept, stage="done", status="done")
        stub.delete(lost)
        new = stub.create("new.pdf")["id"]
    page.wait_live()
    page.find(page.row(kept, '[data-status="done"]'))
    page.find(page.row(new))
    page.gone(page.row(lost))
    stub.change(new, stage="extracted")
    page.find(page.row(new, '[data-stage="extracted"]'))


def read_document(stub: Stub) -> str:
    document = stub.create(
        "invoice.pdf", stage="done", status="done", kind="pdf", pages=2, language="de",
        confidence=0.93, sha256="ab" * 32,
        fields={"total": "119.00", "parties": ["Ann", "Bob"], "lines": [{"item": "Tea"}]},
        **{"class": "invoice"},
    )  # fmt: skip
    stub.texts[document["id"]] = ["Rechnung für Tee <script>alert(1)</script>", "Zweite Seite"]
    return str(document["id"])


def test_opening_a_document_shows_all_of_it(page: Page) -> None:
    id = read_document(page.stub)
    page.sign_in()
    page.find(page.row(id, " a")).click()
    page.reads("#detail-heading", "invoice.pdf")
    page.reads('#detail [data-field="total"]', "119.00")
    page.reads('#detail [data-field="parties"]', "Ann, Bob")
    page.reads('#detail [data-field="lines"]', "Tea")
    page.reads('#detail [data-page="1"]', "Rechnung für Tee <script>alert(1)</script>")
    page.reads('#detail [data-page="2"]', "Zweite Seite")
    page.reads('#detail [data-step="extracted"]', "240 ms")
    page.reads("#detail", "German")
    assert len(page.all("#detail [data-audit]")) == 5
    image = page.find("#detail .thumbnail img")
    page.wait(lambda: image.get_property("naturalWidth"))
    page.browser.back()
    page.gone("#detail")
    page.wait(lambda: page.browser.switch_to.active_element.text == "invoice.pdf")


def test_escape_closes_and_an_address_opens(page: Page) -> None:
    id = read_document(page.stub)
    page.sign_in(f"#document={id}")
    page.reads('#detail [data-field="total"]', "119.00")
    page.browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    page.gone("#detail")
    assert page.browser.current_url == page.stub.page


def test_address_that_cannot_be_decoded_does_not_stop_the_page(page: Page) -> None:
    page.stub.create("kept.txt")
    page.sign_in()
    page.browser.get(page.stub.page + "#document=%")
    page.browser.refresh()
    page.reads("#document-list", "kept.txt")
    page.wait_live()


def test_original_opens_in_a_tab_of_its_own(page: Page) -> None:
    id = read_document(page.stub)
    page.sign_in(f"#document={id}")
    browser = page.browser
    first = browser.current_window_handle
    page.find('[data-action="original"]').click()
    page.wait(lambda: len(browser.window_handles) == 2)
    browser.switch_to.window(next(each for each in browser.window_handles if each != first))
    page.reads("body", f"the original /original/{id}")
    assert browser.execute_script("return window.opener") is None
    browser.close()
    browser.switch_to.window(first)


def test_open_document_follows_its_stages_and_can_be_retried(page: Page) -> None:
    reason = {"code": "Timeout", "message": "Took too long.", "stage": "extracted"}
    id = page.stub.create("slow.pdf", stage="received", status="failed", reason=reason)["id"]
    page.sign_in(f"#document={id}")
    page.reads('#detail [data-reason="Timeout"]', "Took too long.")
    page.find('[data-action="retry"]').click()
    page.find('#detail[data-status="working"]')
    page.gone('[data-action="retry"]')
    page.stub.texts[id] = ["Read at last"]
    page.stub.change(id, stage="done", status="done")
    page.find('#detail[data-status="done"]')
    page.reads('#detail [data-page="1"]', "Read at last")


def test_retry_that_is_refused_says_why(page: Page) -> None:
    id = page.stub.create("slow.pdf", stage="received", status="failed")["id"]
    page.stub.failures[f"documents/{id}/retry"] = (409, "It is not failed.")
    page.sign_in(f"#document={id}")
    page.find('[data-action="retry"]').click()
    page.reads("#detail [role=alert]", "It is not failed.")


def test_deleting_asks_first(page: Page) -> None:
    id = read_document(page.stub)
    page.sign_in(f"#document={id}")
    page.find('[data-action="delete"]').click()
    page.reads("#confirm-text", "invoice.pdf")
    page.find("#confirm [value=cancel]").click()
    page.gone("#confirm")
    assert id in page.stub.documents
    page.find('[data-action="delete"]').click()
    page.find("#confirm-delete").click()
    page.gone("#detail")
    page.gone(page.row(id))
    assert page.stub.documents == {}


def test_search_marks_the_words_and_opens_a_hit(page: Page) -> None:
    id = read_document(page.stub)
    page.sign_in()
    page.find("#search-words").send_keys("rechnung")
    page.reads("#hits-summary", "1 document")
    page.reads(f'[data-hit-id="{id}"] .snippet', "Rechnung für Tee <script>alert(1)</script>")
    assert [mark.text for mark in page.all("#hits mark")] == ["Rechnung"]
    assert page.all("#documents") == []
    page.find(f'[data-hit-id="{id}"] a').click()
    page.reads("#detail-heading", "invoice.pdf")
    page.find("#search-words").send_keys(Keys.CONTROL, "a", Keys.BACKSPACE)
    page.find("#documents")


def test_search_without_hits_and_with_an_error(page: Page) -> None:
    page.sign_in()
    page.find("#search-words").send_keys("nowhere")
    page.reads("#hits-summary", "Nothing for “nowhere”.")
    page.stub.failures["search"] = (503, "The index is being built.")
    page.find("#search-words").send_keys(" else")
    page.reads("#hits-summary", "The index is being built.")


def test_list_goes_on_page_by_page(page: Page) -> None:
    for number in range(120):
        page.stub.create(f"{number}.txt")
    page.sign_in()
    for shown in (50, 100, 120):
        page.reads("#list-summary", f"{shown} documents shown")
        if shown < 120:
            page.find("#more").click()
    page.gone("#more")
    names = page.browser.execute_script(
        "return [...document.querySelectorAll('#document-list a')].map(a => a.textContent)"
    )
    assert names == [f"{number}.txt" for number in reversed(range(120))]


def test_list_that_cannot_be_had_says_why(page: Page) -> None:
    page.stub.failures["documents"] = (500, "The table is away.")
    page.open(f"#key={KEY}")
    page.reads("#list-error", "The table is away.")


def test_markup_in_a_name_is_text(page: Page) -> None:
    id = page.stub.create(EVIL, stage="received", status="failed", reason={
        "code": "X", "message": EVIL, "stage": "extracted"})["id"]  # fmt: skip
    page.stub.texts[id] = [EVIL]
    page.sign_in(f"#document={id}")
    page.reads(page.row(id, " a"), EVIL)
    page.reads("#detail-heading", EVIL)
    page.reads('#detail [data-page="1"]', EVIL)
    page.find("#search-words").send_keys("bold")
    page.reads(f'[data-hit-id="{id}"] .snippet', EVIL)
    found = page.browser.find_elements(By.CSS_SELECTOR, "#desk b, #desk img[src=x]")
    assert found == []
    assert page.browser.title.startswith("Documents")


@pytest.mark.parametrize("width", [360, 1600])
def test_nothing_sticks_out(page: Page, width: int) -> None:
    id = read_document(page.stub)
    page.stub.create("a-name-without-a-place-to-break-" * 6 + ".pdf")
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False})  # fmt: skip
    fits = "return document.documentElement.scrollWidth <= innerWidth"
    try:
        page.sign_in()
        page.find(page.row(id))
        assert page.browser.execute_script(fits)
        page.sign_in(f"#document={id}")
        page.reads('#detail [data-field="total"]', "119.00")
        assert page.browser.execute_script(fits)
    finally:
        page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
