from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result

from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.ledger.commands import command
from senfcall_avv.ledger.folding import RowKey, Tally
from senfcall_avv.ledger.services import store
from senfcall_avv.sealing import KeyRing
from tests.factories.ledger import KEY
from tests.factories.organizations import make_organization
from tests.factories.workplace import Workplace

NAME = "Chor Beispiel e. V."
TODAY = datetime.now(UTC)
COUNTS = {
    ("create", "", "partly"): 9,
    ("create", "", "forwarded"): 3,
    ("create", "meetingID", "forwarded"): 12,
    ("create", "logo", "not_listed"): 4,
    ("create", "record", "not_listed"): 9,
    ("create", "duration", "clamped"): 20,
    ("end", "", "refused"): 2,
    ("end", "", "call_not_allowed"): 2,
    ("create", "203.0.113.0/24", "checksum"): 5,
}


@pytest.fixture
def workplace(session_factory: SessionFactory, key_ring: KeyRing) -> Workplace:
    return Workplace(session_factory, key_ring)


@pytest.fixture
def organization(session_factory: SessionFactory) -> str:
    """The id of an organisation of whose calls something is known: of today, and one thing of eight days ago."""
    with session_scope(session_factory) as session:
        made = make_organization(session, NAME).id
        rows = {
            RowKey(made, TODAY.date(), KEY, *thing): Tally(
                count, count if thing[1] == "record" else 0, TODAY, TODAY, "r1"
            )
            for thing, count in COUNTS.items()
        }
        before = TODAY - timedelta(days=8)
        rows[RowKey(made, before.date(), KEY, "create", "old", "not_listed")] = Tally(1, 0, before, before, "r0")
        store(session, rows, {})
    return made


def run(workplace: Workplace, *arguments: str) -> Result:
    return CliRunner().invoke(command, ["show", *arguments], obj=workplace)


def test_the_gravest_comes_first_then_the_most_frequent(workplace: Workplace, organization: str) -> None:
    shown = json.loads(run(workplace, organization, "--json").stdout)
    assert [(one["group"], one["name"], one["reason"], one["count"]) for one in shown["entries"]] == [
        ("U", "", "call_not_allowed", 2),
        ("S", "203.0.113.0/24", "checksum", 5),
        ("N", "record", "not_listed", 9),
        ("N", "logo", "not_listed", 4),
        ("C", "duration", "clamped", 20),
    ]
    assert shown["calls"] == {"answered_here": 0, "forwarded": 3, "partly": 9, "refused": 2}
    assert shown["organization"] == organization


def test_more_days_and_unchanged_parameters_are_shown_when_asked_for(workplace: Workplace, organization: str) -> None:
    shown = json.loads(run(workplace, NAME, "--days", "9", "--all", "--json").stdout)
    names = [one["name"] for one in shown["entries"]]
    assert "old" in names
    assert names[-1] == "meetingID"


def test_the_table_says_what_each_reason_means(workplace: Workplace, organization: str) -> None:
    result = run(workplace, NAME)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == (
        "14 calls in 7 days: 3 passed on, 9 in part, 0 answered here, 2 refused; 5 with a wrong checksum."
    )
    assert [line.split()[1] for line in lines[2:]] == ["2", "5", "9", "4", "20"]
    assert "The call end is not part of this service." in lines[2]
    assert "from 203.0.113.0/24" in lines[3]
    assert lines[4].endswith("left out by this service. (9 of them made no difference.)")
    assert "brought within the limit" in lines[6]


def test_an_organisation_of_which_nothing_is_known_gets_a_sentence(
    workplace: Workplace, session_factory: SessionFactory
) -> None:
    with session_scope(session_factory) as session:
        make_organization(session, "Stille Post e. V.")
    lines = run(workplace, "Stille Post e. V.").stdout.splitlines()
    assert lines[0].startswith("0 calls in 7 days")
    assert lines[1] == "Nothing was left out, changed or refused."


def test_an_unknown_organisation_is_an_error(workplace: Workplace) -> None:
    result = run(workplace, "Niemand e. V.")
    assert (result.exit_code, "no organisation" in result.stderr) == (1, True)
