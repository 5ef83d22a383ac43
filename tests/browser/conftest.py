"""A real browser before the real pages: Debian's Chromium, driven by playwright, checked by axe.

Whatever a page writes to the console, every exception of a script and every line about the content security policy
fails the test, at its end.
"""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import pytest
from framed import framed_edge
from listening import serving
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

CHROMIUM: Final = shutil.which("chromium")
AXE: Final = Path(__file__).parents[1] / "node" / "node_modules" / "axe-core" / "axe.min.js"
TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
WIDTHS: Final = (1280, 390)
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
FLAGS: Final = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-quic",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.chromium)


class Visit(NamedTuple):
    """A window of a browser, and what went wrong in it."""

    page: Page
    base: str
    faults: list[str]
    """What the browser complained about so far. What is left of it at the end fails the test."""
    refused: set[str]
    """Addresses of pages that may be answered with an error: Chromium writes that to the console."""

    def open(self, path: str, status: int = 200) -> Page:
        """Go to a page, and assert how it is answered."""
        if status >= 400:
            self.may_refuse(path)
        answer = self.page.goto(self.base + path)
        assert answer is not None
        assert answer.status == status
        return self.page

    def may_refuse(self, path: str) -> None:
        """Say that this page may be answered with an error."""
        self.refused.add(self.base + path)

    def violations(self) -> list[str]:
        """Run axe over the page as it is now; name each broken rule with the elements that break it."""
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", list(TAGS))
        return [
            f"{rule['id']}: {' | '.join(str(node['target']) for node in rule['nodes'])} ({rule['help']})"
            for rule in found["violations"]
        ]

    def overflow(self) -> int:
        """Give how many pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def too_small(self, least: int = 24) -> list[str]:
        """Name what can be pressed and is smaller than it may be; links in lines of text have the lines' distance."""
        return list(self.page.evaluate(SMALL, least))


SMALL: Final = """least => [...document.querySelectorAll('a, button, input, select, textarea, summary')]
  .filter(e => e.checkVisibility() && e.type !== 'hidden' && !e.closest('.vh, .skip'))
  .filter(e => !(e.tagName === 'A' && getComputedStyle(e).display === 'inline' && e.closest('main, footer p')))
  .filter(e => { const box = e.getBoundingClientRect(); return box.width < least || box.height < least })
  .map(e => e.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None or not AXE.exists():
        pytest.skip("Pages are tried in a browser where Debian's chromium and tests/node's packages are installed.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def frame_url() -> Iterator[str]:
    """Where the frame is served, with the pages of ``/devtools``."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        url = f"http://127.0.0.1:{opened.getsockname()[1]}"
        with serving(framed_edge(url), opened):
            yield url


@pytest.fixture
def visit(chromium: Browser, frame_url: str) -> Iterator[Callable[..., Visit]]:
    """Opens a window: ``visit(width=390, scheme="dark", language="en-GB", script=False)``."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def make(
        width: int = 1280,
        scheme: Literal["light", "dark"] = "light",
        language: str = "de-DE",
        *,
        script: bool = True,
        **more: Any,
    ) -> Visit:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            locale=language,
            java_script_enabled=script,
            **more,
        )
        contexts.append(context)
        page = context.new_page()
        refused: set[str] = set()

        def heard(message: ConsoleMessage) -> None:
            expected = message.location["url"] in refused and message.text.startswith("Failed to load resource")
            if not expected:
                faults.append(f"console: {message.text} ({message.location['url']})")

        page.on("console", heard)
        page.on("pageerror", lambda error: faults.append(f"script: {error}"))
        return Visit(page, frame_url, faults, refused)

    yield make
    for context in contexts:
        context.close()
    assert faults == []
