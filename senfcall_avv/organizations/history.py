"""The kinds of entries that this room adds to the audit trail, with their sentences, and how members read the trail."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from senfcall_avv.audit import actions as trail
from senfcall_avv.audit.models import AuditEntry
from senfcall_avv.i18n import _
from senfcall_avv.organizations.models import Role
from senfcall_avv.organizations.roles import NAMES

if TYPE_CHECKING:
    from senfcall_avv.audit.actions import Action
    from senfcall_avv.typing import Request

WORDS: Final = MappingProxyType(
    {
        **{role.value: NAMES[role] for role in Role},
        "invited": _("Eine eingeladene Person"),
        "reviewer": _("Senfcall"),
        "second": _("Senfcall"),
        "operator": _("Senfcall"),
        "shell": _("Senfcall"),
        "system": _("Das Portal"),
        "proof": _("Bescheid"),
        "authority": _("Vollmacht"),
        "answer": _("Antwort"),
    }
)
"""What codes in entries are called: nobody from our team is named."""

ACTIONS: Final = (
    ("organization.founded", "{role} hat die Organisation angelegt.", "{role} created the organisation."),
    (
        "organization.deleted",
        "Die Organisation ist gelöscht: sie hatte nur einen unberührten Entwurf.",
        "The organisation is deleted: all it had was an untouched draft.",
    ),
    ("application.started", "{role} hat einen Antrag begonnen.", "{role} began an application."),
    (
        "application.submitted",
        "{role} hat den Antrag {number} abgeschickt.",
        "{role} submitted application {number}.",
    ),
    (
        "application.withdrawn",
        "{role} hat den Antrag {number} zurückgezogen.",
        "{role} withdrew application {number}.",
    ),
    ("application.discarded", "{role} hat den Entwurf verworfen.", "{role} discarded the draft."),
    (
        "application.lapsed",
        "Ein Entwurf ist gelöscht, weil ihn lange niemand bearbeitet hat.",
        "A draft is deleted because nobody worked on it for long.",
    ),
    (
        "application.uploads_removed",
        "Die Dateien eines geschlossenen Antrags sind gelöscht.",
        "The files of a closed application are deleted.",
    ),
    (
        "application.forgotten",
        "Die Angaben eines geschlossenen Antrags sind gelöscht.",
        "The data of a closed application are deleted.",
    ),
    ("document.uploaded", "{role} hat eine Datei hochgeladen ({kind}).", "{role} uploaded a file ({kind})."),
    ("document.removed", "{role} hat eine Datei entfernt ({kind}).", "{role} removed a file ({kind})."),
    ("document.viewed", "{role} hat eine Datei angesehen ({kind}).", "{role} viewed a file ({kind})."),
    ("member.invited", "Jemand wurde eingeladen, als {role}.", "Somebody was invited, as {role}."),
    ("member.joined", "Jemand ist dazugekommen, als {role}.", "Somebody joined, as {role}."),
    ("member.role_changed", "Ein Mitglied hat eine andere Rolle: {role}.", "A member has another role: {role}."),
    ("member.removed", "Ein Mitglied wurde entfernt, bisher {role}.", "A member was removed, {role} before."),
    ("member.left", "Ein Mitglied ist gegangen, bisher {role}.", "A member left, {role} before."),
    ("invitation.declined", "Eine Einladung wurde abgelehnt.", "An invitation was declined."),
    ("invitation.withdrawn", "Eine Einladung wurde zurückgenommen.", "An invitation was taken back."),
)


def declare(config: Any) -> None:
    """Declare them all."""
    for name, german, english in ACTIONS:
        config.add_audit_action(name, german, english)


def trail_of(
    session: Session, organization_id: str, *, topic: str = "", before: int | None = None, limit: int
) -> Sequence[AuditEntry]:
    """Give entries about an organisation, the newest first; ``topic`` is the first word of their actions."""
    query = select(AuditEntry).where(AuditEntry.organization_id == organization_id)
    if topic:
        query = query.where(AuditEntry.action.startswith(f"{topic}.", autoescape=True))
    if before is not None:
        query = query.where(AuditEntry.number < before)
    return session.scalars(query.order_by(AuditEntry.number.desc()).limit(limit)).all()


def tell(request: Request, actions: Mapping[str, Action], entry: AuditEntry) -> str:
    """Give the sentence of an entry, with roles and kinds in words."""
    if entry.action not in actions:
        unknown: str = request.localizer.translate(_("Etwas ist geschehen."))
        return unknown
    return trail.tell(actions, _worded(request, entry), request.language)


def _worded(request: Request, entry: AuditEntry) -> AuditEntry:
    """Give a copy of an entry, in no session, whose codes are words."""
    translate = request.localizer.translate
    facts = {
        name: translate(WORDS[value]) if isinstance(value, str) and value in WORDS else value
        for name, value in entry.facts.items()
    }
    role = translate(WORDS.get(entry.actor_role, entry.actor_role))
    return AuditEntry(action=entry.action, thing=entry.thing, actor_role=role, details=json.dumps(facts))
