from __future__ import annotations

import pytest

from senfcall_avv.organizations.lifecycle import (
    OPEN,
    TRANSITIONS,
    Event,
    Guard,
    NotPossible,
    State,
    Who,
    may,
    transition,
)

EXPECTED = """
- start draft owner
draft submit submitted owner
draft discard deleted owner
draft lapse deleted system
submitted claim in_review reviewer
in_review release submitted reviewer,system
in_review take_over in_review operator,reviewer
submitted ask info_requested reviewer
in_review ask info_requested reviewer
deferred ask info_requested reviewer
info_requested answer in_review owner
info_requested no_answer expired system
in_review defer deferred reviewer
deferred resume in_review reviewer
in_review recommend second_review reviewer
second_review confirm approved second
second_review return in_review second
in_review approve approved reviewer
in_review decline declined reviewer
info_requested decline declined reviewer
second_review decline declined second
submitted withdraw withdrawn owner
in_review withdraw withdrawn owner
deferred withdraw withdrawn owner
info_requested withdraw withdrawn owner
second_review withdraw withdrawn owner
declined reapply draft owner
expired reapply draft owner
withdrawn reapply draft owner
declined reconsider in_review operator
""".strip().splitlines()
"""Written down a second time, from the rules and not from the code: state, event, next state, by whom."""


def test_the_table_is_what_was_agreed() -> None:
    rows = [" ".join((row.before or "-", row.event, row.after, ",".join(sorted(row.who)))) for row in TRANSITIONS]
    assert sorted(rows) == sorted(EXPECTED)


def test_no_event_leads_to_two_places() -> None:
    assert len({(row.before, row.event) for row in TRANSITIONS}) == len(TRANSITIONS)


def test_what_is_over_stays_so_but_for_a_new_beginning() -> None:
    ways_on = {(row.before, row.event) for row in TRANSITIONS if row.before not in OPEN | {None}}
    assert {event for _, event in ways_on} == {Event.REAPPLY, Event.RECONSIDER}
    assert State.APPROVED not in {state for state, _ in ways_on}
    assert State.DELETED not in {state for state, _ in ways_on}


def test_every_open_state_can_be_left_by_its_owner() -> None:
    for state in OPEN:
        assert may(state, Event.WITHDRAW, Who.OWNER) or may(state, Event.DISCARD, Who.OWNER)


def test_nobody_decides_about_an_organization_of_his_own() -> None:
    decisions = [row for row in TRANSITIONS if row.who & {Who.REVIEWER, Who.SECOND} and row.event is not Event.RELEASE]
    assert decisions
    assert all(Guard.NOT_OWN_ORGANIZATION in row.guards for row in decisions)


def test_a_second_look_is_another_persons() -> None:
    rows = [row for row in TRANSITIONS if row.before is State.SECOND_REVIEW and row.event is not Event.WITHDRAW]
    assert len(rows) == 3
    assert all(row.who == {Who.SECOND} and Guard.ANOTHER_REVIEWER in row.guards for row in rows)


@pytest.mark.parametrize(
    ("state", "event", "who", "reason"),
    [
        (State.DRAFT, Event.WITHDRAW, Who.OWNER, "state"),
        (State.APPROVED, Event.WITHDRAW, Who.OWNER, "state"),
        (State.SUBMITTED, Event.SUBMIT, Who.OWNER, "state"),
        (State.DRAFT, Event.SUBMIT, Who.REVIEWER, "role"),
        (State.IN_REVIEW, Event.APPROVE, Who.OWNER, "role"),
    ],
)
def test_what_the_table_does_not_have_cannot_happen(state: State, event: Event, who: Who, reason: str) -> None:
    with pytest.raises(NotPossible) as caught:
        transition(state, event, who)
    assert caught.value.reason == reason
    assert not may(state, event, who)
