from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest

from senfcall_avv.organizations.schemas.fields import Facts, Rules
from senfcall_avv.organizations.tasks import BY_NAME, FORM_TASKS, TASKS, Status, lacking, overview, status_of
from tests.factories.applications import FILLED

RULES = Rules(date(2026, 11, 2), text_version="1.0", terms_version="1.0")


def facts(changes: dict[str, Any] | None = None, uploads: dict[str, int] | None = None, rules: Rules = RULES) -> Facts:
    """Give an application with everything filled in but for some answers (``task.field``)."""
    answers = copy.deepcopy(FILLED)
    for name, value in (changes or {}).items():
        task, _, field = name.partition(".")
        answers[task][field] = value
    return Facts(answers, {"proof": 1} if uploads is None else uploads, rules)


def test_there_are_nine_tasks_in_four_groups() -> None:
    names = [task.name for task in TASKS]
    assert names == ["organization", "contact", "register", "use", "people", "privacy", "proof", "contract", "check"]
    assert [len(rows) for _, rows in overview(facts()).groups()] == [4, 2, 2, 1]


def test_an_empty_application_has_everything_open() -> None:
    now = overview(Facts({}, {}, RULES))
    assert [row.status for row in now.rows] == [Status.TODO] * 8 + [Status.BLOCKED]
    assert (now.done, now.next.name, now.ready) == (0, "organization", False)


def test_a_full_one_waits_to_be_sent() -> None:
    now = overview(facts())
    assert [row.status for row in now.rows] == [Status.DONE] * 8 + [Status.TODO]
    assert (now.done, now.next.name, now.ready) == (8, "check", True)


@pytest.mark.parametrize("task", [task.name for task in FORM_TASKS])
def test_each_required_answer_is_missed(task: str) -> None:
    whole = facts()
    assert lacking(BY_NAME[task], whole) == []
    required = [field for field in BY_NAME[task].fields if field.required(whole) and field.visible(whole)]
    assert required
    for field in required:
        without = facts({f"{task}.{field.name}": ""})
        # What depends on this very answer is asked no more without it.
        assert field in lacking(BY_NAME[task], without)
        assert status_of(BY_NAME[task], without) is Status.PARTIAL
        assert overview(without).rows[-1].status is Status.BLOCKED


CONDITIONS = [
    # what is answered, what is then needed
    ({"organization.legal_form": "nev"}, "register", set(), {"register_number", "court", "register_type"}),
    ({"organization.legal_form": "foundation", "register.court": ""}, "register", set(), {"court"}),
    ({"organization.legal_form": "kdoer", "register.tax_number": ""}, "register", set(), {"tax_number"}),
    ({"register.tax_number": ""}, "register", {"tax_number"}, set()),
    ({"privacy.officer": "named"}, "privacy", {"officer_name", "officer_email"}, {"church_authority"}),
    ({"privacy.regime": "kdg"}, "privacy", {"church_authority"}, {"officer_name"}),
    ({"proof.kind": "kdoer", "proof.purposes": []}, "proof", set(), {"purposes", "purpose_numbers"}),
    ({"proof.purposes": ["54"], "proof.purpose_numbers": ""}, "proof", set(), {"purpose_numbers"}),
    ({"proof.purpose_numbers": ""}, "proof", {"purpose_numbers"}, set()),
]


@pytest.mark.parametrize(("changes", "task", "needed", "not_needed"), CONDITIONS)
def test_what_is_needed_depends_on_the_answers(
    changes: dict[str, Any], task: str, needed: set[str], not_needed: set[str]
) -> None:
    found = {field.name for field in lacking(BY_NAME[task], facts(changes))}
    assert needed <= found
    assert not not_needed & found


def test_the_notice_must_be_there() -> None:
    assert status_of(BY_NAME["proof"], facts(uploads={})) is Status.PARTIAL
    assert status_of(BY_NAME["proof"], facts(uploads={"authority": 1})) is Status.PARTIAL


def test_a_file_alone_begins_a_task() -> None:
    assert status_of(BY_NAME["proof"], Facts({}, {"proof": 1}, RULES)) is Status.PARTIAL


def test_whoever_acts_by_a_power_of_attorney_shows_it() -> None:
    by_power = {"people.authority": "power_of_attorney"}
    assert status_of(BY_NAME["people"], facts(by_power)) is Status.PARTIAL
    assert status_of(BY_NAME["people"], facts(by_power, {"proof": 1, "authority": 1})) is Status.DONE


@pytest.mark.parametrize(
    "rules",
    [
        Rules(date(2026, 11, 2), text_version="1.1", terms_version="1.0"),
        Rules(date(2026, 11, 2), text_version="1.0", terms_version="2.0"),
    ],
)
def test_another_text_makes_the_ticks_a_problem(rules: Rules) -> None:
    assert status_of(BY_NAME["contract"], facts(rules=rules)) is Status.PROBLEM
    unticked = facts({f"contract.{field.name}": False for field in BY_NAME["contract"].fields}, rules=rules)
    assert status_of(BY_NAME["contract"], unticked) is Status.TODO


def test_the_size_is_asked_only_where_the_rule_is_on() -> None:
    on = Rules(date(2026, 11, 2), size_band=True, text_version="1.0", terms_version="1.0")
    assert "size" in {field.name for field in lacking(BY_NAME["use"], facts(rules=on))}
    assert "size" not in {field.name for field in lacking(BY_NAME["use"], facts())}


def test_organizations_abroad_have_no_german_numbers() -> None:
    rules = Rules(date(2026, 11, 2), countries=("DE", "AT"), text_version="1.0", terms_version="1.0")
    abroad = {"contact.country": "AT", "contact.land": "", "register.tax_number": "", "register.tax_office": ""}
    assert lacking(BY_NAME["contact"], facts(abroad, rules=rules)) == []
    assert lacking(BY_NAME["register"], facts(abroad, rules=rules)) == []
    kinds = next(field for field in BY_NAME["proof"].fields if field.name == "kind")
    assert "foreign_at" in {choice.value for choice in kinds.choices(facts(rules=rules))}
    assert "foreign_at" not in {choice.value for choice in kinds.choices(facts())}
