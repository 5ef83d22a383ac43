"""``avv audit``, for people and programs."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text

from senfcall_avv.audit.commands import command
from senfcall_avv.audit.services import SYSTEM, Actor, record
from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.sealing import KeyRing
from tests.conftest import Clock
from tests.factories.organizations import make_organization
from tests.factories.workplace import Workplace

CHOIR = "Chor Beispiel e. V."
OWNER = Actor("account", "accountxxxxxxxxxxxxxxx", "owner")


@pytest.fixture
def workplace(session_factory: SessionFactory, key_ring: KeyRing) -> Workplace:
    return Workplace(session_factory, key_ring)


@pytest.fixture
def trail(session_factory: SessionFactory, clock: Clock) -> str:
    """Three entries, two of them about an organisation, whose id it gives."""
    with session_scope(session_factory) as session:
        made = make_organization(session, CHOIR).id
        record(session, OWNER, "a.first", organization_id=made, thing="endpoint:k", now=clock.moment)
        record(session, SYSTEM, "a.second", organization_id=None, thing="x", now=clock.moment)
        record(session, OWNER, "a.third", organization_id=made, thing="x", details={"days": 7}, now=clock.moment)
    return made


def run(workplace: Workplace, *arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(command, arguments, obj=workplace)
    assert result.exit_code == code, result.output
    return result


def remove_second(engine: Engine) -> None:
    """Remove an entry as its table's owner can."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER audit_entries_guard_delete"))
        else:
            connection.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER USER"))
        connection.execute(text("DELETE FROM audit_entries WHERE number = 2"))
        if engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE audit_entries ENABLE TRIGGER USER"))


def test_a_trail_that_holds_is_told_with_its_end_to_be_noted(workplace: Workplace, trail: str) -> None:
    shown = json.loads(run(workplace, "verify", "--json").stdout)
    assert (shown["holds"], shown["entries"], shown["number"]) == (True, 3, 3)
    said = run(workplace, "verify").stdout
    assert said.splitlines() == [
        "3 entries hold. The last one, to be noted elsewhere:",
        f"3:{shown['hash']}",
    ]
    run(workplace, "verify", "--noted", said.splitlines()[1])


def test_an_entry_that_was_removed_is_named(workplace: Workplace, trail: str, engine: Engine) -> None:
    remove_second(engine)
    assert run(workplace, "verify", code=1).stderr == "Entry 2 is missing.\n"
    shown = json.loads(run(workplace, "verify", "--json", code=1).stdout)
    assert shown == {"holds": False, "entries": 2, "number": 2, "reason": "missing"}


def test_an_end_that_was_noted_must_still_be_there(workplace: Workplace, trail: str) -> None:
    result = run(workplace, "verify", "--noted", f"2:{'0' * 64}", code=1)
    assert result.stderr == "Entry 2 is not the one that was noted.\n"


@pytest.mark.parametrize("noted", ["2", "2:abc", f"x:{'0' * 64}"])
def test_a_note_of_another_form_is_refused(workplace: Workplace, noted: str) -> None:
    assert "NUMBER:HASH" in run(workplace, "verify", "--noted", noted, code=2).stderr


def test_the_newest_entries_are_shown_first(workplace: Workplace, trail: str) -> None:
    shown = json.loads(run(workplace, "show", "--json").stdout)
    assert [entry["action"] for entry in shown] == ["a.third", "a.second", "a.first"]
    assert shown[0] == {
        "number": 3,
        "at": "2026-11-02T12:00:00+00:00",
        "actor": {"kind": "account", "id": OWNER.id, "role": "owner"},
        "action": "a.third",
        "organization": trail,
        "thing": "x",
        "details": {"days": 7},
    }
    lines = run(workplace, "show").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["3", "2", "1"]
    assert lines[0].endswith("x  days=7")


@pytest.mark.parametrize("by_name", [True, False])
def test_entries_of_one_organisation_are_found(workplace: Workplace, trail: str, by_name: bool) -> None:
    shown = json.loads(run(workplace, "show", "--organization", CHOIR if by_name else trail, "--json").stdout)
    assert [entry["number"] for entry in shown] == [3, 1]
    shown = json.loads(run(workplace, "show", "--action", "a.second", "--limit", "1", "--json").stdout)
    assert [entry["number"] for entry in shown] == [2]


def test_an_organisation_that_is_not_there_is_told(workplace: Workplace, trail: str) -> None:
    assert "no organisation" in run(workplace, "show", "--organization", "Nobody", code=1).stderr


def test_an_empty_trail_holds_and_shows_nothing(workplace: Workplace) -> None:
    assert json.loads(run(workplace, "verify", "--json").stdout)["entries"] == 0
    assert run(workplace, "show").stdout == ""
