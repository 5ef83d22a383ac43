from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from senfcall_avv.contracts.texts import Texts
from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.documents.models import Document
from senfcall_avv.endpoints.models import Endpoint
from senfcall_avv.mail.models import OutgoingMail
from senfcall_avv.organizations import personal, retention
from senfcall_avv.organizations.lifecycle import State
from senfcall_avv.organizations.models import Application, Invitation, Membership, Organization, Role
from senfcall_avv.sealing import KeyRing
from senfcall_avv.settings import Settings
from senfcall_avv.typing import JobContext
from tests.factories.applications import NOW, fill, make_application, make_document, make_member, owned_organization

DAY = timedelta(days=1)


def reminders(session: Session) -> list[str]:
    return list(session.scalars(select(OutgoingMail.recipient).where(OutgoingMail.message == "draft_deletion")))


def left(session: Session) -> tuple[int, int, int]:
    """Count organisations, applications and documents."""
    return (
        len(session.scalars(select(Organization)).all()),
        len(session.scalars(select(Application)).all()),
        len(session.scalars(select(Document)).all()),
    )


def test_an_untouched_draft_is_announced_once_and_then_deleted(
    session_factory: SessionFactory, settings: Settings
) -> None:
    with session_scope(session_factory) as session:
        application, _organization, owner = make_application(session)
        make_document(session, application)
        assert retention.remind_of_drafts(session, settings, NOW + 75 * DAY) == 0
        assert retention.remind_of_drafts(session, settings, NOW + 76 * DAY) == 1
        assert retention.remind_of_drafts(session, settings, NOW + 80 * DAY) == 0
        assert reminders(session) == [owner.email]
        assert retention.forget_drafts(session, settings, NOW + 90 * DAY - timedelta(seconds=1)) == 0
        assert retention.forget_drafts(session, settings, NOW + 90 * DAY) == 1
        assert left(session) == (0, 0, 0)


def test_a_draft_that_nobody_was_told_about_stays(session_factory: SessionFactory, settings: Settings) -> None:
    """A worker that stood still for weeks must not delete without the warning, and the days that it promises."""
    with session_scope(session_factory) as session:
        make_application(session)
        late = NOW + 200 * DAY
        assert retention.forget_drafts(session, settings, late) == 0
        assert retention.remind_of_drafts(session, settings, late) == 1
        assert retention.forget_drafts(session, settings, late + 13 * DAY) == 0
        assert retention.forget_drafts(session, settings, late + 14 * DAY) == 1


def test_a_draft_that_is_taken_up_again_begins_its_time_anew(
    session_factory: SessionFactory, settings: Settings
) -> None:
    with session_scope(session_factory) as session:
        application, _organization, owner = make_application(session)
        retention.remind_of_drafts(session, settings, NOW + 76 * DAY)
        fill(session, application, owner, {"use": {"purpose": "Vorstand"}}, NOW + 80 * DAY)
        assert retention.forget_drafts(session, settings, NOW + 100 * DAY) == 0
        assert retention.remind_of_drafts(session, settings, NOW + 156 * DAY) == 1


def test_an_organization_with_an_endpoint_outlives_its_draft(
    session_factory: SessionFactory, settings: Settings
) -> None:
    with session_scope(session_factory) as session:
        _application, organization, owner = make_application(session)
        session.add(Endpoint(organization_id=organization.id))
        session.flush()
        retention.remind_of_drafts(session, settings, NOW + 76 * DAY)
        assert retention.forget_drafts(session, settings, NOW + 90 * DAY) == 1
        assert left(session) == (1, 0, 0)
        assert session.scalars(select(Membership.account_id)).all() == [owner.id]


def closed(session: Session, state: State = State.WITHDRAWN) -> Application:
    application, _organization, _owner = make_application(session)
    make_document(session, application)
    make_document(session, application, accepted=False)
    application.state, application.decided_at = state, NOW
    session.flush()
    return application


@pytest.mark.parametrize("state", [State.WITHDRAWN, State.DECLINED, State.EXPIRED])
def test_files_and_then_the_record_of_a_closed_application_go(
    session_factory: SessionFactory, settings: Settings, texts: Texts, state: State
) -> None:
    with session_scope(session_factory) as session:
        application = closed(session, state)
        assert retention.remove_uploads(session, settings, NOW + 30 * DAY - timedelta(seconds=1)) == 0
        assert retention.remove_uploads(session, settings, NOW + 30 * DAY) == 1
        assert retention.remove_uploads(session, settings, NOW + 31 * DAY) == 0
        (file,) = session.scalars(select(Document)).all()
        assert (file.sealed, file.original_name, file.sha256 is None) == (None, "", False)
        assert retention.forget_closed(session, settings, NOW + 364 * DAY) == 0
        assert application.uploads_removed_at == NOW + 30 * DAY
        assert retention.forget_closed(session, settings, NOW + 365 * DAY) == 1
        assert left(session) == (1, 0, 0)


@pytest.mark.parametrize("state", [State.DRAFT, State.SUBMITTED, State.IN_REVIEW, State.APPROVED])
def test_what_is_open_or_approved_is_not_forgotten(
    session_factory: SessionFactory, settings: Settings, state: State
) -> None:
    with session_scope(session_factory) as session:
        closed(session, state)
        far = NOW + 4000 * DAY
        assert retention.remove_uploads(session, settings, far) == 0
        assert retention.forget_closed(session, settings, far) == 0
        assert left(session) == (1, 1, 2)


def test_old_invitations_are_forgotten(session_factory: SessionFactory) -> None:
    with session_scope(session_factory) as session:
        organization, _owner = owned_organization(session)
        for number, (expires, ended) in enumerate(((NOW, None), (NOW + 60 * DAY, NOW), (NOW + 60 * DAY, None))):
            session.add(
                Invitation(
                    organization_id=organization.id,
                    email=f"gast{number}@example.org",
                    role=Role.PRIVACY,
                    inviter_role=Role.OWNER,
                    token_hash=str(number) * 64,
                    created_at=NOW,
                    expires_at=expires,
                    ended_at=ended,
                )
            )
        assert retention.forget_invitations(session, NOW + 30 * DAY - timedelta(seconds=1)) == 0
        assert retention.forget_invitations(session, NOW + 30 * DAY) == 2
        assert session.scalars(select(Invitation.email)).all() == ["gast2@example.org"]


def test_the_last_owner_of_something_alive_cannot_go(session_factory: SessionFactory) -> None:
    with session_scope(session_factory) as session:
        application, organization, owner = make_application(session, "Chor Beispiel")
        assert "Chor Beispiel" in str(personal.hindrance(session, owner.id) or "") or personal.sole_ownerships(
            session, owner.id
        ) == ["Chor Beispiel"]
        application.state, application.decided_at = State.WITHDRAWN, NOW
        session.flush()
        assert personal.hindrance(session, owner.id) is None
        helper = make_member(session, organization, Role.TECHNICAL)
        assert personal.sole_ownerships(session, owner.id) == ["Chor Beispiel"]
        assert personal.hindrance(session, helper.id) is None
        make_member(session, organization, Role.OWNER)
        assert personal.hindrance(session, owner.id) is None


def test_with_the_account_goes_its_number_everywhere(session_factory: SessionFactory, settings: Settings) -> None:
    with session_scope(session_factory) as session:
        application, organization, owner = make_application(session)
        second = make_member(session, organization)
        personal.erase(session, owner.id, NOW)
        session.expire_all()
        assert session.scalars(select(Membership.account_id)).all() == [second.id]
        assert {row.saved_by for row in application.saved} == {None}
        assert {row.account_id for row in application.events} == {None}
        assert left(session)[:2] == (1, 1)
        assert personal.exported(session, second.id)[0]["role"] == "owner"


def test_an_empty_organization_goes_with_its_last_person(session_factory: SessionFactory) -> None:
    with session_scope(session_factory) as session:
        _organization, owner = owned_organization(session)
        personal.erase(session, owner.id, NOW)
        assert left(session) == (0, 0, 0)


def test_the_daily_job_does_all_of_it(session_factory: SessionFactory, settings: Settings, key_ring: KeyRing) -> None:
    with session_scope(session_factory) as session:
        make_application(session)
        closed(session)
    contexts = [JobContext(session_factory, settings, key_ring, None, NOW + days * DAY) for days in (76, 90, 365)]
    told = [retention.run(context) for context in contexts]
    assert told == [
        "reminded 1, drafts 0, uploads 1, closed 0, invitations 0",
        "reminded 0, drafts 1, uploads 0, closed 0, invitations 0",
        "reminded 0, drafts 0, uploads 0, closed 1, invitations 0",
    ]
