"""What may happen to an application from the applicant's side: begin, fill in, send, take back, begin anew.

Every change takes the application's row first. So nothing is saved into an application that is being sent, and of two
people who save the same page the second is told, instead of silently winning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from senfcall_avv.audit import services as audit
from senfcall_avv.documents import services as documents
from senfcall_avv.organizations import contract_data, figures, letters
from senfcall_avv.organizations.lifecycle import CLOSED_UNAPPROVED, Event, State, Transition, Who, transition
from senfcall_avv.organizations.members import Acting
from senfcall_avv.organizations.models import Answers, Application, ApplicationEvent, Organization
from senfcall_avv.organizations.reasons import MISUSE
from senfcall_avv.organizations.schemas.fields import EMPTY, Facts, Rules
from senfcall_avv.organizations.skeletons import domain_skeleton, skeleton
from senfcall_avv.organizations.tasks import FORM_TASKS, overview, visible_fields

if TYPE_CHECKING:
    from senfcall_avv.documents.models import Document
    from senfcall_avv.organizations.contract_data import ContractTexts
    from senfcall_avv.settings import Settings

NOT_REPEATED: Final = frozenset(("contract",))
"""Tasks whose answers a new application does not take over: what is declared is declared anew."""


class ApplicationRefused(Exception):
    """It can't be done so.

    ``reason`` is ``address`` (the account's is not confirmed), ``incomplete`` (a task is not done), ``text`` (the
    contract is not the one that was shown), ``misuse`` (no new application) or ``open`` (there is one already).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ChangedMeanwhile(Exception):
    """Somebody else saved the same page in the meantime; ``answers`` is what stands there now."""

    def __init__(self, answers: Answers | None) -> None:
        super().__init__("changed")
        self.answers = answers


@dataclass(frozen=True)
class Applicant:
    """The owner who acts, with what the account has confirmed."""

    acting: Acting
    email: str
    confirmed: bool


def latest(session: Session, organization_id: str) -> Application | None:
    """Find the organisation's application: the open one, else the last; with answers. None where there never was one.

    At most one is open, and a new one can only begin when the others are closed, so the youngest is the one.
    """
    return session.scalar(
        select(Application)
        .options(selectinload(Application.saved))
        .where(Application.organization_id == organization_id)
        .order_by(Application.created_at.desc(), Application.id.desc())
        .limit(1)
    )


def latest_of(session: Session, organization_ids: Sequence[str]) -> dict[str, Application]:
    """Find the applications of several organisations as ``latest`` would, by organisation and without answers."""
    rows = session.scalars(
        select(Application)
        .where(Application.organization_id.in_(organization_ids))
        .order_by(Application.created_at, Application.id)
    ).all()
    return {row.organization_id: row for row in rows}


def rules_of(settings: Settings, texts: ContractTexts, now: datetime) -> Rules:
    """Give what the installation decided, as pages and checks need it."""
    own = settings.application
    years = {
        "freistellungsbescheid": own.proof_years_exemption,
        "anlage_kst": own.proof_years_exemption,
        "feststellung_60a": own.proof_years_new,
    }
    return Rules(now.date(), own.countries, own.size_band, years, texts.version, texts.terms_version)


def facts_of(application: Application, files: Mapping[str, int], rules: Rules) -> Facts:
    """Give all that is known about an application; ``files`` counts the usable ones by kind."""
    return Facts({row.task: row.fields for row in application.saved}, files, rules)


def files_of(session: Session, application: Application) -> list[Document]:
    """List what was uploaded to an application, rejected files included."""
    return list(documents.list_for(session, application_id=application.id))


def usable(files: list[Document]) -> Counter[str]:
    """Count the files that were accepted, by kind."""
    return Counter(file.kind.value for file in files if file.kept)


def _take(session: Session, application: Application) -> Application:
    """Take the application's row until the transaction ends, and read it afresh."""
    return session.scalars(
        select(Application)
        .options(selectinload(Application.saved))
        .where(Application.id == application.id)
        .with_for_update(of=Application)
        .execution_options(populate_existing=True)
    ).one()


def _step(
    session: Session, application: Application, row: Transition, who: Who, account_id: str | None, now: datetime
) -> None:
    """Bring an application into the row's state and write it into its time-line."""
    application.state = row.after
    session.add(
        ApplicationEvent(
            application_id=application.id,
            at=now,
            event=row.event,
            before=row.before,
            after=row.after,
            who=who,
            account_id=account_id,
        )
    )


def _note(session: Session, applicant: Applicant, action: str, application: Application, now: datetime) -> None:
    audit.record(
        session,
        applicant.acting.actor,
        action,
        organization_id=application.organization_id,
        thing=application.id,
        details={"number": application.number} if application.number else {},
        now=now,
    )


def start(session: Session, organization: Organization, applicant: Applicant, now: datetime) -> Application:
    """Begin an application, prefilled with the answers of the last one that was closed without approval.

    Raises ApplicationRefused (``address``, ``open``, ``misuse``) and NotPossible after an approval.
    """
    if not applicant.confirmed:
        raise ApplicationRefused("address")
    session.scalars(select(Organization.id).where(Organization.id == organization.id).with_for_update()).one()
    before = latest(session, organization.id)
    if before is not None and before.state not in CLOSED_UNAPPROVED | {State.APPROVED}:
        raise ApplicationRefused("open")
    if before is not None and before.state is State.DECLINED and before.reason == MISUSE:
        raise ApplicationRefused("misuse")
    event = Event.START if before is None else Event.REAPPLY
    row = transition(None if before is None else before.state, event, Who.OWNER)
    made = Application(organization_id=organization.id, state=row.after, created_at=now, touched_at=now)
    session.add(made)
    session.flush()
    made.saved = [] if before is None else _taken_over(before, applicant, now)
    if before is None:
        _prefill(made, organization, applicant, now)
    _step(session, made, row, Who.OWNER, applicant.acting.account_id, now)
    _note(session, applicant, "application.started", made, now)
    session.flush()
    return made


def _prefill(made: Application, organization: Organization, applicant: Applicant, now: datetime) -> None:
    """Enter what is known already, so that nobody types it twice."""
    made.saved.append(
        Answers(
            task="organization",
            fields={"legal_name": organization.name},
            version=1,
            saved_at=now,
            saved_by=applicant.acting.account_id,
        )
    )


def _taken_over(before: Application, applicant: Applicant, now: datetime) -> list[Answers]:
    return [
        Answers(task=row.task, fields=dict(row.fields), version=1, saved_at=now, saved_by=applicant.acting.account_id)
        for row in before.saved
        if row.task not in NOT_REPEATED
    ]


def answers_of(application: Application, task: str) -> Answers | None:
    """Give what was saved on one task's page."""
    return next((row for row in application.saved if row.task == task), None)


def save_task(
    session: Session,
    application: Application,
    task: str,
    values: Mapping[str, Any],
    *,
    seen: int,
    account_id: str,
    now: datetime,
) -> Answers:
    """Save a task's page, half-filled or not. ``seen`` is the version that was on the page, 0 for an empty one.

    Raises ChangedMeanwhile where somebody else saved it since, NotPossible once the application was sent.
    """
    taken = _take(session, application)
    transition(taken.state, Event.DISCARD, Who.OWNER)  # only a draft can still be filled in
    row = answers_of(taken, task)
    if (row.version if row else 0) != seen:
        raise ChangedMeanwhile(row)
    if row is None:
        row = Answers(application_id=taken.id, task=task, version=0)
        taken.saved.append(row)
    row.fields, row.version = dict(values), seen + 1
    row.saved_at, row.saved_by = now, account_id
    taken.touched_at, taken.reminded_at = now, None
    if task == "organization" and values.get("legal_name"):
        organization = session.get_one(Organization, taken.organization_id)
        if organization.name != values["legal_name"]:
            organization.name = str(values["legal_name"])
    session.flush()
    return row


def touch(session: Session, application: Application, now: datetime) -> None:
    """Note that somebody worked on a draft otherwise than by a page: uploaded a file, removed one.

    Raises NotPossible once the application was sent.
    """
    taken = _take(session, application)
    transition(taken.state, Event.DISCARD, Who.OWNER)
    taken.touched_at, taken.reminded_at = now, None


def snapshot(facts: Facts) -> dict[str, dict[str, Any]]:
    """Give what was said, as the pages asked it: answers to questions that no longer apply are left out."""
    found = {}
    for task in FORM_TASKS:
        values = facts.answers.get(task.name, EMPTY)
        found[task.name] = {field.name: values.get(field.name) for field in visible_fields(task, facts)}
    return found


def submit(
    session: Session,
    settings: Settings,
    texts: ContractTexts,
    application: Application,
    applicant: Applicant,
    *,
    shown_hash: str,
    now: datetime,
) -> Application:
    """Send an application: fix answers and contract text, give it a number, tell owners and reviewers.

    ``shown_hash`` is the SHA-256 of the filled text that stood on the page. Raises NotPossible (sent already),
    ApplicationRefused (``address``, ``incomplete``, ``text``).
    """
    taken = _take(session, application)
    row = transition(taken.state, Event.SUBMIT, Who.OWNER)
    if not applicant.confirmed:
        raise ApplicationRefused("address")
    facts = facts_of(taken, usable(files_of(session, taken)), rules_of(settings, texts, now))
    if not overview(facts).ready:
        raise ApplicationRefused("incomplete")
    filled = texts.filled(contract_data.variables(facts), contract_data.modules(facts))
    if filled.sha256 != shown_hash:
        raise ApplicationRefused("text")
    taken.text_version, taken.text_hash, taken.terms_version = filled.version, filled.sha256, filled.terms_version
    taken.snapshot = snapshot(facts)
    taken.name_skeleton = skeleton(str(facts.get("organization", "legal_name")))
    taken.domain_skeleton = domain_skeleton(str(facts.get("contact", "email")))
    taken.number = figures.next_number(session, now)
    taken.submitted_at, taken.submitted_by = now, applicant.acting.account_id
    _step(session, taken, row, Who.OWNER, applicant.acting.account_id, now)
    session.flush()
    _note(session, applicant, "application.submitted", taken, now)
    organization = session.get_one(Organization, taken.organization_id)
    days = figures.usual_days(session, settings.application.usual_days)
    letters.submitted(session, settings, taken, organization, days, now)
    return taken


def withdraw(
    session: Session, settings: Settings, application: Application, applicant: Applicant, now: datetime
) -> Application:
    """Take back what was sent. Raises NotPossible for a draft, and for what is decided."""
    taken = _take(session, application)
    row = transition(taken.state, Event.WITHDRAW, Who.OWNER)
    taken.decided_at = now
    _step(session, taken, row, Who.OWNER, applicant.acting.account_id, now)
    session.flush()
    _note(session, applicant, "application.withdrawn", taken, now)
    organization = session.get_one(Organization, taken.organization_id)
    deletion = now + timedelta(days=settings.application.keep_uploads_days)
    letters.withdrawn(session, settings, taken, organization, deletion.date(), now)
    return taken


def discard(session: Session, application: Application, applicant: Applicant, now: datetime) -> None:
    """Delete a draft with everything in it. Raises NotPossible once it was sent."""
    taken = _take(session, application)
    transition(taken.state, Event.DISCARD, Who.OWNER)
    _note(session, applicant, "application.discarded", taken, now)
    erase(session, taken)


def erase(session: Session, application: Application) -> None:
    """Delete an application with its files, answers and time-line. Who may ask for it is the caller's to know."""
    documents.remove_for(session, application_id=application.id)
    session.delete(application)
    session.flush()
