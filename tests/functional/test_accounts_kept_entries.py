"""An expired session loses nothing, and gives nobody else anything."""

from __future__ import annotations

import pytest
from people import Browser, House
from webtest import TestResponse

from tests.factories.accounts import PASSWORD, code_of

TYPED = {"name": "Lena Neu", "form-language": "de"}


@pytest.fixture
def late(house: House) -> Browser:
    """A browser whose session expires while somebody types."""
    house.account()
    browser = house.browser()
    browser.log_in()
    browser.page = browser.get("/account")
    house.wait(hours=9)
    return browser


def send_late(browser: Browser) -> TestResponse:
    return browser.send(browser.page, "save", status=200, **TYPED)


def test_what_was_typed_comes_back_after_the_log_in_and_is_saved(house: House, late: Browser) -> None:
    page = send_late(late)
    assert "Deine Eingaben gehen nicht verloren" in page.text
    shown = late.send(page, "login", status=200, email="lena@example.org", password=PASSWORD)
    assert "Deine Eingaben sind noch da" in shown.text
    assert "Lena Neu" in shown.text
    saved = next(form for form in shown.forms.values() if form.action == "/account").submit()
    assert saved.location == "http://localhost/account"
    assert "Lena Neu" in late.get("/account").text


def test_they_survive_a_mistyped_password(house: House, late: Browser) -> None:
    page = send_late(late)
    wrong = late.send(page, "login", status=400, email="lena@example.org", password="falsch falsch")
    shown = late.send(wrong, "login", status=200, email="lena@example.org", password=PASSWORD)
    assert "Lena Neu" in shown.text


def test_they_go_along_through_the_second_step(house: House) -> None:
    key = house.account(authenticator=True)
    browser = house.browser()
    browser.log_in_with_code(key)
    browser.page = browser.get("/account")
    house.wait(hours=9)
    page = send_late(browser)
    step = browser.send(page, "login", status=200, email="lena@example.org", password=PASSWORD)
    wrong = browser.send(step, "check", status=400, code="000000")
    assert wrong.request.path == "/login/second-factor"
    shown = browser.send(wrong, "check", status=200, code=code_of(key, house.now))
    assert "Lena Neu" in shown.text


def test_another_account_does_not_get_them(house: House, late: Browser) -> None:
    house.account("other@example.org")
    answer = late.send(send_late(late), "login", email="other@example.org", password=PASSWORD)
    assert answer.status_int == 303
    assert "Lena Neu" not in late.get("/account").text


def test_after_an_hour_they_are_gone(house: House, late: Browser) -> None:
    page = send_late(late)
    house.wait(hours=1)
    assert late.send(page, "login", email="lena@example.org", password=PASSWORD).status_int == 303


def test_without_an_expired_session_nothing_is_kept(house: House) -> None:
    house.account()
    browser = house.browser()
    answer = browser.post("/account", {"csrf_token": browser.token, **TYPED}, status="*")
    assert answer.location == "http://localhost/login"


def test_after_a_log_out_nothing_is_kept(house: House, late: Browser) -> None:
    late.log_in()
    page = late.get("/account")
    late.press(page, "/logout")
    assert late.send(page, "save", **TYPED).location == "http://localhost/login"


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example.org"}, {"Origin": "null"}, {"Origin": "", "Referer": ""}]
)
def test_a_form_from_elsewhere_is_not_kept(house: House, late: Browser, headers: dict[str, str]) -> None:
    form = late.page.forms["form"]
    form["name"] = "Lena Neu"
    answer = form.submit("save", headers=headers, extra_environ={"HTTP_REFERER": ""}, status="*")
    assert answer.location == "http://localhost/login"


def test_a_form_with_another_browsers_token_is_not_kept(house: House, late: Browser) -> None:
    fields = {"csrf_token": house.browser().token, **TYPED}
    assert late.post("/account", fields, status="*").location == "http://localhost/login"


def test_a_sensitive_act_does_not_take_entries_that_came_back(house: House) -> None:
    house.account()
    browser = house.browser()
    browser.log_in()
    page = browser.get("/account/email")
    house.wait(hours=9)
    late = browser.send(page, "save", status=200, email="neu@example.org")
    shown = browser.send(late, "login", status=200, email="lena@example.org", password=PASSWORD)
    answer = next(form for form in shown.forms.values() if form.action == "/account/email").submit()
    assert "/login/confirm" in answer.location
    assert house.mails("email_confirm") == []


def test_passwords_and_files_are_never_kept(house: House, late: Browser) -> None:
    token = late.page.forms["form"]["csrf_token"].value
    fields = {
        "csrf_token": token,
        "town": "visible",
        "old_password": "hidden-a",
        "code": "hidden-b",
        "passwort": "hidden-c",
    }
    page = late.post("/account", fields, upload_files=[("file", "a.pdf", b"hidden-d")])
    shown = late.send(page, "login", status=200, email="lena@example.org", password=PASSWORD)
    assert "visible" in shown.text
    assert "hidden" not in shown.text.replace('type="hidden"', "").replace('hidden="hidden"', "").replace(
        "aria-hidden", ""
    )


def test_the_sealed_entries_cannot_be_read_or_made(house: House, late: Browser) -> None:
    page = send_late(late)
    assert "Lena Neu" not in page.text
    form = page.forms["form"]
    form["kept"].force_value("A" * 200)
    form["email"], form["password"] = "lena@example.org", PASSWORD
    assert form.submit("login").status_int == 303
