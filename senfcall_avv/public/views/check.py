"""The self-check: answers stand in the address, the result above the form, and nothing is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from senfcall_avv.i18n import _
from senfcall_avv.layout.chips import Problem
from senfcall_avv.public.installed import settings_of
from senfcall_avv.public.selfcheck import QUESTIONS, Outlook, answers_in, judge, unanswered

if TYPE_CHECKING:
    from senfcall_avv.public.resources import CheckResource
    from senfcall_avv.typing import Request


def check(_context: CheckResource, request: Request) -> dict[str, Any]:
    """Ask five questions, and say what the answers mean. An answer that is missing is a 400."""
    answers = answers_in(request.GET)
    missing = unanswered(answers)
    asked = bool(request.GET)
    errors = []
    if asked and missing:
        request.response.status_int = 400
        errors = [_problem(number) for number in missing]
    application = settings_of(request).application
    return {
        "title": _("Passt das zu uns?"),
        "questions": QUESTIONS,
        "years": {"exemption": application.proof_years_exemption, "new": application.proof_years_new},
        "answers": answers,
        "result": judge(answers) if asked and not missing else None,
        "outlooks": Outlook,
        "errors": errors,
        "begin_url": "/organizations" if request.identity is not None else "/signup",
    }


def _problem(number: int) -> Problem:
    question = QUESTIONS[number - 1]
    words = _("Beantworte noch Frage ${number}.", mapping={"number": number})
    return Problem(f"{question.name}-{question.choices[0].value}", words)
