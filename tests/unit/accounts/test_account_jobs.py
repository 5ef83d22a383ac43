"""What goes by itself, and what is said before."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select

from senfcall_avv.accounts import jobs, sessions, tokens
from senfcall_avv.accounts.models import Account, KnownDevice, LoginSession, Purpose, Role, Stage, Token
from senfcall_avv.accounts.personal_data import PersonalData, erase_account, export_account, hinders_account
from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.mail.models import OutgoingMail
from senfcall_avv.sealing import KeyRing
from senfcall_avv.typing import JobContext
from tests.factories.accounts import CLIENT, NOW, make_person
from tests.factories.mails import mail_settings

DAY = timedelta(days=1)


@pytest.fixture
def registry() -> dict[str, Any]:
    account = PersonalData("account", export_account, erase_account, hinders_account, keeps_accounts=False)
    return {"avv.personal_data": {"account": account}}


@pytest.fixture
def run(session_factory: SessionFactory, key_ring: KeyRing, registry: dict[str, Any]) -> Any:
    def at(job: Any, now: datetime) -> str:
        said: str = job(JobContext(session_factory, mail_settings(), key_ring, registry, now))
        return said

    return at


def accounts(factory: SessionFactory) -> list[str]:
    with session_scope(factory, write=False) as session:
        return sorted(session.scalars(select(Account.email)))


def letters(factory: SessionFactory) -> int:
    with session_scope(factory, write=False) as session:
        return len(session.scalars(select(OutgoingMail).where(OutgoingMail.message == "account_deletion")).all())


def test_sign_ups_that_nobody_confirmed_go_after_a_week(session_factory: SessionFactory, run: Any) -> None:
    with session_scope(session_factory) as session:
        make_person(session, "a@example.org", confirmed=False)
        make_person(session, "b@example.org")
    assert run(jobs.clean_job, NOW + 7 * DAY).endswith("0 unconfirmed accounts deleted")
    assert run(jobs.clean_job, NOW + 7 * DAY + timedelta(seconds=1)).endswith("1 unconfirmed accounts deleted")
    assert accounts(session_factory) == ["b@example.org"]


def test_what_is_over_is_deleted(session_factory: SessionFactory, run: Any) -> None:
    with session_scope(session_factory) as session:
        account = make_person(session)
        sessions.start(session, account.id, CLIENT, NOW, stage=Stage.COMPLETE)
        tokens.issue(session, Purpose.RESET, account_id=account.id, address=account.email, now=NOW)
        session.add(KnownDevice(digest="a" * 64, account_id=account.id, seen_at=NOW))
    left = []
    for days in (1, 3, 31, 366):
        run(jobs.clean_job, NOW + days * DAY)
        with session_scope(session_factory, write=False) as session:
            left.append([len(session.scalars(select(table)).all()) for table in (LoginSession, Token, KnownDevice)])
    assert left == [[1, 1, 1], [0, 1, 1], [0, 0, 1], [0, 0, 0]]


def test_an_unused_account_gets_two_letters_and_goes_after_a_year(session_factory: SessionFactory, run: Any) -> None:
    with session_scope(session_factory) as session:
        make_person(session, "a@example.org")
    told = []
    for days in range(330, 368):
        run(jobs.unused_job, NOW + days * DAY + timedelta(hours=1))
        told.append((days, letters(session_factory), len(accounts(session_factory))))
    changes = [now for before, now in pairwise(told) if before[1:] != now[1:]]
    assert changes == [(335, 1, 1), (358, 2, 1), (365, 2, 0)]


def test_whoever_logs_in_starts_anew(session_factory: SessionFactory, run: Any) -> None:
    with session_scope(session_factory) as session:
        make_person(session, "a@example.org")
    run(jobs.unused_job, NOW + 340 * DAY)
    with session_scope(session_factory) as session:
        account = session.scalars(select(Account)).one()
        account.last_login_at, account.warned_at = NOW + 341 * DAY, None
    run(jobs.unused_job, NOW + 400 * DAY)
    assert (letters(session_factory), accounts(session_factory)) == (1, ["a@example.org"])


def test_after_an_outage_nobody_goes_without_a_weeks_notice(session_factory: SessionFactory, run: Any) -> None:
    with session_scope(session_factory) as session:
        make_person(session, "a@example.org")
    run(jobs.unused_job, NOW + 500 * DAY)
    assert (letters(session_factory), len(accounts(session_factory))) == (1, 1)
    run(jobs.unused_job, NOW + 506 * DAY)
    assert len(accounts(session_factory)) == 1
    run(jobs.unused_job, NOW + 507 * DAY)
    assert accounts(session_factory) == []


def test_people_with_an_organisation_and_staff_stay(
    session_factory: SessionFactory, run: Any, registry: dict[str, Any]
) -> None:
    with session_scope(session_factory) as session:
        member = make_person(session, "member@example.org")
        make_person(session, "staff@example.org", roles=(Role.OPERATOR,))
        make_person(session, "nobody@example.org")
    member_id = member.id
    registry["avv.personal_data"]["memberships"] = PersonalData(
        "memberships", lambda _session, account_id: [1] if account_id == member_id else [], lambda *_: None
    )
    for days in (340, 360, 380):
        run(jobs.unused_job, NOW + days * DAY)
    assert accounts(session_factory) == ["member@example.org", "staff@example.org"]
