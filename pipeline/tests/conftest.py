"""What the tests of the running pipeline share."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from eventmill.testing import TestEngine, engine

PIPELINE = Path(__file__).parents[1]
if str(PIPELINE / "src") not in sys.path:
    sys.path.insert(0, str(PIPELINE / "src"))


def load(name: str) -> ModuleType:
    """A module of pipeline/samples."""
    folder = str(PIPELINE / "samples")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module(name)


@pytest.fixture(scope="session")
def demo() -> ModuleType:
    return load("demo")


@pytest.fixture(scope="session")
def app() -> Iterator[TestEngine]:
    """One engine with the pipeline deployed, for all journeys."""
    with engine() as running:
        running.deploy(PIPELINE / "template.yaml", {"SignInLink": "shown"})
        yield running


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample documents as files."""
    folder = tmp_path_factory.mktemp("samples")
    load("make").make(folder)
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Chrome]:
    """A headless browser."""
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
