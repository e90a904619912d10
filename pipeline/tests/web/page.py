"""The page as its tests use it."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from .stub import KEY, Stub

T = TypeVar("T")
WITHIN = 15


class Page:
    """Elements are named by CSS selectors; each `wait` fails after `WITHIN` seconds."""

    def __init__(self, browser: Chrome, stub: Stub) -> None:
        self.browser = browser
        self.stub = stub

    def open(self, fragment: str = "") -> None:
        self.browser.get("about:blank")
        self.browser.get(self.stub.page + fragment)

    def sign_in(self, fragment: str = "") -> None:
        """By the key in the address, then waits until the page is live."""
        self.open(f"#key={quote(KEY, safe='+')}")
        self.wait_live()
        if fragment:
            self.browser.get(self.stub.page + fragment)

    def wait_live(self) -> None:
        self.find('[data-connection="live"]')

    def wait(self, condition: Callable[[], T], message: str = "") -> T:
        waiting = WebDriverWait(
            self.browser, WITHIN, 0.05, ignored_exceptions=[StaleElementReferenceException]
        )
        return waiting.until(lambda _: condition(), message)

    def all(self, selector: str) -> list[WebElement]:
        found = self.browser.find_elements(By.CSS_SELECTOR, selector)
        return [element for element in found if element.is_displayed()]

    def find(self, selector: str) -> WebElement:
        """The first visible one, once there is one."""
        return self.wait(lambda: self.all(selector), f"no {selector}")[0]

    def gone(self, selector: str) -> None:
        self.wait(lambda: not self.all(selector), f"{selector} is still there")

    def reads(self, selector: str, text: str) -> None:
        self.wait(
            lambda: any(text in element.text for element in self.all(selector)),
            f"{selector} does not read {text!r}",
        )

    def choose(self, *files: Path) -> None:
        field = self.browser.find_element(By.ID, "files")
        field.send_keys("\n".join(str(file) for file in files))

    def row(self, id: str, more: str = "") -> str:
        """The selector of a document's row."""
        return f'#document-list [data-document-id="{id}"]{more}'

    def steps(self, id: str) -> list[str]:
        """The state of each step in a document's row; read anew when it is redrawn meanwhile."""
        return self.wait(
            lambda: [
                element.get_attribute("data-state") or ""
                for element in self.all(self.row(id, " [data-step]"))
            ]
        )
