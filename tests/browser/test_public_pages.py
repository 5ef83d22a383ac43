"""The public pages in a real browser: axe, both widths, light and dark, narrow windows, keyboard, script off."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Literal

import pytest
from browser.conftest import SCHEMES, WIDTHS, Visit
from listening import serving
from people import opened_house

from senfcall_avv.public.resources import addresses

PAGES = [
    *(path for path in addresses() if not path.startswith(("/help/", "/.well-known", "/api.json"))),
    *("/help/nextcloud", "/help/discourse"),
    "/check?status=yes&proof=older&frontend=have&authority=no&kind=none",
    "/check?status=yes&proof=exemption&frontend=have&authority=yes&kind=none",
    "/check?status=yes&proof=exemption&frontend=have&authority=yes&kind=school",
]
FAILING = {"/check?status=yes": 400, "/help/nosuch": 404}
EVERY = [(path, 200) for path in PAGES] + list(FAILING.items())
Open = Callable[..., Visit]


@pytest.fixture(scope="module")
def portal_url(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[str]:
    """Where the whole portal is served."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        url = f"http://127.0.0.1:{opened.getsockname()[1]}"
        with opened_house(tmp_path_factory.mktemp("house"), migrated_sqlite, url) as house, serving(house.edge, opened):
            yield url


@pytest.fixture
def window(visit: Open, portal_url: str) -> Open:
    """Opens a window before the portal, as ``visit`` does before the frame alone."""
    return lambda *args, **more: visit(*args, **more)._replace(base=portal_url)


@pytest.mark.parametrize(("page", "width", "scheme"), list(product(EVERY, WIDTHS, SCHEMES)), ids=str)
def test_axe_finds_nothing(window: Open, page: tuple[str, int], width: int, scheme: Literal["light", "dark"]) -> None:
    opened = window(width, scheme)
    opened.open(*page)
    assert opened.violations() == []
    assert opened.overflow() <= 0
    assert opened.too_small() == []


@pytest.mark.parametrize("page", EVERY, ids=str)
def test_axe_finds_nothing_with_all_parts_open_in_english(window: Open, page: tuple[str, int]) -> None:
    opened = window(390, language="en-GB")
    opened.open(*page).evaluate("document.querySelectorAll('main details').forEach(part => { part.open = true })")
    assert opened.violations() == []
    assert opened.overflow() <= 0


@pytest.mark.parametrize("page", EVERY, ids=str)
def test_nothing_is_wider_than_the_smallest_window(window: Open, page: tuple[str, int]) -> None:
    opened = window(320)
    opened.open(*page)
    assert opened.overflow() <= 0


def test_the_self_check_is_done_by_keyboard_alone_without_script(window: Open) -> None:
    page = window(script=False).open("/check")
    for name in ("status", "proof", "frontend", "authority", "kind"):
        page.locator(f"input[name={name}]").first.focus()
        page.keyboard.press("Space")
    page.locator("#kind-school").focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Das sieht gut aus.").wait_for()
    assert "kind=none" in page.url


def test_answers_to_frequent_questions_open_without_script(window: Open) -> None:
    page = window(script=False).open("/")
    answer = page.get_by_text("Senfcall lebt von Spenden")
    assert not answer.is_visible()
    page.get_by_text("Was kostet es?").click()
    assert answer.is_visible()


def test_in_print_no_navigation_is_left(window: Open) -> None:
    page = window().open("/terms")
    page.emulate_media(media="print")
    assert not page.locator("nav.main").is_visible()
    assert not page.locator(".contents").is_visible()
    assert page.get_by_role("heading", name="Was nicht geht").is_visible()
