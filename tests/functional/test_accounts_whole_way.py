"""From signing up to being forgotten, in both languages."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest
from people import House

from senfcall_avv.audit.services import verify
from senfcall_avv.db import session_scope
from tests.factories.accounts import OTHER_PASSWORD, PASSWORD, code_of

TEXTS = {
    "de": ("Schau in dein Postfach", "Willkommen, Lena Muster.", "Deine Wiederherstellungscodes", "Zweiter Schritt"),
    "en": ("Check your inbox", "Welcome, Lena Muster.", "Your recovery codes", "Second step"),
}


@pytest.mark.parametrize("language", ["de", "en"])
def test_from_sign_up_to_deletion(house: House, language: str) -> None:  # noqa: PLR0915  # one way, step by step
    inbox, welcome, codes_title, second = TEXTS[language]
    lena = house.browser(language=language)
    page = lena.get("/signup")
    values = {"name": "Lena Muster", "form-language": language, "email": "Lena@Example.org", "password": PASSWORD}
    sent = lena.send(page, "signup", **values).follow()
    assert inbox in sent.text
    assert "l…@example.org" in sent.text
    done = lena.confirm()
    assert done.location == "http://localhost/organizations"
    assert welcome in lena.get("/account").text

    page = lena.get("/account/second-factor")
    key = re.sub(r"\s", "", re.search(r"<code translate=\"no\">([A-Z2-7 ]+)</code>", page.text)[1])  # type: ignore[index]
    page = lena.send(page, "add", status=200, code=code_of(key, house.now))
    assert codes_title in page.text
    codes = re.findall(r"<code>([a-z2-7-]{19})</code>", page.text)
    assert len(codes) == 10

    iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/604.1"
    phone = house.browser(agent=iphone, language=language)
    house.wait(minutes=1)
    step = phone.log_in()
    assert step.location == "http://localhost/login/second-factor"
    assert second in step.follow().text
    assert not phone.logged_in
    phone.fill("/login/second-factor", "check", code=code_of(key, house.now))
    assert phone.logged_in
    assert house.mails("new_device")[-1]["device"] == "Safari · iPhone"

    page = lena.get("/account/sessions")
    assert "Safari · iPhone" in page.text
    lena.press(page, "/account/sessions", end="others")
    assert not phone.logged_in
    assert lena.logged_in

    phone.fill("/reset", "ask", email="lena@example.org")
    house.wait(minutes=1)
    answer = phone.fill(house.link("reset"), "reset", password=OTHER_PASSWORD)
    assert answer.location == "http://localhost/login"
    assert not lena.logged_in
    lena.log_in(password=OTHER_PASSWORD)
    lena.fill("/login/second-factor", "check", code=codes[0])
    assert lena.logged_in

    answer = lena.press(lena.get("/account/export"), "/account/export")
    archive = zipfile.ZipFile(io.BytesIO(answer.body))
    own = json.loads(archive.read("account.json"))
    assert (own["email"], own["authenticator"], own["recovery_codes_left"]) == ("lena@example.org", True, 9)

    answer = lena.fill("/account/delete", "delete")
    assert answer.location == "http://localhost/"
    assert not lena.logged_in
    assert house.sessions() == 0
    assert lena.log_in(password=OTHER_PASSWORD, status=400)
    with session_scope(house.factory, write=False) as session:
        assert verify(session) is None
    assert house.audit() == [
        "account.confirmed", "account.logged_in", "account.factor_added", "account.logged_in",
        "account.sessions_ended", "account.password_reset", "account.recovery_used", "account.logged_in",
        "account.exported", "account.deleted",
    ]  # fmt: skip
    assert [mail["message"] for mail in house.mails()] == [
        "confirm", "factor_changed", "new_device", "reset", "password_changed", "factor_changed", "new_device",
    ]  # fmt: skip
