from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.endpoints.commands import command
from senfcall_avv.endpoints.keys import KEY
from senfcall_avv.endpoints.services import find_endpoint, reveal
from senfcall_avv.sealing import KeyRing
from tests.factories.endpoints import make_endpoint
from tests.factories.workplace import Workplace


@pytest.fixture
def workplace(session_factory: SessionFactory, key_ring: KeyRing) -> Workplace:
    return Workplace(session_factory, key_ring)


def run(workplace: Workplace, *arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, obj=workplace)


def run_json(workplace: Workplace, *arguments: str) -> Any:
    result = run(workplace, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def revealed(workplace: Workplace, key: str) -> list[str]:
    with session_scope(workplace.session_factory, write=False) as session:
        rows = [row for row in find_endpoint(session, key).secrets if row.sealed]
        return [reveal(workplace.key_ring, row) for row in rows]


def test_create_makes_the_organisation_when_told_to_and_prints_the_secret(workplace: Workplace) -> None:
    made = run_json(workplace, "create", "Chor Beispiel e. V.", "--new", "--profile", "senfcall")
    assert KEY.fullmatch(made["key"])
    assert made["url"] == f"https://avv.example.org/b/{made['key']}/bigbluebutton/"
    assert (made["name"], made["profile"], made["state"]) == ("Chor Beispiel e. V.", "senfcall", "active")
    assert revealed(workplace, made["key"]) == [made["secret"]]


def test_create_adds_an_endpoint_to_an_organisation_that_is_there(workplace: Workplace) -> None:
    first = run_json(workplace, "create", "Chor Beispiel e. V.", "--new")
    second = run_json(workplace, "create", "Chor Beispiel e. V.")
    third = run_json(workplace, "create", first["organization"])
    assert first["organization"] == second["organization"] == third["organization"]
    assert first["profile"] == "senfcall"
    assert len({first["key"], second["key"], third["key"]}) == 3


def test_create_prints_for_people_too(workplace: Workplace) -> None:
    result = run(workplace, "create", "Chor Beispiel e. V.", "--new")
    (made,) = run_json(workplace, "list")
    (secret,) = revealed(workplace, made["key"])
    assert f"Secret        {secret}" in result.stdout
    assert made["url"] in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (["create", "Niemand e. V."], "no organisation", 1),
        (["create", "Chor e. V.", "--new", "--profile", "senfcal"], "there are: senfcall", 1),
        (["create", "x", "--new"], "2 to 200", 1),
        (["create", "Chor e. V.", "--profile", "minimal"], "--new", 2),
        (["rotate", "kaaaaaaaaaaaaaaa"], "no endpoint", 1),
        (["pause", "kaaaaaaaaaaaaaaa"], "no endpoint", 1),
        (["resume", "kaaaaaaaaaaaaaaa"], "no endpoint", 1),
        (["rotate", "kaaaaaaaaaaaaaaa", "--overlap", "2h"], "24h", 2),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    workplace: Workplace, arguments: list[str], words: str, code: int
) -> None:
    result = run(workplace, *arguments)
    assert result.exit_code == code
    assert words in result.stderr
    assert run_json(workplace, "list") == []


def test_list_shows_no_secret(workplace: Workplace, session_factory: SessionFactory, key_ring: KeyRing) -> None:
    made = [make_endpoint(session_factory, key_ring) for _ in range(2)]
    for shown in (run(workplace, "list").stdout, json.dumps(run_json(workplace, "list"))):
        assert all(one.key in shown and one.organization_name in shown for one in made)
        assert all(one.secret not in shown for one in made)


def test_rotate_prints_the_new_secret_and_keeps_the_old_one_for_a_day(
    workplace: Workplace, session_factory: SessionFactory, key_ring: KeyRing
) -> None:
    made = make_endpoint(session_factory, key_ring)
    shown = run_json(workplace, "rotate", made.key)
    assert revealed(workplace, made.key) == [shown["secret"], made.secret]
    assert [secret["valid_until"] is None for secret in shown["secrets"]] == [True, False]


def test_rotate_without_overlap_wipes_the_old_secret(
    workplace: Workplace, session_factory: SessionFactory, key_ring: KeyRing
) -> None:
    made = make_endpoint(session_factory, key_ring)
    shown = run_json(workplace, "rotate", made.key, "--overlap", "0")
    assert revealed(workplace, made.key) == [shown["secret"]]


def test_rotate_during_an_overlap_asks_for_confirmation(
    workplace: Workplace, session_factory: SessionFactory, key_ring: KeyRing
) -> None:
    made = make_endpoint(session_factory, key_ring)
    first = run_json(workplace, "rotate", made.key, "--overlap", "7d")
    refused = run(workplace, "rotate", made.key)
    assert (refused.exit_code, "confirm" in refused.stderr) == (1, True)
    second = run_json(workplace, "rotate", made.key, "--confirm")
    assert revealed(workplace, made.key) == [second["secret"], first["secret"]]


def test_pause_and_resume_change_the_state(
    workplace: Workplace, session_factory: SessionFactory, key_ring: KeyRing
) -> None:
    made = make_endpoint(session_factory, key_ring)
    assert run_json(workplace, "pause", made.key)["state"] == "paused_hard"
    assert "paused_hard" in run(workplace, "list").stdout
    assert "active" in run(workplace, "resume", made.key).stdout
    assert [one["state"] for one in run_json(workplace, "list")] == ["active"]
