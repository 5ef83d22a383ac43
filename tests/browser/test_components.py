"""Every part of the frame in a real browser: axe, narrow windows, keyboard, script off, nothing against the policy."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Literal

import pytest
from browser.conftest import SCHEMES, WIDTHS, Visit

PAGES = {
    "components": ("/devtools/components", 200),
    "form": ("/devtools/form", 200),
    "messages": ("/devtools/say", 200),
    **{
        f"error {status}": (f"/devtools/fail?status={status}", status) for status in (400, 404, 409, 413, 429, 500, 503)
    },
}
EVERY = list(product(PAGES, WIDTHS, SCHEMES))
Open = Callable[..., Visit]


def faulty(visit: Visit) -> Visit:
    """Open the form and send it empty."""
    visit.may_refuse("/devtools/form")
    page = visit.open("/devtools/form")
    page.get_by_role("button", name="Speichern und weiter").last.click()
    page.locator(".problems").wait_for()
    return visit


@pytest.mark.parametrize(("name", "width", "scheme"), EVERY, ids=lambda value: str(value).replace(" ", "-"))
def test_axe_finds_nothing(visit: Open, name: str, width: int, scheme: Literal["light", "dark"]) -> None:
    window = visit(width, scheme)
    window.open(*PAGES[name])
    assert window.violations() == []
    assert window.overflow() <= 0
    assert window.too_small() == []


@pytest.mark.parametrize(("width", "scheme"), list(product(WIDTHS, SCHEMES)))
def test_axe_finds_nothing_in_a_form_with_errors(visit: Open, width: int, scheme: Literal["light", "dark"]) -> None:
    window = faulty(visit(width, scheme))
    assert window.violations() == []
    assert window.overflow() <= 0


def test_axe_finds_what_is_wrong(visit: Open) -> None:
    """Else a run without findings would say nothing."""
    window = visit()
    window.open("/devtools/form").evaluate("document.querySelector('label').remove()")
    assert [found.partition(":")[0] for found in window.violations()] == ["label-title-only", "label"]
    window.page.evaluate(
        "document.body.append(Object.assign(document.createElement('p'), {id: 'wide', textContent: 'x'}))"
    )
    window.page.evaluate("document.getElementById('wide').attributeStyleMap.set('min-width', CSS.px(5000))")
    assert window.overflow() > 3000


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_the_smallest_window(visit: Open, name: str) -> None:
    window = visit(320)
    window.open(*PAGES[name])
    assert window.overflow() <= 0


@pytest.mark.parametrize("name", ["components", "form", "error 404"])
def test_pages_are_usable_in_english(visit: Open, name: str) -> None:
    window = visit(390, language="en-GB")
    page = window.open(*PAGES[name])
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("summary", has_text="Menu").is_visible()


@pytest.mark.parametrize("script", [True, False])
def test_the_error_summary_has_the_focus_and_its_links_lead_to_the_controls(visit: Open, script: bool) -> None:
    page = faulty(visit(script=script)).page
    assert page.title().startswith("Fehler: ")
    if script:  # without it, nothing can be asked of the page
        assert page.evaluate("document.activeElement.className") == "problems"
    for target in ("form-email", "form-kind-0", "form-declared"):
        link = page.locator(f".problems a[href='#{target}']")
        link.click()
        assert page.url.endswith(f"#{target}")
        if script:
            assert page.evaluate("document.activeElement.id") == target


def test_everything_is_reached_by_keyboard_and_shows_its_focus(visit: Open) -> None:
    page = visit().open("/devtools/form")
    stops = page.evaluate("[...document.querySelectorAll('a, button, input, select, textarea')].filter("
                          "e => e.checkVisibility() && e.tabIndex >= 0 && e.type != 'hidden').length")  # fmt: skip
    seen = set()
    for _press in range(stops + 5):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.outerHTML.slice(0, 200)"))
        ring = page.evaluate(
            "(s => [s.outlineStyle, parseFloat(s.outlineWidth)])(getComputedStyle(document.activeElement))"
        )
        assert ring == ["solid", 3], page.evaluate("document.activeElement.outerHTML")
        if page.evaluate("document.activeElement.id") == "form-declared":
            break
    assert page.evaluate("document.activeElement.id") == "form-declared"
    assert any('class="skip"' in stop for stop in seen)


def test_the_skip_link_leads_to_the_content(visit: Open) -> None:
    page = visit().open("/devtools/components")
    page.keyboard.press("Tab")
    assert page.get_by_role("link", name="Zum Inhalt").is_visible()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_enter_in_a_field_sends_the_form_and_removes_no_row(visit: Open) -> None:
    window = visit()
    window.may_refuse("/devtools/form")
    page = window.open("/devtools/form")
    page.get_by_role("button", name="Weitere Zeile").click()
    assert page.locator(".row-group").count() == 2
    page.locator("#form-name").fill("Verein")
    page.locator("#form-name").press("Enter")
    page.locator(".problems").wait_for()
    assert page.locator(".row-group").count() == 2
    assert page.locator("#form-name").input_value() == "Verein"


@pytest.mark.parametrize("script", [True, False])
def test_menu_and_sub_navigation_open_on_a_phone(visit: Open, script: bool) -> None:
    page = visit(390, script=script).open("/devtools/form")
    assert not page.locator("nav.main").is_visible()
    page.locator(".menu > summary").click()
    assert page.locator(".menu .lang").is_visible()
    page.locator(".fold > summary").click()
    page.locator(".fold a", has_text="Bausteine").click()
    assert page.locator("h1").inner_text() == "Bausteine"


@pytest.mark.parametrize("script", [True, False])
def test_the_language_switch_works_and_keeps_the_page(visit: Open, script: bool) -> None:
    page = visit(script=script).open("/devtools/form?x=1")
    page.locator("nav.main .lang button").click()
    page.wait_for_url("**/devtools/form?x=1")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("nav.main .lang [aria-current]").inner_text() == "English"


def test_values_are_copied_and_that_is_said(visit: Open) -> None:
    window = visit(permissions=["clipboard-read", "clipboard-write"])
    page = window.open("/devtools/components")
    button = page.get_by_role("button", name="Adresse kopieren")
    button.click()
    page.get_by_role("button", name="Kopiert").wait_for()
    assert page.locator("#address-said").inner_text() == "Kopiert"
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#address").inner_text()


def test_without_script_no_button_is_shown_that_needs_it(visit: Open) -> None:
    page = visit(script=False).open("/devtools/components")
    assert page.locator("[data-copy]").count() == 1
    assert not page.locator("[data-copy]").is_visible()


def test_a_double_click_sends_once(visit: Open) -> None:
    page = visit().open("/devtools/form")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.evaluate("const f = document.querySelector('nav.main .lang'); f.requestSubmit(f.querySelector('button')); "
                  "f.requestSubmit(f.querySelector('button'))")  # fmt: skip
    page.wait_for_load_state("networkidle")
    assert sent.count("POST") == 1


def test_tables_become_cards_with_their_labels_on_a_phone(visit: Open) -> None:
    page = visit(390).open("/devtools/components")
    cell = page.locator("td[data-label='Anzahl']").first
    assert cell.evaluate("e => getComputedStyle(e, '::before').content") == '"Anzahl"'
    assert cell.evaluate("e => getComputedStyle(e).display") == "grid"
    wide = visit(1280).open("/devtools/components")
    assert wide.locator("td[data-label='Anzahl']").first.evaluate("e => getComputedStyle(e).display") == "table-cell"


def test_what_the_policy_forbids_is_stopped_and_noticed(visit: Open) -> None:
    """The policy is in force, not only sent."""
    window = visit()
    page = window.open("/devtools/form")
    blocked = page.evaluate(
        """() => new Promise(done => {
            document.addEventListener('securitypolicyviolation', e => done(e.effectiveDirective));
            document.body.insertAdjacentHTML('beforeend', '<img src="https://evil.example/x.png" alt="">');
        })"""
    )
    assert blocked == "img-src"
    assert ["Content Security Policy" in fault for fault in window.faults] == [True]
    window.faults.clear()
