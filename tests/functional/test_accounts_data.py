"""Somebody's own data: the archive and the end of an account."""

from __future__ import annotations

import io
import json
import threading
import zipfile

import pytest
from people import Browser, House
from sqlalchemy import inspect, select, table, text

from senfcall_avv.accounts.models import Account, Role
from senfcall_avv.accounts.personal_data import PersonalData, PersonalFile
from senfcall_avv.db import session_scope
from tests.factories.accounts import PASSWORD

EXPORT = "/account/export"


@pytest.fixture
def lena(house: House) -> Browser:
    house.account()
    browser = house.browser()
    browser.log_in()
    return browser


def archive_of(browser: Browser) -> zipfile.ZipFile:
    answer = browser.press(browser.get(EXPORT), EXPORT)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="senfcall-av-2026-11-02.zip"'
    assert answer.content_type == "application/zip"
    return zipfile.ZipFile(io.BytesIO(answer.body))


def test_the_archive_has_a_file_of_each_room_and_nothing_that_lets_anybody_in(house: House, lena: Browser) -> None:
    archive = archive_of(lena)
    assert "account.json" in archive.namelist()
    assert set(archive.namelist()) == {f"{name}.json" for name in house.registry["avv.personal_data"]}
    everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert "lena@example.org" in everything
    for secret in ("argon2", str(lena.session_cookie), "digest", "sealed"):
        assert secret not in everything
    assert json.loads(archive.read("account.json"))["sessions"][0]["network"] == "192.0.2.0/24"


def test_names_in_the_archive_are_ours_whatever_files_were_called(house: House, lena: Browser) -> None:
    files = (PersonalFile(b"%PDF", "pdf"), PersonalFile(b"\x89PNG", "png"))
    nothing = lambda *_: None  # noqa: E731  # a room without anything to say
    house.registry["avv.personal_data"]["papers"] = PersonalData("papers", nothing, nothing, files=lambda *_: files)
    archive = archive_of(lena)
    assert {"papers/001.pdf", "papers/002.png"} <= set(archive.namelist())
    assert archive.read("papers/001.pdf") == b"%PDF"


def test_the_archive_is_made_once_an_hour(house: House, lena: Browser) -> None:
    archive_of(lena)
    again = lena.press(lena.get(EXPORT), EXPORT)
    assert "Ab 14:00 Uhr wieder." in again.follow().text
    house.wait(hours=1)
    archive_of(lena)


def test_of_two_archives_at_once_one_is_made(house: House, lena: Browser) -> None:
    token = lena.token
    ready, kinds = threading.Barrier(2), []

    def ask() -> None:
        browser = house.browser()
        for cookie in lena.cookiejar:
            browser.set_cookie(cookie.name, str(cookie.value))
        ready.wait()
        kinds.append(browser.post(EXPORT, {"csrf_token": token}, status="*").status_int)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(kinds) == [200, 303]


def test_the_archive_is_ones_own(house: House, lena: Browser) -> None:
    house.account("other@example.org", name="Andere Person")
    archive = archive_of(lena)
    everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert "other@example.org" not in everything
    assert "Andere Person" not in everything


def test_nothing_of_a_deleted_account_remains_but_numbers(house: House, lena: Browser) -> None:
    with session_scope(house.factory, write=False) as session:
        account_id = house.find(session).id
    lena.fill("/account/delete", "delete")
    with session_scope(house.factory, write=False) as session:
        assert session.scalars(select(Account)).all() == []
        for name in inspect(session.get_bind()).get_table_names():
            rows = session.execute(select(text("*")).select_from(table(name))).all()
            said = repr(rows)
            assert "lena@example.org" not in said, name
            assert "Lena Muster" not in said, name
            assert account_id not in said or name == "audit_entries", name


def test_staff_leaves_the_staff_first(house: House) -> None:
    key = house.account(roles=(Role.REVIEWER,), authenticator=True)
    browser = house.browser()
    browser.log_in_with_code(key)
    page = browser.get("/account/delete")
    assert "Lass zuerst deine Rolle dort beenden." in page.text
    browser.post("/account/delete", {"csrf_token": browser.token, "delete": "1"}, status=400)
    assert browser.logged_in


def test_a_room_can_hinder(house: House, lena: Browser) -> None:
    nothing = lambda *_: None  # noqa: E731  # a room without anything to say
    sentence = "Zuerst braucht der Chor jemand anderen."
    data = PersonalData("choir", nothing, nothing, hindrance=lambda *_: sentence)
    page = lena.get("/account/delete")
    house.registry["avv.personal_data"]["choir"] = data
    assert sentence in lena.get("/account/delete").text
    assert "form" not in lena.get("/account/delete").forms
    lena.send(page, "delete", status=400)
    assert lena.logged_in


def test_an_address_is_free_again_after_the_deletion(house: House, lena: Browser) -> None:
    lena.fill("/account/delete", "delete")
    lena.sign_up()
    lena.confirm()
    assert lena.logged_in
    lena.log_in_again()
    assert PASSWORD not in house.log.getvalue()
