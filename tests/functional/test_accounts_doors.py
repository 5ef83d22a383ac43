"""What holds for every page of accounts: cookies, headers, tokens, methods, languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from people import Browser, House, opened_house

from tests.factories.accounts import PASSWORD

PUBLIC = ("/signup", "/confirm", "/login", "/reset")
OWN = (
    "/account", "/account/password", "/account/email", "/account/second-factor", "/account/passkeys",
    "/account/sessions", "/account/export", "/account/delete", "/login/confirm",
)  # fmt: skip
POSTED = (
    *PUBLIC, *OWN, "/signup/sent", "/login/second-factor", "/login/passkey", "/login/passkey-challenge", "/logout",
    "/account/passkey-challenge",
)  # fmt: skip
POST_ONLY = ("/logout", "/login/passkey", "/login/passkey-challenge", "/account/passkey-challenge")


@pytest.fixture
def lena(house: House) -> Browser:
    house.account()
    browser = house.browser()
    browser.log_in()
    return browser


@pytest.fixture
def secure(tmp_path: Path, migrated_sqlite: Path) -> Iterator[House]:
    """The portal under https."""
    with opened_house(tmp_path, migrated_sqlite, "https://avv.example.org") as opened:
        yield opened


def test_under_https_the_session_cookie_can_be_planted_by_nobody(secure: House) -> None:
    secure.account()
    browser = secure.browser()
    answer = browser.log_in()
    found = next(text for text in answer.headers.getall("Set-Cookie") if text.startswith("__Host-session="))
    assert re.fullmatch(r"__Host-session=[A-Za-z0-9_-]{43}; Path=/; secure; HttpOnly; SameSite=Lax", found)
    assert "Domain" not in found
    other = secure.browser()
    other.set_cookie("session", found.partition("=")[2].partition(";")[0])
    assert not other.logged_in


def test_in_plain_development_the_cookie_has_no_prefix(house: House) -> None:
    house.account()
    answer = house.browser().log_in()
    assert any(re.fullmatch(r"session=[A-Za-z0-9_-]{43}; Path=/; HttpOnly; SameSite=Lax", text)
               for text in answer.headers.getall("Set-Cookie"))  # fmt: skip


@pytest.mark.parametrize(
    "path", ["/b/KEY/bigbluebutton/api", "/b/KEY/bigbluebutton/api/create?name=x", "/static/avv.css"]
)
def test_plugins_and_static_files_neither_get_nor_touch_a_session(house: House, lena: Browser, path: str) -> None:
    house.wait(minutes=30)
    answer = lena.get(path, status="*")
    assert answer.headers.getall("Set-Cookie") == []
    house.wait(hours=7, minutes=40)
    assert not lena.logged_in


def test_a_page_of_the_portal_does_touch_it(house: House, lena: Browser) -> None:
    house.wait(hours=7)
    assert lena.logged_in
    house.wait(hours=7)
    assert lena.logged_in


def test_strangers_get_no_session(house: House) -> None:
    browser = house.browser()
    for path in PUBLIC:
        browser.get(path)
    assert browser.session_cookie is None
    assert house.sessions() == 0


def test_own_pages_are_for_those_who_are_logged_in(house: House, lena: Browser) -> None:
    for path in OWN:
        page = lena.get(path)
        assert page.headers["Cache-Control"] == "no-store"
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]
        assert not re.search(r"<script(?![^>]* src=)|\son[a-z]+=|\sstyle=", page.text), path
        assert house.browser().get(path).location.startswith("http://localhost/login")


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_page_is_whole_in_both_languages(house: House, lena: Browser, language: str) -> None:
    for browser, paths in ((house.browser(), PUBLIC), (lena, OWN)):
        browser.post("/language", {"csrf_token": browser.token, "language": language, "to": "/"})
        for path in paths:
            page = browser.get(path)
            assert f'<html lang="{language}"' in page.text
            assert "${" not in page.text
            assert len(page.html.find_all("h1")) == 1, path
            german = re.search(
                r"\b(?:das|der|du|dein|deine|dir|und|nicht|neue|wir|Passwort)\b",
                page.html.main.get_text(),
                re.IGNORECASE,
            )
            assert (german is not None) is (language == "de"), path


def broken_tokens(house: House) -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    return {
        "none": ({}, {}),
        "another browser's": ({"csrf_token": house.browser().token}, {}),
        "null origin": ({}, {"Origin": "null"}),
        "foreign origin": ({}, {"Origin": "https://evil.example.org"}),
        "no origin": ({}, {"Origin": ""}),
    }


@pytest.mark.parametrize("wrong", ["none", "another browser's", "null origin", "foreign origin", "no origin"])
def test_forms_from_elsewhere_are_refused(house: House, lena: Browser, wrong: str) -> None:
    fields, headers = broken_tokens(house)[wrong]
    if headers:
        fields = {"csrf_token": lena.token}
    before = house.audit()
    answers = {path: lena.post(path, fields, headers=headers, status="*").status_int for path in POSTED}
    assert answers == dict.fromkeys(POSTED, 400)
    assert house.audit() == before
    assert lena.logged_in


def test_the_token_does_not_count_in_the_address(house: House, lena: Browser) -> None:
    lena.post(f"/logout?csrf_token={lena.token}", {}, status=400)
    assert lena.logged_in


def test_a_foreign_page_logs_nobody_in(house: House) -> None:
    house.account()
    browser = house.browser()
    fields = {"email": "lena@example.org", "password": PASSWORD, "login": "1"}
    browser.post("/login", fields, headers={"Origin": "https://evil.example.org"}, status=400)
    assert house.sessions() == 0


def test_what_changes_something_has_no_page_to_look_at(house: House, lena: Browser) -> None:
    for path in POST_ONLY:
        assert lena.get(path, status="*").status_int in {404, 405}, path
    assert lena.logged_in


def test_a_stray_segment_is_no_page(house: House, lena: Browser) -> None:
    for path in (*PUBLIC, *OWN):
        assert lena.get(f"{path}/anything/else", status="*").status_int == 404, path


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_have_no_pages(house: House, lena: Browser, method: str) -> None:
    answer = lena.request("/account", method=method, body=b"", status="*")
    assert answer.status_int in {400, 404, 405}
    assert lena.logged_in


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/login?_LOCALE_=../../x", {}),
        ("/login", {"Cookie": "_LOCALE_=<b>"}),
        ("/login", {"Accept-Language": "x" * 16_000}),
    ],
)
def test_odd_languages_are_the_default(house: House, path: str, headers: dict[str, str]) -> None:
    headers = {"Accept-Language": "", **headers}
    assert '<html lang="de"' in house.browser().get(path, headers=headers).text


@pytest.mark.parametrize(
    "body", ["__start__=email:sequence&email=x&__end__=email:sequence", "email=%ff&password=%ff", "__end__=x"]
)
def test_malformed_forms_are_no_failure_of_ours(house: House, body: str) -> None:
    browser = house.browser()
    token = browser.token
    answer = browser.post("/login", f"csrf_token={token}&{body}&login=1", status="*")
    assert answer.status_int == 400


def test_a_name_with_markup_or_invisible_signs_is_shown_literally_or_refused(house: House, lena: Browser) -> None:
    lena.fill("/account", "save", name="<b>{{7*7}} ${7*7}</b>")
    assert "&lt;b&gt;{{7*7}} ${7*7}&lt;/b&gt;" in lena.get("/account").text
    lena.fill("/account", "save", status=400, name="x" * 81)
    lena.fill("/account", "save", name="Lena\u202e\u2028Muster\u200b")
    assert 'value="Lena Muster"' in lena.get("/account").text


def test_the_language_of_the_account_follows_the_switch(house: House, lena: Browser) -> None:
    lena.post("/language", {"csrf_token": lena.token, "language": "en", "to": "/account"})
    lena.fill("/account/password", "save", old=PASSWORD, new="kein Fahrrad ohne Klingel")
    assert "account.changed" in house.audit()
    assert '<html lang="en"' in lena.get("/account").text


def test_passwords_codes_and_tokens_are_in_no_log(house: House) -> None:
    browser = house.browser()
    browser.sign_up()
    browser.confirm()
    browser.log_in_again()
    token = house.link("confirm").partition("=")[2]
    for secret in (PASSWORD, token, "lena@example.org", "Lena Muster", str(browser.session_cookie)):
        assert secret not in house.log.getvalue()
