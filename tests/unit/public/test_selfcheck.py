"""The five questions: each rule decides, the gravest wins, and nothing but the known answers counts."""

from __future__ import annotations

import itertools

import pytest

from senfcall_avv.public.selfcheck import (
    POWER_OF_ATTORNEY,
    QUESTIONS,
    READY,
    RULES,
    Outlook,
    answers_in,
    judge,
    unanswered,
)

GOOD = {"status": "yes", "proof": "exemption", "frontend": "have", "authority": "yes", "kind": "none"}
FINE = {
    "status": {"yes"},
    "proof": {"exemption", "new"},
    "frontend": {"have", "planned"},
    "authority": {"yes", "proxy"},
    "kind": {"none"},
}
UNLIKELY = {("status", "no"), ("frontend", "site"), ("kind", "school"), ("kind", "office")}


def test_good_answers_fit_and_say_what_to_have_ready() -> None:
    result = judge(GOOD)
    assert (result.outlook, result.points, result.ready) == (Outlook.FITS, (), READY)
    assert judge(GOOD | {"authority": "proxy"}).ready == (*READY, POWER_OF_ATTORNEY)


@pytest.mark.parametrize(("question", "choice"), [(q.name, c.value) for q in QUESTIONS for c in q.choices])
def test_one_answer_decides_alone(question: str, choice: str) -> None:
    expected = Outlook.UNLIKELY if (question, choice) in UNLIKELY else Outlook.CLARIFY
    result = judge(GOOD | {question: choice})
    assert result.outlook is (Outlook.FITS if choice in FINE[question] else expected)
    assert len(result.points) == (0 if choice in FINE[question] else 1)


def test_the_gravest_point_is_the_one_that_is_told() -> None:
    result = judge(GOOD | {"proof": "older", "kind": "school", "authority": "no"})
    assert result.outlook is Outlook.UNLIKELY
    assert [rule.question for rule in result.points] == ["kind"]
    assert len(judge(GOOD | {"proof": "older", "authority": "no"}).points) == 2


def test_every_set_of_answers_is_judged() -> None:
    for values in itertools.product(*([c.value for c in q.choices] for q in QUESTIONS)):
        answers = dict(zip((q.name for q in QUESTIONS), values, strict=True))
        assert (judge(answers).outlook is Outlook.FITS) is (not judge(answers).points)


def test_rules_name_questions_and_answers_that_exist() -> None:
    known = {(q.name, c.value) for q in QUESTIONS for c in q.choices}
    assert {(rule.question, answer) for rule in RULES for answer in rule.answers} <= known
    assert [rule.outlook for rule in RULES] == sorted((rule.outlook for rule in RULES), reverse=True)


def test_unknown_answers_count_as_none() -> None:
    found = answers_in({"status": "yes", "proof": "<b>", "else": "x"})
    assert found == {"status": "yes"}
    assert unanswered(found) == (2, 3, 4, 5)
    assert unanswered(GOOD) == ()
