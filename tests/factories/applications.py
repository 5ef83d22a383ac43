"""People of organisations and their applications, for tests."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from senfcall_avv.accounts.models import Account
from senfcall_avv.documents.findings import MediaType
from senfcall_avv.documents.models import Document, DocumentKind, DocumentState
from senfcall_avv.documents.scanner import Scan
from senfcall_avv.organizations import applications
from senfcall_avv.organizations.applications import Applicant
from senfcall_avv.organizations.members import Acting, add_member
from senfcall_avv.organizations.models import Application, Organization, Role
from tests.factories.organizations import make_organization

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
_numbers = itertools.count(1)

FILLED: dict[str, dict[str, Any]] = {
    "organization": {"legal_name": "Stadtgarten Beispielhausen e. V.", "short_name": "", "legal_form": "ev"},
    "contact": {
        "street": "Gartenweg 3",
        "postcode": "64283",
        "town": "Darmstadt",
        "land": "HE",
        "website": "https://stadtgarten.example.org",
        "email": "vorstand@stadtgarten.example.org",
        "phone": "",
    },
    "register": {
        "register_type": "VR",
        "court": "Amtsgericht Darmstadt",
        "register_number": "1234",
        "tax_office": "Finanzamt Darmstadt",
        "tax_number": "007 250 12345",
        "business_number": "",
    },
    "use": {"frontends": ["nextcloud"], "other_frontend": "", "frontend_url": "", "largest": "25", "purpose": ""},
    "people": {
        "representative_1_name": "Ada Beispiel",
        "representative_1_function": "Vorsitz",
        "applicant_function": "Vorstand",
        "authority": "board",
    },
    "privacy": {
        "technical_email": "technik@stadtgarten.example.org",
        "privacy_email": "datenschutz@stadtgarten.example.org",
        "officer": "none",
        "regime": "dsgvo",
        "professional_secrecy": False,
        "instructors": "",
    },
    "proof": {
        "kind": "freistellungsbescheid",
        "date": "2024-03-01",
        "year_from": "2019",
        "year_to": "2022",
        "purposes": ["52"],
        "purpose_numbers": "1, 7",
    },
    "contract": {
        "authority": True,
        "text": True,
        "terms": True,
        "truth": True,
        "own_frontend": True,
        "text_version": "1.0",
        "terms_version": "1.0",
    },
}
"""Answers with which an application can be sent, once the notice is there."""


def make_account(
    session: Session, email: str | None = None, *, language: str = "de", confirmed: bool = True
) -> Account:
    """Make a person whose password nobody knows."""
    number = next(_numbers)
    account = Account(
        email=email or f"person{number}@example.org",
        name=f"Person {number}",
        language=language,
        password_hash="-",
        created_at=NOW,
        confirmed_at=NOW if confirmed else None,
    )
    session.add(account)
    session.flush()
    return account


def make_member(
    session: Session, organization: Organization, role: Role = Role.OWNER, account: Account | None = None
) -> Account:
    """Make a person who belongs to an organisation."""
    person = account or make_account(session)
    add_member(session, organization, person.id, role, NOW)
    return person


def owned_organization(session: Session, name: str | None = None) -> tuple[Organization, Account]:
    """Make an organisation with its owner."""
    organization = make_organization(session, name)
    return organization, make_member(session, organization)


def applicant(account: Account, role: Role = Role.OWNER) -> Applicant:
    """Give a person as services know the one who acts."""
    return Applicant(Acting(account.id, role), account.email, account.confirmed_at is not None)


def make_application(
    session: Session, name: str | None = None, now: datetime = NOW
) -> tuple[Application, Organization, Account]:
    """Make an organisation with an owner and a fresh draft."""
    organization, owner = owned_organization(session, name)
    return applications.start(session, organization, applicant(owner), now), organization, owner


def fill(
    session: Session,
    application: Application,
    account: Account,
    answers: Mapping[str, Mapping[str, Any]] = FILLED,
    now: datetime = NOW,
) -> None:
    """Fill in tasks, as if each page had been saved once."""
    for task, values in answers.items():
        row = applications.answers_of(application, task)
        seen = row.version if row else 0
        applications.save_task(session, application, task, values, seen=seen, account_id=account.id, now=now)


def make_document(
    session: Session, application: Application, kind: DocumentKind = DocumentKind.PROOF, *, accepted: bool = True
) -> Document:
    """Put a file on the shelf without looking into it."""
    number = next(_numbers)
    document = Document(
        organization_id=application.organization_id,
        application_id=application.id,
        number=number,
        uploaded_by=None,
        kind=kind,
        media_type=MediaType.PDF if accepted else None,
        original_name=f"bescheid-{number}.pdf",
        size=1000,
        pages=2 if accepted else None,
        sha256=f"{number:064x}" if accepted else None,
        sealed=b"sealed" if accepted else None,
        state=DocumentState.ACCEPTED if accepted else DocumentState.REJECTED,
        reason=None if accepted else "type",
        scan=next(iter(Scan)),
        created_at=NOW,
    )
    session.add(document)
    session.flush()
    return document
