"""What several pages of organisations need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from senfcall_avv.accounts.services import account_of
from senfcall_avv.audit.actions import actions_of
from senfcall_avv.i18n import _
from senfcall_avv.organizations import applications
from senfcall_avv.organizations.applications import Applicant
from senfcall_avv.organizations.history import tell
from senfcall_avv.organizations.models import Application
from senfcall_avv.organizations.resources import BelowOrganization, OrganizationResource
from senfcall_avv.organizations.schemas.fields import Facts, Rules

if TYPE_CHECKING:
    from senfcall_avv.audit.models import AuditEntry
    from senfcall_avv.documents.models import Document
    from senfcall_avv.organizations.contract_data import ContractTexts
    from senfcall_avv.settings import Settings
    from senfcall_avv.typing import Request


def settings_of(request: Request) -> Settings:
    settings: Settings = request.registry["avv.settings"]
    return settings


def texts_of(request: Request) -> ContractTexts:
    texts: ContractTexts = request.registry["avv.contract_texts"]
    return texts


def rules_of(request: Request) -> Rules:
    return applications.rules_of(settings_of(request), texts_of(request), request.now)


def facts_of(request: Request, application: Application, files: list[Document]) -> Facts:
    return applications.facts_of(application, applications.usable(files), rules_of(request))


def applicant_of(context: OrganizationResource | BelowOrganization, request: Request) -> Applicant:
    account = account_of(request)
    return Applicant(context.acting, account.email, account.confirmed_at is not None)


def told(request: Request, rows: Iterable[AuditEntry]) -> list[Mapping[str, Any]]:
    """Give entries of the trail as the time-line wants them."""
    actions = actions_of(request.registry)
    return [{"when": row.at, "who": "", "what": tell(request, actions, row)} for row in rows]


def author(request: Request, account_id: str | None, names: Mapping[str, str]) -> str:
    """Name who did something to the one who reads it: „dir“ for oneself."""
    identity = request.identity
    if identity is not None and account_id == identity.account_id:
        word: str = _("dir")
        return word
    return names.get(account_id or "", _("einer Person, die nicht mehr dabei ist"))
