"""Setting a new password by mail: says nothing, logs nobody in, leaves the second factor, ends everything else."""

from __future__ import annotations

import re

import pytest
from people import House

from tests.factories.accounts import OTHER_PASSWORD, PASSWORD, code_of


def test_known_and_unknown_addresses_get_the_same_answer(house: House) -> None:
    house.account()
    house.account("unconfirmed@example.org", confirmed=False)
    pages = set()
    for email in ("lena@example.org", "nobody@example.org", "unconfirmed@example.org"):
        page = house.browser().fill("/reset", "ask", email=email).follow()
        pages.add(re.sub(r'value="[A-Za-z0-9_-]{20,}"', "", page.text))
    assert len(pages) == 1
    assert [(mail["message"], mail["to"]) for mail in house.mails()] == [("reset", "lena@example.org")]


def test_there_is_no_sixth_mail_in_an_hour_and_the_fifth_stays_good(house: House) -> None:
    house.account()
    browser = house.browser()
    for _ in range(6):
        house.wait(minutes=1)
        assert browser.fill("/reset", "ask", email="lena@example.org").location == "http://localhost/reset?sent=1"
    assert len(house.mails("reset")) == 5
    browser.fill(house.link("reset"), "reset", password=OTHER_PASSWORD)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example.org"}, 400),
        ({"X-Forwarded-Host": "evil.example.org"}, 303),
        ({"Forwarded": "host=evil.example.org"}, 303),
    ],
)
def test_the_link_names_our_address_whatever_the_request_says(
    house: House, headers: dict[str, str], status: int
) -> None:
    house.account()
    form = house.browser().get("/reset").forms["form"]
    form["email"] = "lena@example.org"
    form.submit("ask", headers=headers, status=status)
    assert [mail["link"].partition("/reset")[0] for mail in house.mails("reset")] == ["http://localhost"] * (
        status == 303
    )


def asked(house: House, email: str = "lena@example.org") -> str:
    house.browser().fill("/reset", "ask", email=email)
    return house.link("reset", email)


def is_over(house: House, link: str) -> bool:
    page = house.browser().get(link)
    return "Dieser Link gilt nicht mehr." in page.text and "form" not in page.forms


def test_a_link_works_once(house: House) -> None:
    house.account()
    link = asked(house)
    browser = house.browser()
    browser.fill(link, "reset", password=OTHER_PASSWORD)
    assert is_over(house, link)


def test_a_link_is_void_after_a_newer_one_and_after_half_an_hour(house: House) -> None:
    house.account()
    older = asked(house)
    house.wait(minutes=1)
    newer = asked(house)
    assert is_over(house, older)
    assert not is_over(house, newer)
    house.wait(minutes=31)
    assert is_over(house, newer)


def test_a_link_is_void_once_the_password_was_changed(house: House) -> None:
    house.account()
    link = asked(house)
    browser = house.browser()
    browser.log_in()
    browser.fill("/account/password", "save", old=PASSWORD, new=OTHER_PASSWORD)
    assert is_over(house, link)


@pytest.mark.parametrize(
    "spoil", [lambda value: value[:-1], str.upper, str.lower, lambda value: value + "=", lambda _: "x"]
)
def test_a_damaged_token_is_worth_nothing(house: House, spoil: object) -> None:
    house.account()
    token = asked(house).partition("=")[2]
    assert is_over(house, f"/reset?token={spoil(token)}")  # type: ignore[operator]  # one of the functions above


def test_a_token_is_good_for_its_own_purpose_only(house: House) -> None:
    house.account()
    token = asked(house).partition("=")[2]
    assert "Diesen Link kennen wir nicht" in house.browser().get(f"/confirm?token={token}").text
    assert "Diesen Link kennen wir nicht" in house.browser().get(f"/confirm?address={token}").text
    house.browser().sign_up("new@example.org")
    assert is_over(house, f"/reset?token={house.link('confirm', 'new@example.org').partition('=')[2]}")


def test_looking_at_the_link_changes_nothing(house: House) -> None:
    house.account()
    link = asked(house)
    for _ in range(3):
        house.browser().get(link)
        house.browser().request(link, method="HEAD")
    house.browser().fill(link, "reset", password=OTHER_PASSWORD)


def test_a_reset_ends_all_sessions_logs_nobody_in_and_keeps_the_second_factor(house: House) -> None:
    key = house.account(authenticator=True)
    old = house.browser("198.51.100.9")
    old.log_in_with_code(key)
    house.wait(minutes=1)
    browser = house.browser()
    answer = browser.fill(asked(house), "reset", password=OTHER_PASSWORD)
    assert answer.location == "http://localhost/login"
    assert not browser.logged_in
    assert not old.logged_in
    browser.log_in(status=400)
    assert browser.log_in(password=OTHER_PASSWORD).location == "http://localhost/login/second-factor"
    assert not browser.logged_in
    browser.fill("/login/second-factor", "check", code=code_of(key, house.now))
    assert browser.logged_in
    assert house.mails("password_changed")[-1]["to"] == "lena@example.org"


def test_a_weak_new_password_keeps_the_link(house: House) -> None:
    house.account()
    link = asked(house)
    browser = house.browser()
    page = browser.fill(link, "reset", status=400, password="passwortpasswort")
    assert "Listen häufiger Passwörter" in page.text
    browser.send(page, "reset", password=OTHER_PASSWORD)
    browser.log_in(password=OTHER_PASSWORD)


def test_a_changed_password_leaves_this_session_and_ends_the_others(house: House) -> None:
    house.account()
    here, there = house.browser(), house.browser("198.51.100.9")
    here.log_in()
    there.log_in()
    before = here.session_cookie
    here.fill("/account/password", "save", status=400, old=OTHER_PASSWORD, new=OTHER_PASSWORD)
    here.fill("/account/password", "save", old=PASSWORD, new=OTHER_PASSWORD)
    assert here.logged_in
    assert here.session_cookie != before
    assert not there.logged_in
    there.log_in(status=400)


def test_a_new_address_counts_once_its_link_was_used(house: House) -> None:
    house.account()
    browser = house.browser()
    browser.log_in()
    browser.fill("/account/email", "save", email="neu@example.org")
    link = house.link("email_confirm", "neu@example.org")
    house.browser().log_in(email="neu@example.org", status=400)
    house.browser().get(link)
    answer = browser.send(browser.get(link), "confirm")
    assert answer.location == "http://localhost/login"
    assert not browser.logged_in
    browser.log_in(status=400)
    browser.log_in("neu@example.org")
    assert browser.logged_in
    assert sorted(mail["to"] for mail in house.mails("email_changed")) == ["lena@example.org", "neu@example.org"]
    assert "n…@example[.]org" in house.mails("email_changed")[0]["masked_new"]


def test_asking_for_an_address_that_is_taken_looks_the_same_and_changes_nothing(house: House) -> None:
    house.account()
    house.account("taken@example.org")
    browser = house.browser()
    browser.log_in()
    answer = browser.fill("/account/email", "save", email="taken@example.org")
    assert "t…@example.org" in answer.follow().text
    assert [mail["message"] for mail in house.mails(to="taken@example.org")] == ["known_address"]
    assert house.mails("email_confirm") == []


def test_an_address_that_was_taken_meanwhile_stays_its_owners(house: House) -> None:
    house.account()
    browser = house.browser()
    browser.log_in()
    browser.fill("/account/email", "save", email="neu@example.org")
    other = house.browser("198.51.100.9")
    other.sign_up("neu@example.org", OTHER_PASSWORD)
    other.confirm("neu@example.org")
    answer = browser.post(house.link("email_confirm"), {"csrf_token": browser.token, "confirm": "1"}, status="*")
    assert answer.status_int == 303
    assert browser.logged_in
    assert other.logged_in
