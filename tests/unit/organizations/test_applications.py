from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from senfcall_avv.accounts.models import Role as StaffRoleName
from senfcall_avv.accounts.models import StaffRole
from senfcall_avv.audit.models import AuditEntry
from senfcall_avv.contracts.texts import Texts
from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.documents.models import Document
from senfcall_avv.mail.models import OutgoingMail
from senfcall_avv.organizations import applications, contract_data
from senfcall_avv.organizations.applications import ApplicationRefused, ChangedMeanwhile
from senfcall_avv.organizations.lifecycle import NotPossible, State
from senfcall_avv.organizations.models import Account, Answers, Application, Organization
from senfcall_avv.organizations.skeletons import similar_applications
from senfcall_avv.settings import Settings
from tests.factories.applications import (
    FILLED,
    NOW,
    applicant,
    fill,
    make_account,
    make_application,
    make_document,
    make_member,
    owned_organization,
)


def shown_hash(session: Session, settings: Settings, texts: Texts, application: Application) -> str:
    files = applications.usable(applications.files_of(session, application))
    facts = applications.facts_of(application, files, applications.rules_of(settings, texts, NOW))
    return texts.filled(contract_data.variables(facts), contract_data.modules(facts)).sha256


def ready(
    session: Session, name: str = "Stadtgarten Beispielhausen e. V."
) -> tuple[Application, Organization, Account]:
    application, organization, owner = make_application(session, name)
    make_document(session, application)
    answers = FILLED | {"organization": FILLED["organization"] | {"legal_name": name}}
    fill(session, application, owner, answers)
    return application, organization, owner


def submit(session: Session, settings: Settings, texts: Texts, application: Application, owner: Account) -> Application:
    seen = shown_hash(session, settings, texts, application)
    return applications.submit(session, settings, texts, application, applicant(owner), shown_hash=seen, now=NOW)


def mails(session: Session) -> list[tuple[str, str]]:
    rows = session.execute(select(OutgoingMail.message, OutgoingMail.recipient)).all()
    return sorted((message, recipient) for message, recipient in rows)


def refused(reason: str) -> pytest.RaisesExc[ApplicationRefused]:
    return pytest.raises(ApplicationRefused, match=f"^{reason}$")


def test_a_new_application_knows_the_organizations_name(session_factory: SessionFactory) -> None:
    with session_scope(session_factory) as session:
        application, organization, _owner = make_application(session)
        assert application.state is State.DRAFT
        saved = applications.answers_of(application, "organization")
        assert saved is not None
        assert saved.fields == {"legal_name": organization.name}


def test_one_application_is_open_at_a_time(session_factory: SessionFactory) -> None:
    with session_scope(session_factory) as session:
        _application, organization, owner = make_application(session)
        with refused("open"):
            applications.start(session, organization, applicant(owner), NOW)
    with pytest.raises(IntegrityError), session_scope(session_factory) as session:
        session.add(Application(organization_id=organization.id, state=State.SUBMITTED, created_at=NOW, touched_at=NOW))


def test_whoever_has_not_confirmed_the_address_begins_nothing(session_factory: SessionFactory) -> None:
    with session_scope(session_factory) as session:
        organization, _owner = owned_organization(session)
        new = make_member(session, organization, account=make_account(session, confirmed=False))
        with refused("address"):
            applications.start(session, organization, applicant(new), NOW)


def test_a_half_filled_page_is_kept_as_it_is(session_factory: SessionFactory) -> None:
    with session_scope(session_factory) as session:
        application, _organization, owner = make_application(session)
        fill(session, application, owner, {"contact": {"town": "Darmstadt"}})
    with session_scope(session_factory, write=False) as session:
        found = session.get(Answers, (application.id, "contact"))
        assert found is not None
        assert (found.fields, found.version, found.saved_by) == ({"town": "Darmstadt"}, 1, owner.id)


def test_the_organization_takes_the_name_that_was_filled_in(session_factory: SessionFactory) -> None:
    with session_scope(session_factory) as session:
        application, organization, owner = make_application(session, "Garten")
        fill(session, application, owner, {"organization": {"legal_name": "", "legal_form": "ev"}})
        assert organization.name == "Garten"
        fill(session, application, owner, {"organization": {"legal_name": "Stadtgarten e. V."}})
        assert organization.name == "Stadtgarten e. V."


def test_of_two_who_save_the_same_page_the_second_is_told(session_factory: SessionFactory) -> None:
    with session_scope(session_factory) as session:
        application, organization, owner = make_application(session)
        second = make_member(session, organization)
        fill(session, application, owner, {"contact": {"town": "Darmstadt"}})

    def save(town: str, seen: int) -> None:
        with session_scope(session_factory) as session:
            row = session.get_one(Application, application.id)
            applications.save_task(session, row, "contact", {"town": town}, seen=seen, account_id=second.id, now=NOW)

    save("Berlin", 1)
    with pytest.raises(ChangedMeanwhile) as caught:
        save("Hamburg", 1)
    assert caught.value.answers is not None
    assert caught.value.answers.fields == {"town": "Berlin"}
    save("Hamburg", 2)


def test_two_people_can_save_two_pages(session_factory: SessionFactory) -> None:
    with session_scope(session_factory) as session:
        application, _organization, owner = make_application(session)
    for task in ("contact", "use", "privacy"):
        with session_scope(session_factory) as session:
            row = session.get_one(Application, application.id)
            applications.save_task(session, row, task, {"a": task}, seen=0, account_id=owner.id, now=NOW)
    with session_scope(session_factory, write=False) as session:
        found = session.scalars(select(Answers.task).where(Answers.application_id == application.id)).all()
        assert set(found) == {"organization", "contact", "use", "privacy"}


def test_sending_fixes_answers_and_text_and_tells_everybody(
    session_factory: SessionFactory, settings: Settings, texts: Texts
) -> None:
    with session_scope(session_factory) as session:
        application, organization, owner = ready(session)
        second = make_member(session, organization)
        reader = make_account(session, "liest@example.org")
        session.add(StaffRole(account_id=reader.id, role=StaffRoleName.REVIEWER, created_at=NOW))
        seen = shown_hash(session, settings, texts, application)
        sent = submit(session, settings, texts, application, owner)
        assert (sent.state, sent.number, sent.submitted_by) == (State.SUBMITTED, "2026-0001", owner.id)
        assert (sent.text_version, sent.terms_version, sent.text_hash) == ("1.0", "1.0", seen)
        assert sent.snapshot is not None
        assert sent.snapshot["register"]["tax_number"] == "007 250 12345"
        assert mails(session) == sorted(
            [("submitted", owner.email), ("submitted", second.email), ("submitted_staff", reader.email)]
        )
    with session_scope(session_factory, write=False) as session:
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.number)).all()
        assert actions == ["application.started", "application.submitted"]


def test_numbers_run_within_the_year(session_factory: SessionFactory, settings: Settings, texts: Texts) -> None:
    with session_scope(session_factory) as session:
        numbers = []
        for name in ("Chor", "Theater", "Garten"):
            application, _organization, owner = ready(session, name)
            numbers.append(submit(session, settings, texts, application, owner).number)
        assert numbers == ["2026-0001", "2026-0002", "2026-0003"]


@pytest.mark.parametrize("lacking", [*FILLED, "file"])
def test_nothing_incomplete_is_sent(
    session_factory: SessionFactory, settings: Settings, texts: Texts, lacking: str
) -> None:
    with session_scope(session_factory) as session:
        application, _organization, owner = make_application(session)
        if lacking != "file":
            make_document(session, application)
        fill(session, application, owner, {task: values for task, values in FILLED.items() if task != lacking})
        with refused("incomplete"):
            submit(session, settings, texts, application, owner)
        assert application.state is State.DRAFT
        assert application.number is None


def test_a_rejected_file_is_no_proof(session_factory: SessionFactory, settings: Settings, texts: Texts) -> None:
    with session_scope(session_factory) as session:
        application, _organization, owner = make_application(session)
        make_document(session, application, accepted=False)
        fill(session, application, owner)
        with refused("incomplete"):
            submit(session, settings, texts, application, owner)


def test_a_text_that_was_not_shown_is_not_agreed_to(
    session_factory: SessionFactory, settings: Settings, texts: Texts
) -> None:
    with session_scope(session_factory) as session:
        application, _organization, owner = ready(session)
        seen = shown_hash(session, settings, texts, application)
        fill(session, application, owner, {"contact": FILLED["contact"] | {"street": "Anderswo 1"}})
        with refused("text"):
            applications.submit(session, settings, texts, application, applicant(owner), shown_hash=seen, now=NOW)
        assert application.text_hash is None


def test_ticks_below_an_older_text_do_not_count(
    session_factory: SessionFactory, settings: Settings, texts: Texts
) -> None:
    with session_scope(session_factory) as session:
        application, _organization, owner = ready(session)
        fill(session, application, owner, {"contract": FILLED["contract"] | {"text_version": "0.9"}})
        with refused("incomplete"):
            submit(session, settings, texts, application, owner)


def test_what_was_sent_is_sent_once_and_filled_in_no_more(
    session_factory: SessionFactory, settings: Settings, texts: Texts
) -> None:
    with session_scope(session_factory) as session:
        application, _organization, owner = ready(session)
        submit(session, settings, texts, application, owner)
        with pytest.raises(NotPossible):
            submit(session, settings, texts, application, owner)
        with pytest.raises(NotPossible):
            fill(session, application, owner, {"use": FILLED["use"]})
        with pytest.raises(NotPossible):
            applications.touch(session, application, NOW)
        with pytest.raises(NotPossible):
            applications.discard(session, application, applicant(owner), NOW)


def test_answers_that_no_longer_apply_are_not_sent(
    session_factory: SessionFactory, settings: Settings, texts: Texts
) -> None:
    with session_scope(session_factory) as session:
        application, _organization, owner = ready(session)
        fill(session, application, owner, {"organization": FILLED["organization"] | {"legal_form": "kdoer"}})
        sent = submit(session, settings, texts, application, owner)
        assert sent.snapshot is not None
        assert "tax_number" not in sent.snapshot["register"]


def withdrawn(session: Session, settings: Settings, texts: Texts) -> tuple[Application, Organization, Account]:
    application, organization, owner = ready(session)
    submit(session, settings, texts, application, owner)
    applications.withdraw(session, settings, application, applicant(owner), NOW)
    return application, organization, owner


def test_taking_back_is_confirmed_by_mail(session_factory: SessionFactory, settings: Settings, texts: Texts) -> None:
    with session_scope(session_factory) as session:
        application, _organization, owner = withdrawn(session, settings, texts)
        assert (application.state, application.decided_at) == (State.WITHDRAWN, NOW)
        assert ("withdrawn", owner.email) in mails(session)
        with pytest.raises(NotPossible):
            applications.withdraw(session, settings, application, applicant(owner), NOW)


def test_a_new_application_is_prefilled_but_declares_nothing(
    session_factory: SessionFactory, settings: Settings, texts: Texts
) -> None:
    with session_scope(session_factory) as session:
        old, organization, owner = withdrawn(session, settings, texts)
        new = applications.start(session, organization, applicant(owner), NOW + timedelta(days=1))
        assert new.id != old.id
        assert {row.task for row in new.saved} == FILLED.keys() - {"contract"}
        assert applications.answers_of(new, "contact").fields == FILLED["contact"]  # type: ignore[union-attr]  # there
        assert applications.latest(session, organization.id) is new
        assert applications.answers_of(old, "contact") is not None


def test_after_misuse_there_is_no_new_application(
    session_factory: SessionFactory, settings: Settings, texts: Texts
) -> None:
    with session_scope(session_factory) as session:
        application, organization, owner = ready(session)
        submit(session, settings, texts, application, owner)
        application.state, application.reason, application.decided_at = State.DECLINED, "misuse", NOW
        session.flush()
        with refused("misuse"):
            applications.start(session, organization, applicant(owner), NOW + timedelta(days=1))
        application.reason = "proof_illegible"
        session.flush()
        assert applications.start(session, organization, applicant(owner), NOW + timedelta(days=1))


def test_a_discarded_draft_is_gone_with_its_files(session_factory: SessionFactory) -> None:
    with session_scope(session_factory) as session:
        application, organization, owner = ready(session)
        applications.discard(session, application, applicant(owner), NOW)
        assert applications.latest(session, organization.id) is None
        assert session.scalars(select(Answers)).all() == []
        assert session.scalars(select(Document)).all() == []
        assert applications.start(session, organization, applicant(owner), NOW)


def test_names_and_domains_that_can_be_mistaken_are_shown_to_reviewers(
    session_factory: SessionFactory, settings: Settings, texts: Texts
) -> None:
    with session_scope(session_factory) as session:
        sent: list[Any] = []
        for name in ("Verein A", "Vеrein A", "Etwas ganz anderes"):
            application, _organization, owner = ready(session, name)
            values = FILLED["contact"] | {"email": f"info@verein{len(sent)}.example.org"}
            fill(session, application, owner, {"contact": values})
            sent.append(submit(session, settings, texts, application, owner))
        first, lookalike, other = sent
        assert similar_applications(session, lookalike) == [first]
        assert similar_applications(session, first) == [lookalike]
        assert similar_applications(session, other) == []


def test_an_application_never_shows_what_is_in_it() -> None:
    shown = repr(Application(id="a" * 22, state=State.DRAFT)) + repr(Answers(application_id="a" * 22, task="contact"))
    assert re.fullmatch(r"<Application a{22} draft><Answers a{22} contact>", shown)
