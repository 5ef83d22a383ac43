"""What is forgotten by itself: untouched drafts, files and records of applications without approval, old invitations.

Each function does one kind, is told the moment, and gives the number it dealt with; the daily job calls them all.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from senfcall_avv.audit import services as audit
from senfcall_avv.db import session_scope
from senfcall_avv.documents import services as documents
from senfcall_avv.organizations import letters
from senfcall_avv.organizations.applications import erase
from senfcall_avv.organizations.lifecycle import CLOSED_UNAPPROVED, Event, State, Who, transition
from senfcall_avv.organizations.models import Application, Invitation, Membership, Organization

if TYPE_CHECKING:
    from senfcall_avv.settings import Settings


def deletion_of(application: Application, settings: Settings) -> datetime:
    """Say when a draft will be deleted if nobody touches it."""
    return application.touched_at + timedelta(days=settings.application.draft_days)


def forgotten_at(closed: datetime, days: int) -> datetime:
    """Say when something of a closed application is deleted that is kept for this many days."""
    return closed + timedelta(days=days)


def remind_of_drafts(session: Session, settings: Settings, now: datetime) -> int:
    """Warn of drafts that will be deleted soon, each once."""
    own = settings.application
    untouched_since = now - timedelta(days=own.draft_days - own.draft_reminder_days)
    rows = session.scalars(
        select(Application).where(
            Application.state == State.DRAFT,
            Application.touched_at <= untouched_since,
            Application.reminded_at.is_(None),
        )
    ).all()
    for application in rows:
        organization = session.get_one(Organization, application.organization_id)
        # A worker that stood still for weeks must still leave the days that the mail promises.
        promised = max(deletion_of(application, settings), now + timedelta(days=own.draft_reminder_days))
        letters.draft_deletion(session, settings, organization, promised.date(), now)
        application.reminded_at = now
    return len(rows)


def forget_drafts(session: Session, settings: Settings, now: datetime) -> int:
    """Delete drafts that nobody touched, and their organisation where nothing else hangs on it."""
    own = settings.application
    rows = session.scalars(
        select(Application)
        .where(
            Application.state == State.DRAFT,
            Application.touched_at <= now - timedelta(days=own.draft_days),
            Application.reminded_at <= now - timedelta(days=own.draft_reminder_days),
        )
        .with_for_update(skip_locked=True)
    ).all()
    for application in rows:
        transition(application.state, Event.LAPSE, Who.SYSTEM)
        organization_id = application.organization_id
        _note(session, "application.lapsed", organization_id, application.id, now)
        erase(session, application)
        _forget_organization(session, organization_id, now)
    return len(rows)


def forget_if_empty(session: Session, organization_id: str, now: datetime) -> None:
    """Delete an organisation that nobody belongs to, and that has nothing else."""
    member = select(Membership.account_id).where(Membership.organization_id == organization_id).limit(1)
    if session.scalar(member) is None:
        _forget_organization(session, organization_id, now)


def _forget_organization(session: Session, organization_id: str, now: datetime) -> None:
    """Delete an organisation that has nothing else; whatever another room keeps of it keeps it, too."""
    left = select(Application.id).where(Application.organization_id == organization_id).limit(1)
    if session.scalar(left) is not None:
        return
    try:
        with session.begin_nested():
            documents.remove_organization(session, organization_id)
            session.execute(delete(Invitation).where(Invitation.organization_id == organization_id))
            session.execute(delete(Membership).where(Membership.organization_id == organization_id))
            session.execute(delete(Organization).where(Organization.id == organization_id))
    except IntegrityError:
        return
    _note(session, "organization.deleted", organization_id, organization_id, now)


def remove_uploads(session: Session, settings: Settings, now: datetime) -> int:
    """Delete the files of applications that were closed without approval some time ago."""
    rows = session.scalars(
        select(Application).where(
            Application.state.in_(CLOSED_UNAPPROVED),
            Application.decided_at <= now - timedelta(days=settings.application.keep_uploads_days),
            Application.uploads_removed_at.is_(None),
        )
    ).all()
    for application in rows:
        documents.forget_for(session, application_id=application.id, now=now)
        application.uploads_removed_at = now
        _note(session, "application.uploads_removed", application.organization_id, application.id, now)
    return len(rows)


def forget_closed(session: Session, settings: Settings, now: datetime) -> int:
    """Delete the records of applications that were closed without approval long ago."""
    kept = timedelta(days=settings.application.keep_closed_days)
    rows = session.scalars(
        select(Application).where(Application.state.in_(CLOSED_UNAPPROVED), Application.decided_at <= now - kept)
    ).all()
    for application in rows:
        organization_id = application.organization_id
        _note(session, "application.forgotten", organization_id, application.id, now)
        erase(session, application)
        forget_if_empty(session, organization_id, now)
    return len(rows)


def forget_invitations(session: Session, now: datetime) -> int:
    """Delete invitations a month after they were answered or became too old."""
    month_ago = now - timedelta(days=30)
    done = session.execute(
        delete(Invitation).where(or_(Invitation.ended_at <= month_ago, Invitation.expires_at <= month_ago))
    )
    return int(done.rowcount)  # type: ignore[attr-defined]  # a DELETE's result is a cursor's


def _note(session: Session, action: str, organization_id: str, thing: str, now: datetime) -> None:
    audit.record(session, audit.SYSTEM, action, organization_id=organization_id, thing=thing, now=now)


def run(context: Any) -> str:
    """Do all of it, each kind in a transaction of its own; the job's daily work. Gives the numbers in a line."""
    settings, now = context.settings, context.now
    done = {}
    with session_scope(context.session_factory) as session:
        done["reminded"] = remind_of_drafts(session, settings, now)
    with session_scope(context.session_factory) as session:
        done["drafts"] = forget_drafts(session, settings, now)
    with session_scope(context.session_factory) as session:
        done["uploads"] = remove_uploads(session, settings, now)
    with session_scope(context.session_factory) as session:
        done["closed"] = forget_closed(session, settings, now)
    with session_scope(context.session_factory) as session:
        done["invitations"] = forget_invitations(session, now)
    return ", ".join(f"{name} {count}" for name, count in done.items())
