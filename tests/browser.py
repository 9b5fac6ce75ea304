"""A real headless browser for tests: the system's Chromium, driven by Playwright, whose own browsers cannot be had everywhere."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

_NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser that ends with the block."""
    from playwright.sync_api import sync_playwright

    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail(
            "These tests open pages in Chromium, which is not installed: apt-get install chromium fonts-noto-cjk"
        )
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        try:
            yield opened
        finally:
            opened.close()


class Watch:
    """What a page must not do, noted while it is open: say anything on the console, ask for anything, open a dialog."""

    def __init__(self, page: Page) -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", lambda dialog: (self.said.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: self.asked.append(request.url))

    @property
    def foreign(self) -> list[str]:
        """What was asked for elsewhere than on this disk; a picture inside the page is no request."""
        return [url for url in self.asked if not url.startswith(("file://", "data:"))]


@contextmanager
def opened(chromium: Browser, folder: Path, language: str) -> Iterator[Page]:
    """The manager's page of a company's folder, opened by its file; it may say nothing, and ask for nothing, until it is closed."""
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    watch = Watch(page)
    page.goto((folder / "report" / "index.html").as_uri())
    drawn(page, f"{language} trailing_12_months")
    yield page
    page.close()
    assert watch.said == []
    assert watch.foreign == []


def drawn(page: Page, state: str) -> None:
    """Wait until all charts show a language and period."""
    page.wait_for_selector(f"html[data-drawn='{state}']", state="attached")
