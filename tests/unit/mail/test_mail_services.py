"""The outbox: what is queued with a transaction, what it keeps and for how long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text

from senfcall_avv.db import SessionFactory, make_session_factory, session_scope
from senfcall_avv.mail.models import MailState, OutgoingMail
from senfcall_avv.mail.services import (
    PER_ADDRESS,
    PER_ORGANIZATION,
    MailNotFound,
    address,
    forget,
    lend_key_ring,
    mails,
    queue,
    retry,
    values_of,
)
from senfcall_avv.mail.values import MailRefused
from senfcall_avv.sealing import KeyRing, SealBroken, generate_key_line
from tests.factories.mails import NOW, TOKEN, make_mail, values_for

ORGANIZATION = "organizationxxxxxxxxxx"
LogLines = Callable[[], list[dict[str, Any]]]


def count(factory: SessionFactory) -> int:
    with session_scope(factory, write=False) as session:
        return session.scalar(select(func.count()).select_from(OutgoingMail)) or 0


def fail_after_queueing(factory: SessionFactory) -> None:
    with session_scope(factory) as session:
        queue(session, "confirm", "ada@example.org", "de", values_for("confirm"), NOW)
        raise ZeroDivisionError


def set_state(factory: SessionFactory, mail_id: str, state: MailState, error: str | None = None) -> None:
    with session_scope(factory) as session:
        mail = session.get_one(OutgoingMail, mail_id)
        mail.state, mail.error, mail.attempts, mail.ended_at = state, error, 3, NOW


def test_a_mail_is_queued_with_the_transaction_that_causes_it(session_factory: SessionFactory) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_after_queueing(session_factory)
    assert count(session_factory) == 0
    make_mail(session_factory)
    assert count(session_factory) == 1


def test_nobody_reads_a_token_in_the_database(
    session_factory: SessionFactory, engine: Engine, key_ring: KeyRing
) -> None:
    mail_id = make_mail(session_factory, name="Ada Lovelace")
    with engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM mails")).one()
    assert TOKEN.encode() not in bytes(row.sealed)
    assert not any("Lovelace" in str(value) or TOKEN in str(value) for value in row)
    with session_scope(session_factory, write=False) as session:
        mail = session.get_one(OutgoingMail, mail_id)
        values = values_of(key_ring, mail)
        assert values is not None
        assert (values["name"], values["hours"]) == ("Ada Lovelace", "24")
        assert TOKEN in values["link"]
        with pytest.raises(SealBroken):
            values_of(KeyRing.from_text(generate_key_line()), mail)


def test_sealed_values_do_not_open_in_another_mail(session_factory: SessionFactory, key_ring: KeyRing) -> None:
    first, second = make_mail(session_factory), make_mail(session_factory, to="bob@example.org")
    with session_scope(session_factory) as session:
        session.get_one(OutgoingMail, second).sealed = session.get_one(OutgoingMail, first).sealed
        with pytest.raises(SealBroken):
            values_of(key_ring, session.get_one(OutgoingMail, second))


@pytest.mark.parametrize(
    "text_",
    [
        "a@b.de\n",
        "a@b",
        "a@b.de,c@d.de",
        '"x y"@b.de',
        "a@[127.0.0.1]",
        "a@b.de>",
        "Ada <a@b.de>",
        "a(comment)@b.de",
        "a%0a@b de",
        "ä@b.de",
        "a" * 65 + "@b.de",
        "a@" + "b" * 250 + ".de",
        "a@b.de\nBcc: c@d.de",
        "",
    ],
)
def test_an_address_that_is_none_or_more_than_one_is_refused(text_: str) -> None:
    with pytest.raises(MailRefused) as caught:
        address(text_)
    assert caught.value.reason == "address"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Ada.L+x@Example.ORG", "Ada.L+x@example.org"),
        ("ada@bücher.example.org", "ada@xn--bcher-kva.example.org"),
        ("a" * 64 + "@example.org", "a" * 64 + "@example.org"),
    ],
)
def test_an_address_goes_into_headers_as_ascii(given: str, expected: str) -> None:
    assert address(given) == expected


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"message": "welcome"}, "message"),
        ({"language": "fr"}, "language"),
        ({"to": "ada"}, "address"),
        ({"values": {}}, "values"),
        ({"values": values_for("confirm", link="javascript:x")}, "value"),
    ],
)
def test_what_cannot_become_a_mail_is_refused_at_once(
    session_factory: SessionFactory, change: dict[str, Any], reason: str
) -> None:
    given = {"message": "confirm", "to": "ada@example.org", "language": "de", "values": values_for("confirm")} | change
    with session_scope(session_factory) as session, pytest.raises(MailRefused) as caught:
        queue(session, now=NOW, **given)
    assert caught.value.reason == reason
    assert count(session_factory) == 0


def test_sessions_without_keys_say_how_to_lend_them(engine: Engine) -> None:
    factory = make_session_factory(engine)
    with session_scope(factory) as session, pytest.raises(RuntimeError, match="lend_key_ring"):
        queue(session, "confirm", "ada@example.org", "de", values_for("confirm"), NOW)


def test_keys_are_made_only_when_a_mail_needs_them(engine: Engine, key_ring: KeyRing) -> None:
    asked = []

    def ring() -> KeyRing:
        asked.append(1)
        return key_ring

    factory = make_session_factory(engine)
    lend_key_ring(factory, ring)
    with session_scope(factory) as session:
        assert mails(session) == []
        assert asked == []
    make_mail(factory)
    assert asked == [1]


def test_an_address_gets_few_mails_an_hour_that_strangers_can_cause(
    session_factory: SessionFactory, log_lines: LogLines
) -> None:
    with session_scope(session_factory) as session:
        for number in range(PER_ADDRESS + 3):
            message = ("reset", "confirm", "known_address")[number % 3]
            to = ("ada@example.org", "ADA@example.org")[number % 2]
            queue(session, message, to, "de", values_for(message), NOW + timedelta(minutes=number))
        queue(session, "reset", "bob@example.org", "de", values_for("reset"), NOW)
        queue(session, "password_changed", "ada@example.org", "de", values_for("password_changed"), NOW)
    assert count(session_factory) == PER_ADDRESS + 2
    assert [line["event"] for line in log_lines()] == ["mail.limited"] * 3
    assert "example.org" not in str(log_lines())
    with session_scope(session_factory) as session:
        queue(session, "reset", "ada@example.org", "de", values_for("reset"), NOW + timedelta(hours=2))
    assert count(session_factory) == PER_ADDRESS + 3


def test_an_organisation_has_a_hundred_mails_an_hour(session_factory: SessionFactory) -> None:
    values = values_for("member_added")
    with session_scope(session_factory) as session:
        for number in range(PER_ORGANIZATION + 1):
            to = f"p{number}@example.org"
            queue(session, "member_added", to, "de", values, NOW, organization_id=ORGANIZATION)
        queue(session, "member_added", "x@example.org", "de", values, NOW, organization_id="another")
    assert count(session_factory) == PER_ORGANIZATION + 1


def test_mails_of_the_past_are_deleted_and_those_given_up_are_wiped_before(session_factory: SessionFactory) -> None:
    day = timedelta(days=1)
    keep = 90 * day
    ages = {"old": 91 * day, "failed": 8 * day, "fresh": 6 * day}
    ids = {name: make_mail(session_factory, now=NOW - age, to=f"{name}@example.org") for name, age in ages.items()}
    waiting = make_mail(session_factory, now=NOW - 91 * day, to="w@example.org")
    set_state(session_factory, ids["old"], MailState.SENT)
    set_state(session_factory, ids["failed"], MailState.FAILED, "timeout")
    set_state(session_factory, ids["fresh"], MailState.FAILED, "timeout")
    with session_scope(session_factory) as session:
        assert forget(session, keep, NOW) == (1, 1)
        assert forget(session, keep, NOW) == (0, 0)
    with session_scope(session_factory, write=False) as session:
        left = {mail.id: mail.sealed is not None for mail in mails(session)}
    assert left == {ids["failed"]: False, ids["fresh"]: True, waiting: True}


def test_a_mail_that_was_given_up_can_be_tried_again(session_factory: SessionFactory) -> None:
    mail_id = make_mail(session_factory)
    set_state(session_factory, mail_id, MailState.FAILED, "timeout")
    later = NOW + timedelta(days=1)
    with session_scope(session_factory) as session:
        mail = retry(session, mail_id, later)
        assert (mail.state, mail.attempts, mail.next_at, mail.error) == (MailState.WAITING, 0, later, None)


@pytest.mark.parametrize(("state", "reason"), [(MailState.WAITING, "not_failed"), (MailState.SENT, "not_failed")])
def test_only_a_mail_that_was_given_up_can_be_tried_again(
    session_factory: SessionFactory, state: MailState, reason: str
) -> None:
    mail_id = make_mail(session_factory)
    set_state(session_factory, mail_id, state)
    with session_scope(session_factory) as session, pytest.raises(MailRefused) as caught:
        retry(session, mail_id, NOW)
    assert caught.value.reason == reason


def test_a_mail_whose_values_are_gone_cannot_be_tried_again(session_factory: SessionFactory) -> None:
    mail_id = make_mail(session_factory)
    set_state(session_factory, mail_id, MailState.FAILED)
    with session_scope(session_factory) as session:
        session.get_one(OutgoingMail, mail_id).sealed = None
    with session_scope(session_factory) as session:
        with pytest.raises(MailRefused) as caught:
            retry(session, mail_id, NOW)
        assert caught.value.reason == "wiped"
        with pytest.raises(MailNotFound):
            retry(session, "nothing", NOW)
