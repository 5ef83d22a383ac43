"""Passkeys: adding, using at each place, and everything that must be refused."""

from __future__ import annotations

from typing import Any

import pytest
from authenticator import Authenticator
from people import Browser, House

from senfcall_avv.accounts.models import Role
from senfcall_avv.db import session_scope
from tests.factories.accounts import code_of

FAILED = "Der Passkey hat nicht funktioniert."


def challenge(browser: Browser, path: str = "/login/passkey-challenge") -> dict[str, str]:
    answer: dict[str, str] = browser.post(path, {"csrf_token": browser.token}).json
    return answer


def add(browser: Browser, device: Authenticator, name: str = "Telefon") -> Any:
    asked = challenge(browser, "/account/passkey-challenge")
    fields = {"challenge": asked["challenge"], "answer": device.register(asked["options"]), "name": name}
    return browser.post("/account/passkeys", {"csrf_token": browser.token, **fields}, status="*")


def use(
    browser: Browser, device: Authenticator, asked: dict[str, str] | None = None, path: str = "/login/passkey"
) -> Any:
    asked = asked or challenge(browser)
    fields = {"challenge": asked["challenge"], "answer": device.sign(asked["options"])}
    return browser.post(path, {"csrf_token": browser.token, **fields}, status="*")


@pytest.fixture
def device(house: House) -> Authenticator:
    return Authenticator(house.url)


@pytest.fixture
def lena(house: House, device: Authenticator) -> Browser:
    """A browser of somebody with a passkey, logged in."""
    house.account()
    browser = house.browser()
    browser.log_in()
    assert "Wiederherstellungscodes" in add(browser, device).text
    return browser


def test_a_passkey_is_listed_told_and_logs_in_with_both_factors(
    house: House, lena: Browser, device: Authenticator
) -> None:
    assert "Telefon" in lena.get("/account/passkeys").text
    assert "Passkey" in house.mails("factor_changed")[-1]["what"]
    other = house.browser()
    assert use(other, device).location == "http://localhost/organizations"
    assert other.logged_in


def test_after_the_password_a_passkey_is_the_second_step(house: House, lena: Browser, device: Authenticator) -> None:
    other = house.browser()
    assert other.log_in().location == "http://localhost/login/second-factor"
    use(other, device)
    assert other.logged_in


def test_a_passkey_confirms_sensitive_acts(house: House, lena: Browser, device: Authenticator) -> None:
    house.wait(minutes=6)
    assert "/login/confirm" in lena.get("/account/delete").location
    assert use(lena, device, path="/login/passkey?next=/account/delete").location == "http://localhost/account/delete"
    assert lena.get("/account/delete").status_int == 200


def test_somebody_elses_passkey_is_no_second_step(house: House, lena: Browser) -> None:
    house.account("other@example.org")
    foreign = Authenticator(house.url)
    other = house.browser()
    other.log_in("other@example.org")
    add(other, foreign)
    half = house.browser()
    half.log_in()
    answer = use(half, foreign)
    assert FAILED in answer.follow().text
    assert not half.logged_in


@pytest.mark.parametrize("spoil", ["origin", "site", "verified"])
def test_what_a_device_says_must_be_right(house: House, lena: Browser, device: Authenticator, spoil: str) -> None:
    wrong = {"origin": "https://evil.example.org", "site": "evil.example.org", "verified": False}
    setattr(device, spoil, wrong[spoil])
    other = house.browser()
    assert FAILED in use(other, device).follow().text
    assert not other.logged_in


def test_an_answer_is_good_once(house: House, lena: Browser, device: Authenticator) -> None:
    other = house.browser()
    asked = challenge(other)
    fields = {"challenge": asked["challenge"], "answer": device.sign(asked["options"])}
    other.post("/login/passkey", {"csrf_token": other.token, **fields})
    assert other.logged_in
    other.press(other.get("/account"), "/logout")
    other.post("/login/passkey", {"csrf_token": other.token, **fields})
    assert not other.logged_in


def test_a_counter_that_falls_behind_means_a_copied_key(house: House, lena: Browser, device: Authenticator) -> None:
    device.count = 7
    use(house.browser(), device)
    device.count = 4
    other = house.browser()
    assert FAILED in use(other, device).follow().text
    assert not other.logged_in


def test_a_device_that_does_not_count_is_fine(house: House, lena: Browser, device: Authenticator) -> None:
    for _ in range(2):
        device.count = -1
        other = house.browser()
        use(other, device)
        assert other.logged_in


def test_a_challenge_ends_after_five_minutes(house: House, lena: Browser, device: Authenticator) -> None:
    other = house.browser()
    asked = challenge(other)
    house.wait(minutes=5)
    use(other, device, asked)
    assert not other.logged_in


def test_a_challenge_of_another_browser_is_worth_nothing(house: House, lena: Browser, device: Authenticator) -> None:
    asked = challenge(house.browser())
    other = house.browser()
    challenge(other)
    use(other, device, asked)
    assert not other.logged_in


def test_a_challenge_is_good_for_its_purpose_only(house: House, lena: Browser, device: Authenticator) -> None:
    other = house.browser()
    asked = challenge(other)
    other.log_in()
    use(other, device, asked)
    assert not other.logged_in


@pytest.mark.parametrize("answer", ["", "x", "[]", "{}", '{"rawId":"%%"}', '{"rawId":7}', "{" * 20_000, "\ud800"])
def test_what_no_device_says_is_refused_in_words(house: House, lena: Browser, answer: str) -> None:
    other = house.browser()
    asked = challenge(other)
    fields = {
        "csrf_token": other.token,
        "challenge": asked["challenge"],
        "answer": answer.encode(errors="replace").decode(),
    }
    assert FAILED in other.post("/login/passkey", fields).follow().text


def test_a_known_key_is_not_added_twice(house: House, lena: Browser, device: Authenticator) -> None:
    assert FAILED in add(lena, device).follow().text


def test_removing_a_passkey_ends_its_use(house: House, lena: Browser, device: Authenticator) -> None:
    page = lena.get("/account/passkeys")
    button = next(form for form in page.forms.values() if "remove" in form.fields)
    assert button.submit("remove").follow().status_int == 200
    other = house.browser()
    use(other, device)
    assert not other.logged_in
    lena.log_in_again()
    assert lena.logged_in


def test_nobody_removes_a_passkey_of_somebody_else(house: House, lena: Browser, device: Authenticator) -> None:
    page = lena.get("/account/passkeys")
    wanted = next(form for form in page.forms.values() if "remove" in form.fields)["remove"]
    house.account("other@example.org")
    other = house.browser()
    other.log_in("other@example.org")
    other.post("/account/passkeys", {"csrf_token": other.token, "remove": str(wanted._value)})
    assert "Telefon" in lena.get("/account/passkeys").text


def test_the_last_factor_of_staff_stays(house: House, device: Authenticator) -> None:
    key = house.account(roles=(Role.REVIEWER,), authenticator=True)
    browser = house.browser()
    browser.log_in_with_code(key)
    add(browser, device)
    browser.fill("/account/second-factor", "remove")
    page = browser.get("/account/passkeys")
    button = next(form for form in page.forms.values() if "remove" in form.fields)
    assert "Das ist dein letzter zweiter Faktor." in button.submit("remove").follow().text
    assert use(house.browser(), device).status_int == 303


def test_a_locked_account_has_no_passkeys(house: House, lena: Browser, device: Authenticator) -> None:
    with session_scope(house.factory) as session:
        house.find(session).locked_at = house.now
    other = house.browser()
    use(other, device)
    assert not other.logged_in


def test_asking_for_challenges_has_a_limit(house: House) -> None:
    browser = house.browser()
    token = browser.token
    for _ in range(100):
        browser.post("/login/passkey-challenge", {"csrf_token": token})
    browser.post("/login/passkey-challenge", {"csrf_token": token}, status=429)


def test_without_script_the_pages_say_so_and_nothing_breaks(house: House) -> None:
    key = house.account(authenticator=True)
    browser = house.browser()
    browser.log_in()
    browser.fill("/login/second-factor", "check", code=code_of(key, house.now))
    page = browser.get("/account/passkeys")
    assert "Dafür braucht es JavaScript." in page.text
    assert 'hidden="hidden"' in page.text


def test_logging_in_by_passkey_is_recorded(house: House, lena: Browser, device: Authenticator) -> None:
    use(house.browser(), device)
    assert house.audit() == ["account.logged_in", "account.factor_added", "account.logged_in"]
