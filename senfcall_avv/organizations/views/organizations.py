"""The list of one's organisations, and the page that makes a new one."""

from __future__ import annotations

from typing import Any

import colander
from deform.widget import TextInputWidget
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from senfcall_avv.accounts.services import account_of
from senfcall_avv.i18n import _
from senfcall_avv.layout.form_page import FieldProblem, FormPage
from senfcall_avv.layout.forms import Button
from senfcall_avv.organizations import applications
from senfcall_avv.organizations.applications import Applicant
from senfcall_avv.organizations.chips import application_chip
from senfcall_avv.organizations.members import Acting
from senfcall_avv.organizations.models import NAME_LENGTH, Role
from senfcall_avv.organizations.resources import OrganizationsResource, own_memberships
from senfcall_avv.organizations.roles import NAMES
from senfcall_avv.organizations.schemas.nodes import Checked
from senfcall_avv.organizations.services import OrganizationRefused, found_organization
from senfcall_avv.security import Permission
from senfcall_avv.typing import Request


def listed(context: OrganizationsResource, request: Request) -> dict[str, Any] | Response:
    """List one's organisations; who has one goes straight there, unless he asks for the list."""
    own = own_memberships(request)
    if len(own) == 1 and "all" not in request.GET:
        return HTTPSeeOther(request.resource_path(context, own[0].organization_id))
    latest = applications.latest_of(request.db, [row.organization_id for row in own])
    rows = [
        {
            "name": row.organization.name,
            "url": request.resource_path(context, row.organization_id),
            "role": NAMES[row.role],
            "chip": application_chip(latest.get(row.organization_id)),
        }
        for row in own
    ]
    return {
        "title": _("Deine Organisationen"),
        "rows": rows,
        "new_url": request.resource_path(context, "new"),
        "address": account_of(request).email,
    }


def _name(text: str) -> str:
    return text


class NewSchema(colander.Schema):
    """The name alone: everything else is asked later."""

    name = colander.SchemaNode(
        Checked(_name, NAME_LENGTH),
        title=_("Name der Organisation"),
        description=_("Genau so, wie er im Register oder im Bescheid steht. Ihr könnt ihn später ändern."),
        widget=TextInputWidget(attributes={"autocomplete": "organization"}),
    )


class NewOrganization(FormPage):
    """Make an organisation, and begin its application."""

    title = _("Organisation anlegen")
    buttons = (Button("save", _("Organisation anlegen"), "go", leads_on=True),)

    def schema(self) -> colander.Schema:
        return NewSchema()

    def save(self, appstruct: dict[str, Any]) -> Response:
        request = self.request
        account = account_of(request)
        try:
            organization = found_organization(request.db, appstruct["name"], account.id, request.now)
        except OrganizationRefused:
            raise FieldProblem("name", _("Ein Name hat mindestens zwei Zeichen.")) from None
        applicant = Applicant(Acting(account.id, Role.OWNER), account.email, account.confirmed_at is not None)
        applications.start(request.db, organization, applicant, request.now)
        return HTTPSeeOther(request.resource_path(self.context, organization.id, "application"))


def includeme(config: Any) -> None:
    config.add_view(
        listed,
        context=OrganizationsResource,
        permission=Permission.VIEW,
        renderer="senfcall_avv.organizations:templates/organizations.pt",
    )
    config.add_form_page(
        NewOrganization,
        context=OrganizationsResource,
        name="new",
        permission=Permission.VIEW,
        renderer="senfcall_avv.organizations:templates/new.pt",
    )
