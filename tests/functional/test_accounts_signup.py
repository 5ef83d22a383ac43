"""Signing up gives nothing away, proves the address, and lets nobody prepare an account for somebody else."""

from __future__ import annotations

import re
import threading
import unicodedata

import pytest
from people import Browser, House
from webtest import Form, TestResponse

from senfcall_avv.db import session_scope
from tests.factories.accounts import OTHER_PASSWORD, PASSWORD

LONG = (
    "Zwölf laute Eulen zählen nachts die Wolken über dem See, "
    "bis eine vergisst, wo sie angefangen hat. Dann lachen alle, und gut is."
)


def without_traces(page: TestResponse) -> str:
    """Give a page without what differs from one request to the next."""
    return re.sub(r'value="[A-Za-z0-9_-]{20,}"|to=[A-Za-z0-9_-]+|[A-Z0-9]{4}-[A-Z0-9]{4}', "", page.text)


def test_known_new_and_unconfirmed_addresses_get_the_same_answer(house: House) -> None:
    house.account("known@example.org")
    house.account("unconfirmed@example.org", confirmed=False)
    pages = []
    for name in ("known", "unconfirmed", "new"):
        browser = house.browser()
        answer = browser.sign_up(f"{name}@example.org")
        assert answer.status_int == 303
        page = answer.follow()
        pages.append(without_traces(page).replace(f"{name[0]}…@", "…@"))
    assert pages[0] == pages[1] == pages[2]
    assert [mail["message"] for mail in house.mails(to="known@example.org")] == ["known_address"]
    assert [mail["message"] for mail in house.mails(to="unconfirmed@example.org")] == ["confirm"]
    assert [mail["message"] for mail in house.mails(to="new@example.org")] == ["confirm"]


def test_signing_up_for_an_account_that_exists_changes_nothing_in_it(house: House) -> None:
    house.account()
    house.browser().sign_up(password=OTHER_PASSWORD, name="Jemand")
    browser = house.browser()
    browser.log_in(password=OTHER_PASSWORD, status=400)
    browser.log_in()
    assert "Jemand" not in browser.get("/account").text


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_the_link_changes_nothing(house: House, method: str) -> None:
    browser = house.browser()
    browser.sign_up()
    link = house.link("confirm")
    for _ in range(3):
        assert house.browser("198.51.100.9").request(link, method=method).status_int == 200
    assert "account.confirmed" not in house.audit()
    assert browser.confirm().location == "http://localhost/organizations"
    assert browser.logged_in


def test_the_page_of_the_link_has_one_button_and_no_field(house: House) -> None:
    browser = house.browser()
    browser.sign_up()
    form = browser.get(house.link("confirm")).forms["form"]
    assert set(form.fields) == {"csrf_token", "confirm"}


def test_a_link_works_once(house: House) -> None:
    browser = house.browser()
    browser.sign_up()
    link = house.link("confirm")
    page = browser.get(link)
    browser.send(page, "confirm")
    assert "Schon bestätigt." in browser.get(link).text
    again = house.browser()
    assert again.post(link, {"csrf_token": again.token, "confirm": "1"}, status=303).location.endswith("/login")
    assert house.audit().count("account.confirmed") == 1


def test_two_presses_at_once_confirm_once(house: House) -> None:
    browser = house.browser()
    browser.sign_up()
    page = browser.get(house.link("confirm"))
    token, path = page.forms["form"]["csrf_token"].value, page.request.path_qs
    cookies = {cookie.name: cookie.value for cookie in browser.cookiejar}
    others = [house.browser() for _ in range(4)]
    for other in others:
        for name, value in cookies.items():
            other.set_cookie(name, value)
    ready = threading.Barrier(len(others))
    answers = []

    def press(other: Browser) -> None:
        ready.wait()
        answers.append(other.post(path, {"csrf_token": token, "confirm": "1"}, status="*").location)

    threads = [threading.Thread(target=press, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(location == "http://localhost/organizations" for location in answers) == 1
    assert house.audit().count("account.confirmed") == 1


def test_an_expired_link_offers_a_new_one(house: House) -> None:
    browser = house.browser()
    browser.sign_up()
    link = house.link("confirm")
    house.wait(hours=25)
    page = browser.send(browser.get(link), "again").follow()
    assert "Wir haben einen neuen geschickt." in page.text
    assert house.link("confirm") != link
    browser.confirm()
    assert browser.logged_in


@pytest.mark.parametrize(
    "spoil", [lambda link: link[:-1], str.upper, lambda link: link + "A", lambda _: "/confirm?token="]
)
def test_a_damaged_link_is_unknown(house: House, spoil: object) -> None:
    browser = house.browser()
    browser.sign_up()
    path = spoil(house.link("confirm"))  # type: ignore[operator]  # one of the functions above
    page = browser.get(path.replace("/CONFIRM?TOKEN", "/confirm?token"))
    assert "Diesen Link kennen wir nicht" in page.text


def test_a_sign_up_by_a_stranger_does_not_outlive_the_owners(house: House) -> None:
    attacker, owner = house.browser("198.51.100.9"), house.browser()
    attacker.sign_up(password=OTHER_PASSWORD, name="Angreifer")
    planted = house.link("confirm")
    owner.sign_up()
    assert "Dieser Link gilt nicht mehr." in owner.get(planted).text
    owner.confirm()
    assert "Angreifer" not in owner.get("/account").text
    attacker.log_in(password=OTHER_PASSWORD, status=400)
    assert not attacker.logged_in


def test_pressing_the_button_of_a_strangers_sign_up_needs_the_strangers_password(house: House) -> None:
    house.browser("198.51.100.9").sign_up(password=OTHER_PASSWORD)
    owner = house.browser()
    page = owner.get(house.link("confirm"))
    answer = owner.send(page, "confirm", status=400, password=PASSWORD)
    assert "Das Passwort stimmt nicht." in answer.text
    assert "account.confirmed" not in house.audit()


def test_another_browser_confirms_with_the_password(house: House) -> None:
    house.browser().sign_up()
    phone = house.browser("198.51.100.9")
    phone.send(phone.get(house.link("confirm")), "confirm", password=PASSWORD)
    assert phone.logged_in


def test_sending_again_happens_once_a_minute_and_five_times_an_hour(house: House) -> None:
    browser = house.browser()
    page = browser.sign_up().follow()
    for _ in range(3):
        page = _again(page).submit().follow()
    assert len(house.mails("confirm")) == 1
    for _ in range(8):
        house.wait(minutes=2)
        page = _again(page).submit().follow()
    assert len(house.mails("confirm")) == 5


def _again(page: TestResponse) -> Form:
    return next(form for form in page.forms.values() if form.action == "")


def test_programs_that_fill_in_every_field_get_no_account(house: House) -> None:
    browser = house.browser()
    answer = browser.sign_up(website="https://example.org")
    assert answer.follow().status_int == 200
    assert house.mails() == []


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("elf Zeichen", "mindestens 12 Zeichen"),
        ("Zwölf4&Zeich", None),
        (LONG, None),
        (LONG + "y", "höchstens 128 Zeichen"),
        ("a" * 40, "Listen häufiger Passwörter"),
        ("passwortpasswort", "Listen häufiger Passwörter"),
        ("Willkommen2026", "Listen häufiger Passwörter"),
        ("lena@example.org", "fast nur aus deinem Namen"),
        ("Lena Muster 1990", "fast nur aus deinem Namen"),
        ("🦊🌻🎈🎉🎊🎋🎍🎎🎏🎐🎑🍄", None),
        ("  vorn und hinten Leerzeichen  ", None),
        ("vier\0grüne Tassen fliegen", "nicht lesen"),
    ],
)
def test_what_a_password_must_be(house: House, password: str, words: str | None) -> None:
    browser = house.browser()
    page = browser.sign_up_with(password)
    if words is None:
        assert page.status_int == 303
        browser.confirm()
        again = house.browser()
        again.log_in(password=password)
        assert again.logged_in
    else:
        assert page.status_int == 400
        assert words in page.text
        assert house.mails() == []


def test_a_password_is_the_same_from_every_keyboard_and_spaces_count(house: House) -> None:
    composed = unicodedata.normalize("NFC", " Müßige Bären größer ")
    house.account(password=composed)
    browser = house.browser()
    browser.log_in(password=unicodedata.normalize("NFD", composed))
    assert browser.logged_in
    house.browser().log_in(password=composed.strip(), status=400)


@pytest.mark.parametrize(
    "address",
    [
        "a@b.de\n@c.de", "a@b", "a@b.de,c@d.de", '"x y"@b.de', "a@[127.0.0.1]", "a@b.de>",
        "a" * 250 + "@b.de", "a%0a@b.de", "ä@example.org", "a\0@b.de",
    ],
)  # fmt: skip
def test_what_is_no_address(house: House, address: str) -> None:
    page = house.browser().sign_up_with(PASSWORD, address)
    assert page.status_int == 400
    assert house.mails() == []


def test_one_address_is_one_account_in_every_spelling(house: House) -> None:
    house.browser().sign_up("A@Bücher.example.org")
    assert [mail["to"] for mail in house.mails("confirm")] == ["a@xn--bcher-kva.example.org"]
    browser = house.browser()
    browser.sign_up("a@xn--bcher-kva.example.org")
    browser.confirm("a@xn--bcher-kva.example.org")
    assert browser.logged_in
    with_capitals = house.browser()
    with_capitals.log_in("A@BÜCHER.example.org")
    assert with_capitals.logged_in


def test_a_form_takes_its_own_fields_only(house: House) -> None:
    browser = house.browser()
    form = browser.get("/signup").forms["form"]
    form["email"], form["password"], form["name"] = "lena@example.org", PASSWORD, "Lena"
    form["form-language"] = "de"
    extra = [("role", "operator"), ("confirmed_at", "2020-01-01"), ("email_confirmed", "1"), ("id", "x" * 22)]
    answer = browser.post("/signup", [*form.submit_fields("signup"), *extra], status="*")
    assert answer.status_int == 303
    house.browser().log_in(status=400)
    browser.confirm()
    assert browser.get("/review", status="*").status_int == 404
    with session_scope(house.factory, write=False) as session:
        assert house.find(session).id != "x" * 22


def test_a_network_signs_up_thirty_times_an_hour(house: House) -> None:
    browser = house.browser()
    for number in range(30):
        browser.sign_up(f"person{number}@example.org")
    form = browser.get("/signup").forms["form"]
    form["email"], form["password"], form["name"] = "late@example.org", PASSWORD, "Lena"
    form["form-language"] = "de"
    answer = form.submit("signup", status=429)
    assert answer.headers["Retry-After"] == "3601"
    assert house.mails(to="late@example.org") == []
    assert '"accounts.limited"' in house.log.getvalue()
    house.browser("198.51.100.9").sign_up("elsewhere@example.org")
    assert house.mails(to="elsewhere@example.org")
