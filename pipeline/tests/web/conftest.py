"""A headless browser for all tests of the page, and a stub of the API for each."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from .page import Page
from .stub import Stub, running


@pytest.fixture(scope="session")
def browser() -> Iterator[Chrome]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("needs chromium and chromedriver (Debian: apt-get install chromium-driver)")
    options = ChromeOptions()
    options.binary_location = chromium
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--lang=en"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with Chrome(options=options, service=ChromeService(driver)) as chrome:
        yield chrome


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
