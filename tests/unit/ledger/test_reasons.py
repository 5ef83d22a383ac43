from __future__ import annotations

import string

import pytest

from senfcall_avv.ledger.notes import CHECKSUM, VERDICTS
from senfcall_avv.ledger.reasons import CONSEQUENCE, REASONS, gravity, meaning
from senfcall_avv.policy.engine import Reason

GROUPS = {
    "N": "not_listed unknown_name lookalike bad_name reserved unsigned body_dropped",
    "F": "forced",
    "V": "bad_value not_a_choice bad_url malformed out_of_range too_short too_long no_match missing empty",
    "C": "clamped cleaned item_removed repeated",
    "D": "duplicate",
    "U": "call_unknown call_not_allowed method_not_allowed body_refused engine_rule engine_error",
    "A": "answered_here",
    "L": "limit_calls limit_joins limit_meetings",
}


def test_every_reason_of_the_policy_is_explained() -> None:
    limits = {"limit_calls", "limit_joins", "limit_meetings"}
    assert {str(reason) for reason in Reason} | limits | VERDICTS | {CHECKSUM} == set(REASONS)


@pytest.mark.parametrize("group", GROUPS)
def test_reasons_stand_in_their_groups(group: str) -> None:
    assert {code: meaning(code).group for code in GROUPS[group].split()} == dict.fromkeys(GROUPS[group].split(), group)


def test_sentences_ask_for_nothing_but_the_name() -> None:
    for code, (group, sentence) in REASONS.items():
        assert {field for _, field, _, _ in string.Formatter().parse(sentence) if field is not None} <= {"name"}, code
        assert sentence.endswith((".", ")")), code
        assert group in CONSEQUENCE, code


def test_what_ended_a_call_is_graver_than_what_it_lost_and_that_than_what_was_changed() -> None:
    codes = ["duplicate", "call_not_allowed", "limit_calls", "checksum", "bad_value", "not_listed", "clamped"]
    codes += ["forced", "answered_here", "forwarded"]
    assert [gravity(code) for code in codes] == sorted(gravity(code) for code in codes)
    assert len({gravity(code) for code in codes}) == len(codes)


def test_a_reason_of_a_plugged_in_engine_is_explained_in_general() -> None:
    assert "{name}" in meaning("something_new").sentence
    assert gravity("something_new") == gravity("engine_rule")
