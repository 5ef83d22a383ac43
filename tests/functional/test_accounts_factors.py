"""The second factor: codes that work once, recovery codes, and what is closed until it was shown."""

from __future__ import annotations

import re
import threading

import pytest
from people import Browser, House

from senfcall_avv.accounts import two_factor
from senfcall_avv.accounts.models import Role
from senfcall_avv.db import session_scope
from tests.factories.accounts import PASSWORD, code_of

STEP = "/login/second-factor"


def fullwidth(code: str) -> str:
    return "".join(chr(ord(digit) - ord("0") + ord("０")) for digit in code)


@pytest.fixture
def key(house: House) -> str:
    return house.account(authenticator=True)


@pytest.fixture
def half(house: House, key: str) -> Browser:
    """A browser that has shown the password."""
    browser = house.browser()
    browser.log_in()
    return browser


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_the_codes_beside_the_present_one_count(house: House, half: Browser, key: str, steps: int) -> None:
    half.fill(STEP, "check", code=code_of(key, house.now, steps))
    assert half.logged_in


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key, now: code_of(key, now, 2),
        lambda key, now: code_of(key, now, -2),
        lambda key, now: fullwidth(code_of(key, now)),
        lambda key, now: code_of(key, now) + "0",
        lambda key, now: code_of(key, now)[:5],
        lambda key, now: code_of(key, now)[:3] + "\u00a0" + code_of(key, now)[3:],
    ],
)
def test_what_is_no_code_of_now(house: House, half: Browser, key: str, spoil: object) -> None:
    page = half.fill(STEP, "check", status=400, code=spoil(key, house.now))  # type: ignore[operator]  # see above
    assert "Der Code stimmt nicht." in page.text
    assert not half.logged_in


def test_spaces_in_a_code_do_not_matter(house: House, half: Browser, key: str) -> None:
    code = code_of(key, house.now)
    half.fill(STEP, "check", code=f"{code[:3]} {code[3:]}")
    assert half.logged_in


def test_a_code_works_once_and_none_before_it(house: House, half: Browser, key: str) -> None:
    half.fill(STEP, "check", code=code_of(key, house.now))
    other = house.browser()
    other.log_in()
    other.fill(STEP, "check", status=400, code=code_of(key, house.now))
    other.fill(STEP, "check", status=400, code=code_of(key, house.now, -1))
    other.fill(STEP, "check", code=code_of(key, house.now, 1))
    assert other.logged_in


def test_after_five_wrong_codes_nobody_is_judged_for_five_minutes(house: House, half: Browser, key: str) -> None:
    for _ in range(5):
        half.fill(STEP, "check", status=400, code="000000")
    page = half.fill(STEP, "check", status=429, code=code_of(key, house.now))
    assert page.headers["Retry-After"] == "301"
    elsewhere = house.browser("198.51.100.9")
    elsewhere.log_in()
    elsewhere.fill(STEP, "check", status=429, code=code_of(key, house.now))
    house.wait(minutes=5)
    half.fill(STEP, "check", code=code_of(key, house.now))
    assert half.logged_in


def test_wrong_codes_of_a_stranger_do_not_lock_out_the_known_device(house: House, key: str) -> None:
    own = house.browser()
    own.log_in_with_code(key)
    own.press(own.get("/account"), "/logout")
    stranger = house.browser("198.51.100.9")
    stranger.log_in()
    for _ in range(5):
        stranger.fill(STEP, "check", status=400, code="000000")
    house.wait(seconds=30)
    own.log_in_with_code(key)
    assert own.logged_in


def codes_for(house: House) -> list[str]:
    with session_scope(house.factory) as session:
        return two_factor.new_recovery_codes(session, house.find(session).id, house.now)


def test_a_recovery_code_works_once_and_its_owner_is_told(house: House, half: Browser) -> None:
    code = codes_for(house)[3]
    half.fill(STEP, "check", code=code.upper().replace("-", " "))
    assert half.logged_in
    assert "Wiederherstellungscode" in house.mails("factor_changed")[-1]["what"]
    other = house.browser()
    other.log_in()
    other.fill(STEP, "check", status=400, code=code)


def test_new_recovery_codes_make_the_old_ones_worthless(house: House, half: Browser) -> None:
    old, new = codes_for(house), codes_for(house)
    half.fill(STEP, "check", status=400, code=old[0])
    half.fill(STEP, "check", code=new[0])


def test_a_recovery_code_used_twice_at_once_lets_one_in(house: House, key: str) -> None:
    code = codes_for(house)[0]
    browsers = [house.browser() for _ in range(3)]
    pages = []
    for browser in browsers:
        browser.log_in()
        pages.append(browser.get(STEP).forms["form"]["csrf_token"].value)
    ready = threading.Barrier(len(browsers))

    def use(browser: Browser, token: str) -> None:
        ready.wait()
        browser.post(STEP, {"csrf_token": token, "code": code, "check": "1"}, status="*")

    threads = [threading.Thread(target=use, args=pair) for pair in zip(browsers, pages, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(browser.logged_in for browser in browsers) == 1


@pytest.mark.parametrize(
    "path", ["/account", "/account/export", "/account/sessions", "/organizations", "/login/confirm", "/review"]
)
def test_with_the_password_alone_every_page_leads_to_the_second_step(house: House, half: Browser, path: str) -> None:
    page = half.get(path, status="*")
    assert page.status_int == 404 or page.location.startswith("http://localhost/login")
    answer = half.post(path, {"csrf_token": half.token}, status="*")
    assert answer.status_int == 404 or answer.location.startswith("http://localhost/login")
    assert "account.exported" not in house.audit()


def test_the_second_step_must_not_take_longer_than_a_quarter_of_an_hour(house: House, half: Browser, key: str) -> None:
    house.wait(minutes=15)
    assert half.get(STEP).location == "http://localhost/login"


def test_the_id_changes_with_the_second_step(house: House, half: Browser, key: str) -> None:
    before = half.session_cookie
    half.fill(STEP, "check", code=code_of(key, house.now))
    assert half.session_cookie != before
    copy = house.browser()
    copy.set_cookie("session", str(before))
    assert not copy.logged_in
    assert copy.get(STEP).location == "http://localhost/login"


def shown_key(text: str) -> str:
    found = re.search(r'<code translate="no">([A-Z2-7 ]+)</code>', text)
    assert found
    return found[1].replace(" ", "")


def test_staff_without_a_second_factor_sets_one_up_before_anything_else(house: House) -> None:
    house.account(roles=(Role.OPERATOR,))
    browser = house.browser()
    page = browser.get("/login?next=/account/sessions")
    step = browser.send(page, "login", email="lena@example.org", password=PASSWORD).follow()
    assert "Im Team braucht jedes Konto einen zweiten Faktor." in step.text
    for path in ("/account", "/operations", "/review"):
        answer = browser.get(path, status="*")
        assert answer.status_int == 404 or answer.location.startswith("http://localhost/login")
    wrong = browser.send(step, "check", status=400, code="000000")
    key = shown_key(wrong.text)
    assert key == shown_key(step.text)
    page = browser.send(wrong, "check", status=200, code=code_of(key, house.now))
    assert len(re.findall(r"<code>[a-z2-7-]{19}</code>", page.text)) == 10
    assert page.click("Weiter").request.path == "/account/sessions"
    assert browser.logged_in


def test_staff_keeps_a_second_factor(house: House) -> None:
    key = house.account(roles=(Role.REVIEWER,), authenticator=True)
    browser = house.browser()
    browser.log_in_with_code(key)
    page = browser.fill("/account/second-factor", "remove", status=400)
    assert "Das ist dein letzter zweiter Faktor." in page.text
    assert browser.log_in_again().location.endswith(STEP)


def test_members_may_take_their_authenticator_away(house: House, key: str) -> None:
    browser = house.browser()
    browser.log_in_with_code(key)
    browser.fill("/account/second-factor", "remove")
    assert "entfernt" in house.mails("factor_changed")[-1]["what"]
    browser.log_in_again()
    assert browser.logged_in


def test_setting_up_an_authenticator_ends_the_other_sessions(house: House) -> None:
    house.account()
    here, there = house.browser(), house.browser("198.51.100.9")
    here.log_in()
    there.log_in()
    page = here.get("/account/second-factor")
    here.send(page, "add", status=200, code=code_of(shown_key(page.text), house.now))
    assert here.logged_in
    assert not there.logged_in


def test_a_key_of_another_account_or_an_old_page_is_not_set_up(house: House) -> None:
    house.account()
    house.account("other@example.org")
    mine, other = house.browser(), house.browser()
    mine.log_in()
    other.log_in("other@example.org")
    page, planted = mine.get("/account/second-factor"), other.get("/account/second-factor")
    form = page.forms["form"]
    form["key"].force_value(planted.forms["form"]["key"].value)
    form["code"] = code_of(shown_key(planted.text), house.now)
    form.submit("add", status=400)
    with session_scope(house.factory, write=False) as session:
        assert not two_factor.has_authenticator(session, house.find(session).id)


@pytest.mark.parametrize("path", ["/account/email", "/account/second-factor", "/account/passkeys", "/account/delete"])
def test_sensitive_pages_ask_for_the_password_after_five_minutes(house: House, path: str) -> None:
    house.account()
    browser = house.browser()
    browser.log_in()
    form_of = browser.get(path).forms
    token = form_of[0]["csrf_token"].value
    house.wait(minutes=5)
    asked = browser.get(path)
    assert asked.location.startswith("http://localhost/login/confirm?why=")
    posted = browser.post(path, {"csrf_token": token, "delete": "1", "add": "1"}, status=303)
    assert posted.location.startswith("http://localhost/login/confirm?why=")
    page = asked.follow()
    browser.send(page, "confirm", status=400, password="falsch falsch falsch")
    before = browser.session_cookie
    answer = browser.send(page, "confirm", password=PASSWORD)
    assert answer.location == f"http://localhost{path}"
    assert browser.session_cookie != before
    assert answer.follow().status_int == 200
