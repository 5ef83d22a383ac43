"""Tokens, sessions, attempts, factors and staff as rows, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from senfcall_avv.accounts import sessions, throttle, tokens, two_factor
from senfcall_avv.accounts.errors import AccountRefused, CodeRefused, TokenRefused, TooMany
from senfcall_avv.accounts.models import (
    Account,
    Attempted,
    KnownDevice,
    LoginAttempt,
    LoginSession,
    Purpose,
    Role,
    Stage,
)
from senfcall_avv.accounts.services_staff import add, members, remove
from senfcall_avv.accounts.sessions import Lifetimes
from senfcall_avv.audit.models import AuditEntry
from senfcall_avv.audit.services import SHELL
from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.sealing import KeyRing
from tests.factories.accounts import CHEAP, CLIENT, NOW, STRANGER, code_of, give_authenticator, make_person

LIFETIMES = Lifetimes.of(CHEAP)


def person(factory: SessionFactory, email: str | None = None, **more: object) -> str:
    with session_scope(factory) as session:
        return make_person(session, email, **more).id  # type: ignore[arg-type]  # as make_person takes them


def token_for(factory: SessionFactory, account_id: str, purpose: Purpose = Purpose.RESET) -> str:
    with session_scope(factory) as session:
        return tokens.issue(session, purpose, account_id=account_id, address="lena@example.org", now=NOW)


def test_a_token_is_stored_as_its_digest_and_works_once(session_factory: SessionFactory) -> None:
    value = token_for(session_factory, person(session_factory))
    with session_scope(session_factory) as session:
        stored = session.scalars(select(tokens.Token)).one()
        assert value not in repr(vars(stored))
        assert tokens.use(session, Purpose.RESET, value, NOW).address == "lena@example.org"
    with session_scope(session_factory) as session, pytest.raises(TokenRefused, match="used"):
        tokens.use(session, Purpose.RESET, value, NOW)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_token_ends_at_its_time(session_factory: SessionFactory, purpose: Purpose) -> None:
    value = token_for(session_factory, person(session_factory), purpose)
    end = NOW + tokens.LIFETIMES[purpose]
    with session_scope(session_factory, write=False) as session:
        tokens.peek(session, purpose, value, end - timedelta(seconds=1))
        with pytest.raises(TokenRefused, match="expired"):
            tokens.peek(session, purpose, value, end)


def test_a_newer_token_voids_the_older_ones_of_its_purpose_and_account(session_factory: SessionFactory) -> None:
    mine, other = person(session_factory), person(session_factory)
    old, confirm = token_for(session_factory, mine), token_for(session_factory, mine, Purpose.CONFIRM)
    foreign, new = token_for(session_factory, other), token_for(session_factory, mine)
    with session_scope(session_factory, write=False) as session:
        with pytest.raises(TokenRefused, match="expired"):
            tokens.peek(session, Purpose.RESET, old, NOW)
        for purpose, value in ((Purpose.RESET, new), (Purpose.RESET, foreign), (Purpose.CONFIRM, confirm)):
            tokens.peek(session, purpose, value, NOW)


def test_invitations_have_no_account_and_are_void_by_what_they_are_about(session_factory: SessionFactory) -> None:
    def invite(thing: str) -> str:
        with session_scope(session_factory) as session:
            return tokens.issue(session, Purpose.INVITATION, address="neu@example.org", thing=thing, now=NOW)

    first, other, again = invite("one"), invite("two"), invite("one")
    with session_scope(session_factory, write=False) as session:
        with pytest.raises(TokenRefused, match="expired"):
            tokens.peek(session, Purpose.INVITATION, first, NOW)
        assert tokens.peek(session, Purpose.INVITATION, other, NOW).thing == "two"
        assert tokens.peek(session, Purpose.INVITATION, again, NOW).thing == "one"


def test_of_many_who_use_a_token_at_once_one_succeeds(session_factory: SessionFactory) -> None:
    value = token_for(session_factory, person(session_factory))

    def use(_number: int) -> bool:
        try:
            with session_scope(session_factory) as session:
                tokens.use(session, Purpose.RESET, value, NOW)
        except TokenRefused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(use, range(8))) == 1


def begin(factory: SessionFactory, account_id: str, stage: Stage = Stage.COMPLETE) -> str:
    with session_scope(factory) as session:
        return sessions.start(session, account_id, CLIENT, NOW, stage=stage)


def test_a_session_is_stored_as_its_digest(session_factory: SessionFactory) -> None:
    value = begin(session_factory, person(session_factory))
    assert len(value) == 43
    with session_scope(session_factory, write=False) as session:
        row = session.scalars(select(LoginSession)).one()
        assert (len(row.id), value in repr(vars(row))) == (64, False)
        found = sessions.find(session, value)
        assert found is not None
        assert found.live(LIFETIMES, NOW)
        assert sessions.find(session, row.id) is None
        assert sessions.find(session, "x" * 43) is None
        assert sessions.find(session, value + "x") is None


def test_a_renewed_session_keeps_its_age_and_loses_its_old_id(session_factory: SessionFactory) -> None:
    value = begin(session_factory, person(session_factory), Stage.FACTOR)
    later = NOW + timedelta(minutes=3)
    with session_scope(session_factory) as session:
        found = sessions.find(session, value)
        assert found is not None
        renewed = sessions.renew(session, found.row, later, second_factor=True)
    with session_scope(session_factory, write=False) as session:
        assert sessions.find(session, value) is None
        now = sessions.find(session, renewed)
        assert now is not None
        assert (now.row.started_at, now.row.fresh_at, now.row.second_factor) == (NOW, later, True)
        assert now.row.stage is Stage.COMPLETE


def test_nobody_ends_somebody_elses_session(session_factory: SessionFactory) -> None:
    mine, other = person(session_factory), person(session_factory)
    begin(session_factory, mine)
    with session_scope(session_factory) as session:
        row = session.scalars(select(LoginSession)).one()
        assert not sessions.end(session, other, row.id)
        assert sessions.end(session, mine, row.id)
        assert not sessions.end(session, mine, row.id)


def test_all_sessions_end_but_the_named_one(session_factory: SessionFactory) -> None:
    mine, other = person(session_factory), person(session_factory)
    kept, foreign = begin(session_factory, mine), begin(session_factory, other)
    for _ in range(2):
        begin(session_factory, mine)
    with session_scope(session_factory) as session:
        assert sessions.end_all(session, mine, but=tokens.digest(kept)) == 2
        assert {row.id for row in session.scalars(select(LoginSession))} == {
            tokens.digest(kept),
            tokens.digest(foreign),
        }


def test_the_list_has_live_sessions_only(session_factory: SessionFactory) -> None:
    mine = person(session_factory)
    begin(session_factory, mine)
    begin(session_factory, mine, Stage.FACTOR)
    with session_scope(session_factory, write=False) as session:
        assert len(sessions.list_live(session, mine, LIFETIMES, NOW)) == 1
        assert sessions.list_live(session, mine, LIFETIMES, NOW + timedelta(hours=8)) == []


def test_sessions_are_forgotten_a_day_after_their_end(session_factory: SessionFactory) -> None:
    begin(session_factory, person(session_factory))
    with session_scope(session_factory) as session:
        assert sessions.forget(session, LIFETIMES, NOW + timedelta(hours=48)) == 0
        assert sessions.forget(session, LIFETIMES, NOW + timedelta(hours=48, seconds=1)) == 1


def attempt(
    factory: SessionFactory, *, known: bool = False, client: object = CLIENT, minutes: float = 0
) -> throttle.Attempt:
    now = NOW + timedelta(minutes=minutes)
    with session_scope(factory) as session:
        return throttle.begin(
            session,
            Attempted.LOGIN,
            throttle.LOGIN,
            "subject",
            client,
            known=known,
            now=now,  # type: ignore[arg-type]  # one of the clients
        )


def test_attempts_count_as_failed_until_they_are_judged(session_factory: SessionFactory) -> None:
    made = [attempt(session_factory) for _ in range(10)]
    assert [one.failures for one in made] == list(range(1, 11))
    with pytest.raises(TooMany) as refused:
        attempt(session_factory)
    assert refused.value.until == NOW + timedelta(seconds=30)
    with session_scope(session_factory) as session:
        throttle.succeed(session, made[0])
    attempt(session_factory)


def test_known_devices_and_other_networks_have_their_own_count(session_factory: SessionFactory) -> None:
    for _ in range(10):
        attempt(session_factory)
    assert attempt(session_factory, known=True).failures == 1
    assert attempt(session_factory, client=STRANGER).failures == 1


def test_attempts_are_forgotten_after_ninety_days(session_factory: SessionFactory) -> None:
    attempt(session_factory)
    with session_scope(session_factory) as session:
        assert throttle.forget(session, NOW + timedelta(days=90)) == 0
        assert throttle.forget(session, NOW + timedelta(days=90, seconds=1)) == 1


def test_an_attempt_names_neither_address_nor_whole_network_address(
    session_factory: SessionFactory, key_ring: KeyRing
) -> None:
    subject = throttle.subject_of(key_ring, "lena@example.org")
    with session_scope(session_factory) as session:
        throttle.count(session, Attempted.SIGNUP, subject, CLIENT, NOW)
        row = session.scalars(select(LoginAttempt)).one()
        assert (len(row.subject), row.origin) == (32, "192.0.2.0/24")
        assert "lena" not in row.subject


def test_an_authenticators_key_is_sealed_and_its_codes_work_once(
    session_factory: SessionFactory, key_ring: KeyRing
) -> None:
    with session_scope(session_factory) as session:
        account = make_person(session)
        key = give_authenticator(session, key_ring, account)
        stored = session.get_one(two_factor.Totp, account.id)
        assert key.encode() not in stored.sealed
        two_factor.check_code(session, key_ring, account.id, code_of(key, NOW), NOW)
        with pytest.raises(CodeRefused):
            two_factor.check_code(session, key_ring, account.id, code_of(key, NOW), NOW)


def test_of_many_who_use_a_code_at_once_one_succeeds(session_factory: SessionFactory, key_ring: KeyRing) -> None:
    with session_scope(session_factory) as session:
        account = make_person(session)
        key = give_authenticator(session, key_ring, account)

    def use(_number: int) -> bool:
        try:
            with session_scope(session_factory) as session:
                two_factor.check_code(session, key_ring, account.id, code_of(key, NOW), NOW)
        except CodeRefused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(use, range(8))) == 1


def test_recovery_codes_are_ten_of_eighty_bits_stored_as_digests(session_factory: SessionFactory) -> None:
    with session_scope(session_factory) as session:
        account = make_person(session)
        codes = two_factor.new_recovery_codes(session, account.id, NOW)
        assert len(set(codes)) == 10
        assert {len(code.replace("-", "")) for code in codes} == {16}
        stored = session.scalars(select(two_factor.RecoveryCode.digest)).all()
        assert not any(code.replace("-", "") in digest for code in codes for digest in stored)
        two_factor.check_recovery_code(session, account.id, codes[0], NOW)
        assert two_factor.recovery_codes_left(session, account.id) == 9
        with pytest.raises(CodeRefused):
            two_factor.check_recovery_code(session, account.id, codes[0], NOW)


def test_a_recovery_code_is_its_accounts_own(session_factory: SessionFactory) -> None:
    with session_scope(session_factory) as session:
        mine, other = make_person(session), make_person(session)
        code = two_factor.new_recovery_codes(session, mine.id, NOW)[0]
        with pytest.raises(CodeRefused):
            two_factor.check_recovery_code(session, other.id, code, NOW)


def test_two_operators_remain(session_factory: SessionFactory) -> None:
    for number in range(3):
        person(session_factory, f"operator{number}@example.org", roles=(Role.OPERATOR,))
    with session_scope(session_factory) as session:
        remove(session, "operator0@example.org", Role.OPERATOR, SHELL, NOW)
    with session_scope(session_factory) as session, pytest.raises(AccountRefused, match="last_operators"):
        remove(session, "operator1@example.org", Role.OPERATOR, SHELL, NOW)


def test_of_two_operators_removed_at_once_one_stays(session_factory: SessionFactory) -> None:
    for number in range(3):
        person(session_factory, f"operator{number}@example.org", roles=(Role.OPERATOR,))

    def leave(number: int) -> bool:
        try:
            with session_scope(session_factory) as session:
                remove(session, f"operator{number}@example.org", Role.OPERATOR, SHELL, NOW)
        except AccountRefused:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(leave, range(2))) == 1


def test_joining_and_leaving_the_staff_ends_sessions_and_is_recorded(session_factory: SessionFactory) -> None:
    account_id = person(session_factory, "lena@example.org")
    begin(session_factory, account_id)
    with session_scope(session_factory) as session:
        add(session, "lena@example.org", Role.REVIEWER, SHELL, NOW)
        assert session.scalars(select(LoginSession)).all() == []
        with pytest.raises(AccountRefused, match="already"):
            add(session, "lena@example.org", Role.REVIEWER, SHELL, NOW)
    with session_scope(session_factory, write=False) as session:
        (member,) = members(session)
        assert (member.account.id, member.role, member.second_factor) == (account_id, Role.REVIEWER, False)
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.action, entry.actor_role, entry.facts) == ("staff.added", "shell", {"role_added": "reviewer"})


@pytest.mark.parametrize("confirmed", [False, None])
def test_staff_are_confirmed_people(session_factory: SessionFactory, confirmed: bool | None) -> None:
    if confirmed is not None:
        person(session_factory, "lena@example.org", confirmed=confirmed)
    with session_scope(session_factory) as session, pytest.raises(AccountRefused, match="unknown"):
        add(session, "lena@example.org", Role.OPERATOR, SHELL, NOW)


def test_everything_of_an_account_goes_with_its_row(session_factory: SessionFactory, key_ring: KeyRing) -> None:
    with session_scope(session_factory) as session:
        account = make_person(session, roles=(Role.REVIEWER,))
        give_authenticator(session, key_ring, account)
        two_factor.new_recovery_codes(session, account.id, NOW)
        sessions.start(session, account.id, CLIENT, NOW, stage=Stage.COMPLETE)
        tokens.issue(session, Purpose.RESET, account_id=account.id, address=account.email, now=NOW)
        session.add(KnownDevice(digest="a" * 64, account_id=account.id, seen_at=NOW))
    with session_scope(session_factory) as session:
        session.delete(session.get_one(Account, account.id))
    with session_scope(session_factory, write=False) as session:
        for table in Account.metadata.tables.values():
            if any(key.column.table.name == "accounts" for key in table.foreign_keys) and "account" in str(
                table.c.keys()
            ):
                assert session.scalar(select(func.count()).select_from(table)) == 0, table.name
