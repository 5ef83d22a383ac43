"""Logging in: one answer for every failure, guesses are slowed down, the right person gets in."""

from __future__ import annotations

import re

import pytest
from people import Browser, House

from senfcall_avv.accounts import services_deletion
from senfcall_avv.accounts.models import Role
from senfcall_avv.accounts.password import Passwords
from senfcall_avv.audit.services import SYSTEM
from senfcall_avv.db import session_scope
from senfcall_avv.settings import AccountSettings
from tests.factories.accounts import OTHER_PASSWORD, PASSWORD

WRONG = "E-Mail-Adresse oder Passwort stimmt nicht."


def test_every_failure_has_the_same_answer(house: House) -> None:
    house.account()
    house.account("unconfirmed@example.org", confirmed=False)
    house.account("locked@example.org")
    with session_scope(house.factory) as session:
        services_deletion.lock(session, house.find(session, "locked@example.org"), SYSTEM, house.now)
    tries = {
        "lena@example.org": OTHER_PASSWORD,
        "nobody@example.org": PASSWORD,
        "unconfirmed@example.org": PASSWORD,
        "locked@example.org": PASSWORD,
        "no address": PASSWORD,
    }
    pages = set()
    for email, password in tries.items():
        page = house.browser().fill("/login", "login", status=400, email=email, password=password)
        assert WRONG in page.text
        assert password not in page.text
        pages.add(re.sub(r'value="[A-Za-z0-9_-]{20,}"', "", page.text).replace(email, ""))
    assert len(pages) == 1


def fail(browser: Browser, times: int, email: str = "lena@example.org") -> None:
    for _ in range(times):
        browser.log_in(email, OTHER_PASSWORD, status=400)


@pytest.mark.parametrize("email", ["lena@example.org", "nobody@example.org"])
def test_ten_failures_delay_the_next_try_whoever_it_is(house: House, email: str) -> None:
    house.account()
    browser = house.browser()
    fail(browser, 10, email)
    page = browser.log_in(email, status=429)
    assert "Ab 13:00 Uhr geht es weiter." in page.text
    assert page.headers["Retry-After"] == "31"
    house.wait(seconds=31)
    browser.log_in(email, status=303 if email == "lena@example.org" else 400)


def test_the_delay_grows_to_a_quarter_of_an_hour(house: House) -> None:
    browser = house.browser()
    waits = []
    fail(browser, 10)
    for _ in range(4):
        page = browser.log_in(status=429)
        waits.append(int(page.headers["Retry-After"]) - 1)
        house.wait(seconds=waits[-1])
        fail(browser, 1)
    assert waits == [30, 60, 120, 240]


def test_other_networks_and_known_devices_are_not_delayed(house: House) -> None:
    house.account()
    own = house.browser()
    own.log_in()
    attacker = house.browser()
    fail(attacker, 10)
    attacker.log_in(status=429)
    own.press(own.get("/account"), "/logout")
    own.log_in()
    assert own.logged_in
    elsewhere = house.browser("198.51.100.9")
    elsewhere.log_in()
    assert elsewhere.logged_in


def test_guessing_from_a_known_device_is_delayed_too(house: House) -> None:
    house.account()
    own = house.browser()
    own.log_in()
    own.press(own.get("/account"), "/logout")
    fail(own, 10)
    own.log_in(status=429)


def test_the_owner_is_told_once_of_failed_log_ins(house: House) -> None:
    house.account()
    browser = house.browser()
    fail(browser, 9)
    assert house.mails("failed_logins") == []
    fail(browser, 1)
    house.wait(seconds=31)
    fail(browser, 1)
    assert [mail["count"] for mail in house.mails("failed_logins")] == ["10"]


@pytest.mark.parametrize("forwarded", [False, True])
def test_a_network_that_sprays_is_limited_whatever_it_says_about_itself(house: House, forwarded: bool) -> None:
    house.account()
    browser = house.browser()
    form = browser.get("/login").forms["form"]
    for number in range(100):
        form["email"], form["password"] = f"person{number}@example.org", OTHER_PASSWORD
        headers = {"X-Forwarded-For": f"203.0.113.{number}"} if forwarded else {}
        form.submit("login", status=400, headers=headers)
    form["email"], form["password"] = "lena@example.org", PASSWORD
    form.submit("login", status=429)
    assert '"event": "accounts.limited"' in house.log.getvalue()
    assert "192.0.2.7" not in house.log.getvalue()
    other = house.browser("198.51.100.9")
    other.log_in()
    assert other.logged_in


def test_an_id_that_somebody_planted_is_replaced(house: House) -> None:
    house.account()
    browser = house.browser()
    planted = "x" * 43
    browser.set_cookie("session", planted)
    browser.log_in()
    assert browser.session_cookie not in {None, planted}
    other = house.browser()
    other.set_cookie("session", planted)
    assert not other.logged_in


def test_logging_in_again_ends_the_former_session_of_the_browser(house: House) -> None:
    house.account()
    browser = house.browser()
    browser.log_in()
    former = browser.session_cookie
    browser.cookiejar.clear()
    browser.set_cookie("session", str(former))
    house.wait(hours=9)
    browser.log_in()
    copy = house.browser()
    copy.set_cookie("session", str(former))
    assert not copy.logged_in
    assert house.sessions() == 1


def test_a_copied_cookie_ends_with_the_log_out(house: House) -> None:
    house.account()
    browser, copy = house.browser(), house.browser()
    browser.log_in()
    copy.set_cookie("session", str(browser.session_cookie))
    assert copy.logged_in
    answer = browser.press(browser.get("/account"), "/logout")
    assert answer.location == "http://localhost/"
    assert not copy.logged_in


@pytest.mark.parametrize(
    ("staff", "rest", "alive"),
    [
        (False, {"hours": 7, "minutes": 59}, True),
        (False, {"hours": 8}, False),
        (True, {"minutes": 59}, True),
        (True, {"minutes": 60}, False),
    ],
)
def test_a_session_ends_by_idling(house: House, staff: bool, rest: dict[str, float], alive: bool) -> None:
    browser = house.browser()
    if staff:
        key = house.account(roles=(Role.REVIEWER,), authenticator=True)
        browser.log_in_with_code(key)
    else:
        house.account()
        browser.log_in()
    assert browser.logged_in
    house.wait(**rest)
    assert browser.logged_in is alive


def test_every_session_ends_after_a_day_however_busy(house: House) -> None:
    house.account()
    browser = house.browser()
    browser.log_in()
    for _ in range(23):
        house.wait(hours=1)
        assert browser.logged_in
    house.wait(hours=1)
    assert not browser.logged_in


def test_a_role_that_comes_or_goes_ends_the_sessions(house: House) -> None:
    key = house.account(authenticator=True)
    browser = house.browser()
    browser.log_in_with_code(key)
    house.hire("lena@example.org", Role.REVIEWER)
    assert not browser.logged_in


def test_locking_an_account_ends_its_sessions_at_once(house: House) -> None:
    house.account()
    browser = house.browser()
    browser.log_in()
    with session_scope(house.factory) as session:
        services_deletion.lock(session, house.find(session), SYSTEM, house.now)
    assert not browser.logged_in
    browser.log_in(status=400)


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example.org", "https:evil.example.org", "/\\evil.example.org", "%09//evil.example.org",
        " //evil.example.org", "/x/..//evil.example.org", "javascript:1", "/b/KEY/bigbluebutton/api/join?x=1",
        "https://evil.example.org/", "/account\r\nX-Header: 1",
    ],
)  # fmt: skip
def test_after_the_log_in_nobody_is_led_elsewhere(house: House, target: str) -> None:
    house.account()
    browser = house.browser()
    page = browser.get("/login", {"next": target})
    answer = browser.send(page, "login", email="lena@example.org", password=PASSWORD)
    assert answer.location == "http://localhost/"


def test_after_the_log_in_somebody_is_where_she_wanted_to_be(house: House) -> None:
    house.account()
    browser = house.browser()
    page = browser.get("/account/sessions?x=1")
    assert page.location == "http://localhost/login?next=/account/sessions%3Fx%3D1"
    answer = browser.send(page.follow(), "login", email="lena@example.org", password=PASSWORD)
    assert answer.location == "http://localhost/account/sessions?x=1"


def test_a_new_device_is_told_to_its_owner_but_not_the_first(house: House) -> None:
    house.account()
    first = house.browser()
    first.log_in()
    first.log_in_again()
    assert house.mails("new_device") == []
    house.browser("198.51.100.9").log_in()
    assert [mail["device"] for mail in house.mails("new_device")] == ["Firefox · Linux"]


def test_a_hash_made_with_weaker_parameters_is_renewed_at_the_log_in(house: House) -> None:
    house.account()
    with session_scope(house.factory) as session:
        weaker = Passwords(AccountSettings(hash_kib=16, hash_passes=2, hash_lanes=1)).hash(PASSWORD)
        house.find(session).password_hash = weaker
    house.browser().log_in()
    with session_scope(house.factory, write=False) as session:
        renewed = house.find(session).password_hash
    assert "m=8,t=1" in renewed
    again = house.browser()
    again.log_in()
    assert again.logged_in
