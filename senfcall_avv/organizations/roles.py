"""The three roles: what they are called, what each may do, and by which principals the tree knows them."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from senfcall_avv.i18n import _
from senfcall_avv.organizations.models import Role
from senfcall_avv.security import Permission

NAMES: Final = MappingProxyType(
    {Role.OWNER: _("Verwaltung"), Role.TECHNICAL: _("Technik"), Role.PRIVACY: _("Datenschutz")}
)
MEANINGS: Final = MappingProxyType(
    {
        Role.OWNER: _("Darf alles: Antrag, Vertrag, Zugang, Mitglieder."),
        Role.TECHNICAL: _("Sieht Adresse und Secret, wechselt es und sieht die Aktivität."),
        Role.PRIVACY: _("Liest Vertrag, Dokumente und Verlauf, ändert nichts."),
    }
)
PERMISSIONS: Final = MappingProxyType(
    {
        Role.OWNER: (
            Permission.VIEW,
            Permission.EDIT,
            Permission.SUBMIT,
            Permission.MANAGE_MEMBERS,
            Permission.VIEW_DOCUMENTS,
            Permission.VIEW_ENDPOINT,
            Permission.MANAGE_ENDPOINT,
            Permission.VIEW_CONTRACT,
            Permission.ACCEPT_CONTRACT,
            Permission.VIEW_ACTIVITY,
            Permission.VIEW_HISTORY,
        ),
        Role.TECHNICAL: (
            Permission.VIEW,
            Permission.VIEW_ENDPOINT,
            Permission.MANAGE_ENDPOINT,
            Permission.VIEW_ACTIVITY,
        ),
        Role.PRIVACY: (
            Permission.VIEW,
            Permission.VIEW_DOCUMENTS,
            Permission.VIEW_CONTRACT,
            Permission.VIEW_ACTIVITY,
            Permission.VIEW_HISTORY,
        ),
    }
)
_RANKS: Final = MappingProxyType({Role.OWNER: 2, Role.TECHNICAL: 1, Role.PRIVACY: 1})


def principal(role: Role, organization_id: str) -> str:
    """Name the members of one organisation in one role, as access lists do."""
    return f"org:{role}:{organization_id}"


def may_give(giver: Role, role: Role) -> bool:
    """Say whether a member may hand out a role: his own, or one below it."""
    return giver is role or _RANKS[giver] > _RANKS[role]
