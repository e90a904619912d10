"""A stub of the API for each test of the page."""

from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver import Chrome

from .page import Page
from .stub import Stub, running


def console(browser: Any) -> list[dict[str, Any]]:
    """What was written since the last call; Selenium leaves this method without types."""
    return list(browser.get_log("browser"))


@pytest.fixture
def stub() -> Iterator[Stub]:
    with running() as playing:
        yield playing


@pytest.fixture
def page(browser: Chrome, stub: Stub) -> Iterator[Page]:
    """The page, at a size where list and document stand side by side; whatever a test did with
    it, its console holds no script error and no breach of the Content-Security-Policy."""
    browser.set_window_size(1400, 1000)
    console(browser)
    yield Page(browser, stub)
    complaints = [
        entry["message"]
        for entry in console(browser)
        if "Uncaught" in entry["message"] or "Content Security Policy" in entry["message"]
    ]
    browser.get("about:blank")
    assert complaints == []
