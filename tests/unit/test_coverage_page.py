"""The page that lists what is covered says what the code says."""

from __future__ import annotations

from pathlib import Path

from eventmill.cli.coverage import page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "coverage.md"


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text() == "\n".join(page()) + "\n", "run `make docs`"
