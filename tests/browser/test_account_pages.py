"""The pages of accounts in a real browser: axe, both widths, and passkeys with a device that Chromium plays."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from browser.conftest import WIDTHS, Visit
from listening import serving
from people import House, opened_house

from tests.factories.accounts import PASSWORD

PUBLIC = ("/signup", "/login", "/reset", "/reset?token=x", "/confirm?token=x")
OWN = (
    "/account", "/account/password", "/account/email", "/account/second-factor", "/account/passkeys",
    "/account/sessions", "/account/export", "/account/delete", "/login/confirm?next=/account",
)  # fmt: skip
DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip
Open = Callable[..., Visit]


@pytest.fixture
def house(tmp_path: Path, migrated_sqlite: Path) -> Iterator[House]:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        # Not by number: passkeys belong to a name.
        url = f"http://localhost:{opened.getsockname()[1]}"
        with opened_house(tmp_path, migrated_sqlite, url) as made, serving(made.edge, opened):
            made.account()
            yield made


@pytest.fixture
def window(visit: Open, house: House) -> Open:
    return lambda *args, **more: visit(*args, **more)._replace(base=house.url)


def log_in(window: Visit) -> None:
    page = window.open("/login?next=/account")
    page.fill("[name=email]", "lena@example.org")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/account")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(window: Open, width: int, scheme: Literal["light", "dark"]) -> None:
    opened = window(width, scheme)
    found = {}
    for path in PUBLIC:
        opened.open(path)
        found[path] = [*opened.violations(), *opened.too_small(), opened.overflow()]
    log_in(opened)
    for path in OWN:
        opened.open(path)
        found[path] = [*opened.violations(), *opened.too_small(), opened.overflow()]
    assert found == {path: [0] for path in (*PUBLIC, *OWN)}


def test_errors_are_summed_up_and_lead_to_their_fields(window: Open) -> None:
    opened = window()
    opened.may_refuse("/signup")
    page = opened.open("/signup")
    page.fill("[name=password]", "kurz")
    page.press("[name=password]", "Enter")
    page.wait_for_selector(".problems")
    assert page.title().startswith("Fehler: ")
    assert opened.violations() == []
    assert page.evaluate("document.activeElement.className") == "problems"


def test_a_passkey_is_added_logs_in_and_confirms(window: Open, house: House) -> None:
    opened = window()
    log_in(opened)
    page = opened.page
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    opened.open("/account/passkeys")
    page.fill("[name=name]", "Laptop")
    page.click("form[data-passkey] button")
    page.wait_for_selector(".codes")
    assert opened.violations() == []
    page.click("a.go")
    page.wait_for_selector("text=Laptop")
    assert opened.violations() == []
    page.context.clear_cookies()
    opened.open("/login?next=/account/sessions")
    page.click("form[data-passkey] button")
    page.wait_for_url(f"{house.url}/account/sessions")
    house.wait(minutes=6)
    opened.open("/account/delete")
    page.click("form[data-passkey] button")
    page.wait_for_url(f"{house.url}/account/delete")
    assert house.audit().count("account.logged_in") == 2


def test_without_script_passkeys_stay_out_of_the_way(window: Open) -> None:
    opened = window(script=False)
    log_in(opened)
    page = opened.open("/account/passkeys")
    assert (
        page.locator("noscript").inner_text()
        == "Dafür braucht es JavaScript. Ohne geht die Authenticator-App genauso gut."
    )
    assert not page.locator("form[data-passkey] button").is_visible()
