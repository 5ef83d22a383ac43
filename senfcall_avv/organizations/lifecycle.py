"""The life of an application as one table: states, what may happen in them, who does it, what must hold, the mails.

Views, mails and the picture in the documents are drawn from it; nothing else says what may follow on what. Whoever
drives a row (the applicant's pages, the review desk, a job) asks ``transition`` first, so an event that the table does
not know cannot happen.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple


class State(StrEnum):
    """Where an application stands. A deleted one has no row any more."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    DEFERRED = "deferred"
    INFO_REQUESTED = "info_requested"
    SECOND_REVIEW = "second_review"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    DELETED = "deleted"


class Event(StrEnum):
    """What happens to an application."""

    START = "start"
    SUBMIT = "submit"
    DISCARD = "discard"
    LAPSE = "lapse"
    CLAIM = "claim"
    RELEASE = "release"
    TAKE_OVER = "take_over"
    ASK = "ask"
    ANSWER = "answer"
    NO_ANSWER = "no_answer"
    DEFER = "defer"
    RESUME = "resume"
    RECOMMEND = "recommend"
    CONFIRM = "confirm"
    RETURN = "return"
    APPROVE = "approve"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    REAPPLY = "reapply"
    RECONSIDER = "reconsider"


class Who(StrEnum):
    """In which role somebody does it. SECOND is a reviewer other than the first."""

    OWNER = "owner"
    REVIEWER = "reviewer"
    SECOND = "second"
    OPERATOR = "operator"
    SYSTEM = "system"


class Guard(StrEnum):
    """What must hold beside state and role; checked by those who drive the row."""

    CONFIRMED_ADDRESS = "confirmed_address"
    ALL_TASKS_DONE = "all_tasks_done"
    DECLARED = "declared"
    TEXT_AS_SHOWN = "text_as_shown"
    ONE_CLAIMER = "one_claimer"
    MESSAGE = "message"
    SECOND_REVIEW_ASKED_FOR = "second_review_asked_for"
    ANOTHER_REVIEWER = "another_reviewer"
    CHECKLIST_COMPLETE = "checklist_complete"
    REASON = "reason"
    NOT_MISUSE = "not_misuse"
    NOT_OWN_ORGANIZATION = "not_own_organization"


class Transition(NamedTuple):
    """One row. ``before`` is None where an application begins; ``mails`` are the outbox's message names."""

    before: State | None
    event: Event
    after: State
    who: frozenset[Who]
    guards: tuple[Guard, ...] = ()
    mails: tuple[str, ...] = ()


OPEN: Final = frozenset(
    (
        State.DRAFT,
        State.SUBMITTED,
        State.IN_REVIEW,
        State.DEFERRED,
        State.INFO_REQUESTED,
        State.SECOND_REVIEW,
    )
)
"""States that somebody still works on: an organisation has one such application at most."""
WAITING: Final = frozenset((State.SUBMITTED, State.IN_REVIEW, State.DEFERRED, State.SECOND_REVIEW))
"""States in which it is our turn."""
CLOSED_UNAPPROVED: Final = frozenset((State.DECLINED, State.WITHDRAWN, State.EXPIRED))


def _rows() -> tuple[Transition, ...]:
    draft, submitted, in_review = State.DRAFT, State.SUBMITTED, State.IN_REVIEW
    deferred, asked, second = State.DEFERRED, State.INFO_REQUESTED, State.SECOND_REVIEW
    owner, system, operator = frozenset((Who.OWNER,)), frozenset((Who.SYSTEM,)), frozenset((Who.OPERATOR,))
    reviewer, other = frozenset((Who.REVIEWER,)), frozenset((Who.SECOND,))
    stranger = Guard.NOT_OWN_ORGANIZATION
    row = Transition
    return (
        row(None, Event.START, draft, owner, (Guard.CONFIRMED_ADDRESS,)),
        row(
            draft,
            Event.SUBMIT,
            submitted,
            owner,
            (Guard.ALL_TASKS_DONE, Guard.DECLARED, Guard.TEXT_AS_SHOWN),
            ("submitted", "submitted_staff"),
        ),
        row(draft, Event.DISCARD, State.DELETED, owner),
        row(draft, Event.LAPSE, State.DELETED, system),
        row(submitted, Event.CLAIM, in_review, reviewer, (Guard.ONE_CLAIMER, stranger)),
        row(in_review, Event.RELEASE, submitted, reviewer | system),
        row(in_review, Event.TAKE_OVER, in_review, reviewer | operator, (stranger,)),
        *(
            row(state, Event.ASK, asked, reviewer, (Guard.MESSAGE, stranger), ("question",))
            for state in (submitted, in_review, deferred)
        ),
        row(asked, Event.ANSWER, in_review, owner, (Guard.MESSAGE,), ("answered",)),
        row(asked, Event.NO_ANSWER, State.EXPIRED, system, (), ("expired",)),
        row(in_review, Event.DEFER, deferred, reviewer, (Guard.MESSAGE, stranger)),
        row(deferred, Event.RESUME, in_review, reviewer, (stranger,)),
        row(in_review, Event.RECOMMEND, second, reviewer, (Guard.SECOND_REVIEW_ASKED_FOR, stranger)),
        row(second, Event.CONFIRM, State.APPROVED, other, (Guard.ANOTHER_REVIEWER, stranger), ("approved",)),
        row(second, Event.RETURN, in_review, other, (Guard.ANOTHER_REVIEWER, stranger)),
        row(in_review, Event.APPROVE, State.APPROVED, reviewer, (Guard.CHECKLIST_COMPLETE, stranger), ("approved",)),
        *(
            row(state, Event.DECLINE, State.DECLINED, reviewer, (Guard.REASON, stranger), ("declined",))
            for state in (in_review, asked)
        ),
        row(
            second,
            Event.DECLINE,
            State.DECLINED,
            other,
            (Guard.REASON, Guard.ANOTHER_REVIEWER, stranger),
            ("declined",),
        ),
        *(
            row(state, Event.WITHDRAW, State.WITHDRAWN, owner, (), ("withdrawn",))
            for state in (submitted, in_review, deferred, asked, second)
        ),
        *(
            row(state, Event.REAPPLY, draft, owner, (Guard.CONFIRMED_ADDRESS, Guard.NOT_MISUSE))
            for state in (State.DECLINED, State.EXPIRED, State.WITHDRAWN)
        ),
        row(State.DECLINED, Event.RECONSIDER, in_review, operator, (stranger,)),
    )


TRANSITIONS: Final = _rows()
_BY_STATE_AND_EVENT: Final = {(row.before, row.event): row for row in TRANSITIONS}


class NotPossible(Exception):
    """The table has no such row. ``reason`` is ``state`` or ``role``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def transition(before: State | None, event: Event, who: Who) -> Transition:
    """Give the row for an event in a state. Raises NotPossible (``state``: not now; ``role``: not by you)."""
    found = _BY_STATE_AND_EVENT.get((before, event))
    if found is None:
        raise NotPossible("state")
    if who not in found.who:
        raise NotPossible("role")
    return found


def may(before: State | None, event: Event, who: Who) -> bool:
    """Say whether the table has such a row, for pages that show a way only where there is one."""
    found = _BY_STATE_AND_EVENT.get((before, event))
    return found is not None and who in found.who
