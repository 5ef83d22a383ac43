"""``avv staff``."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from senfcall_avv.accounts.commands import staff
from senfcall_avv.accounts.models import Role
from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.sealing import KeyRing
from tests.factories.accounts import make_person
from tests.factories.workplace import Workplace


@pytest.fixture
def workplace(session_factory: SessionFactory, key_ring: KeyRing) -> Workplace:
    with session_scope(session_factory) as session:
        for name in ("ada", "ben"):
            make_person(session, f"{name}@example.org")
    return Workplace(session_factory, key_ring)


def run(workplace: Workplace, *arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(staff, arguments, obj=workplace)
    assert result.exit_code == code, result.output
    return result.output


def test_adding_listing_and_removing(workplace: Workplace) -> None:
    assert "Nobody yet" in run(workplace, "list")
    assert "two operators" in run(workplace, "add", "Ada@example.org", "operator")
    assert "two operators" not in run(workplace, "add", "ben@example.org", "operator")
    run(workplace, "add", "ben@example.org", "reviewer")
    rows = json.loads(run(workplace, "list", "--json"))
    assert [(row["email"], row["role"], row["second_factor"]) for row in rows] == [
        ("ada@example.org", "operator", False),
        ("ben@example.org", "operator", False),
        ("ben@example.org", "reviewer", False),
    ]
    assert "no second factor yet" in run(workplace, "list")
    assert "logged out everywhere" in run(workplace, "remove", "ben@example.org", "reviewer")
    assert "Two operators must remain" in run(workplace, "remove", "ben@example.org", "operator", code=1)


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (("add", "nobody@example.org", "operator"), "Nobody with this address", 1),
        (("remove", "ada@example.org", "reviewer"), "Nobody with this address", 1),
        (("add", "no address", "operator"), "no mail address", 1),
        (("add", "ada@example.org", "king"), "king", 2),
    ],
)
def test_what_cannot_be_done_is_said(workplace: Workplace, arguments: tuple[str, ...], words: str, code: int) -> None:
    assert words in run(workplace, *arguments, code=code)


def test_a_role_is_given_once(workplace: Workplace) -> None:
    run(workplace, "add", "ada@example.org", Role.REVIEWER.value)
    assert "already" in run(workplace, "add", "ada@example.org", "reviewer", code=1)
