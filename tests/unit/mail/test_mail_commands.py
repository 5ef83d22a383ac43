"""``avv mail``, for people and programs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.mail.commands import command
from senfcall_avv.mail.models import MailState, OutgoingMail
from senfcall_avv.sealing import KeyRing
from tests.factories.mails import NOW, TOKEN, make_mail
from tests.factories.workplace import Workplace


@pytest.fixture
def workplace(session_factory: SessionFactory, key_ring: KeyRing) -> Workplace:
    return Workplace(session_factory, key_ring)


@pytest.fixture
def failed(session_factory: SessionFactory) -> str:
    """The id of a mail that was given up; another one waits."""
    make_mail(session_factory, to="bob@example.org")
    return give_up(session_factory, make_mail(session_factory))


def give_up(factory: SessionFactory, mail_id: str, *, wiped: bool = False) -> str:
    with session_scope(factory) as session:
        mail = session.get_one(OutgoingMail, mail_id)
        mail.state, mail.error, mail.attempts, mail.ended_at = MailState.FAILED, "timeout", 8, NOW
        if wiped:
            mail.sealed = None
    return mail_id


def run(workplace: Workplace, *arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(command, arguments, obj=workplace)
    assert result.exit_code == code, result.output
    assert TOKEN not in result.output
    return result


def listed(workplace: Workplace, *arguments: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(run(workplace, "list", *arguments, "--json").stdout)
    return rows


def test_mails_are_listed_without_their_texts(workplace: Workplace, failed: str) -> None:
    (row,) = listed(workplace, "--state", "failed")
    assert row == {
        "id": failed,
        "state": "failed",
        "message": "confirm",
        "language": "de",
        "recipient": "ada@example.org",
        "attempts": 8,
        "created_at": NOW.isoformat(),
        "next_at": None,
        "ended_at": NOW.isoformat(),
        "error": "timeout",
    }
    assert {row["recipient"] for row in listed(workplace)} == {"ada@example.org", "bob@example.org"}
    assert len(listed(workplace, "--limit", "1")) == 1
    lines = run(workplace, "list", "--state", "failed").stdout.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(failed)
    assert lines[0].endswith("ada@example.org  (timeout after 8)")


def test_a_mail_is_tried_again(workplace: Workplace, failed: str) -> None:
    (row,) = json.loads(run(workplace, "retry", failed, "--json").stdout)
    assert (row["id"], row["state"], row["attempts"]) == (failed, "waiting", 0)
    assert listed(workplace, "--state", "failed") == []


def test_all_that_can_be_made_are_tried_again(
    workplace: Workplace, failed: str, session_factory: SessionFactory
) -> None:
    wiped = give_up(session_factory, make_mail(session_factory, to="c@example.org"), wiped=True)
    assert run(workplace, "retry", "--all").stdout == "1 to be sent by the worker.\n"
    assert [row["id"] for row in listed(workplace, "--state", "failed")] == [wiped]
    assert "not kept any more" in run(workplace, "retry", wiped, code=1).stderr


def test_what_cannot_be_tried_again_is_told(workplace: Workplace, failed: str) -> None:
    assert "no mail" in run(workplace, "retry", "nothing", code=1).stderr
    (waiting,) = listed(workplace, "--state", "waiting")
    assert "given up" in run(workplace, "retry", waiting["id"], code=1).stderr
    assert "name one mail" in run(workplace, "retry", code=2).stderr
    assert "name one mail" in run(workplace, "retry", failed, "--all", code=2).stderr
