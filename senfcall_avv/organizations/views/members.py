"""People of an organisation: the list, inviting, changing a role, ending a membership."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import colander
from deform.widget import RadioChoiceWidget, TextInputWidget
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from senfcall_avv.accounts.services import account_of
from senfcall_avv.i18n import _
from senfcall_avv.layout.form_page import FieldProblem, FormPage
from senfcall_avv.layout.forms import Button
from senfcall_avv.organizations import invitations, members
from senfcall_avv.organizations.members import MembersRefused
from senfcall_avv.organizations.models import ADDRESS_LENGTH, LINE_LENGTH, Role
from senfcall_avv.organizations.resources import InvitationResource, MemberResource, MembersResource
from senfcall_avv.organizations.roles import MEANINGS, NAMES
from senfcall_avv.organizations.schemas import checks
from senfcall_avv.organizations.schemas.nodes import Checked
from senfcall_avv.organizations.views.shared import settings_of
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    from senfcall_avv.typing import Request

_WORDS = {
    "last_owner": _("Das ist die letzte Person mit der Rolle Verwaltung. Gebt die Rolle zuerst noch jemandem."),
    "unknown": _("Diese Person gehört nicht mehr dazu."),
    "role": _("Das darf deine Rolle nicht."),
    "member": _("Diese Person gehört schon dazu."),
    "limit": _("Für heute sind genug Einladungen unterwegs. Morgen geht es weiter."),
    "address": _("Das ist keine E-Mail-Adresse. Sie sieht so aus: vorstand@verein.example.org."),
}


def listed(context: MembersResource, request: Request) -> dict[str, Any]:
    """List the people and open invitations."""
    manages = request.has_permission(Permission.MANAGE_MEMBERS, context)
    people = members.members_of(request.db, context.organization.id)
    secured = members.with_second_factor(request.db, [row.account_id for row in people])
    owners = sum(row.role is Role.OWNER for row in people)
    return {
        "title": _("Mitglieder"),
        "people": [
            {
                "name": row.account.name,
                "own": row.account_id == context.acting.account_id,
                "role": NAMES[row.role],
                "meaning": MEANINGS[row.role],
                "since": row.created_at,
                "last_login": row.account.last_login_at,
                "secured": row.account_id in secured,
                "last_owner": row.role is Role.OWNER and owners == 1,
                "change_url": request.resource_path(context, row.account_id) if manages else None,
            }
            for row in people
        ],
        "invitations": [
            {
                "email": row.email,
                "role": NAMES[row.role],
                "expires_at": row.expires_at,
                "withdraw_url": request.resource_path(context, "invitations", row.id, "withdraw"),
            }
            for row in invitations.open_invitations(request.db, context.organization.id, request.now)
        ]
        if manages
        else [],
        "invite_url": request.resource_path(context, "invite") if manages else None,
        "leave_url": request.resource_path(context, "leave"),
    }


def _role_node(title: str) -> colander.SchemaNode:
    known = [role.value for role in Role]
    return colander.SchemaNode(
        colander.String(),
        name="role",
        title=title,
        validator=colander.OneOf(known),
        widget=RadioChoiceWidget(
            values=[(role.value, NAMES[role]) for role in Role],
            hints={role.value: MEANINGS[role] for role in Role},
        ),
    )


class InvitePage(FormPage):
    """Invite somebody by mail."""

    title = _("Person einladen")
    context: MembersResource
    buttons = (Button("invite", _("Einladung senden"), "go"),)

    def schema(self) -> colander.Schema:
        schema = colander.Schema()
        schema.add(
            colander.SchemaNode(
                Checked(checks.email, ADDRESS_LENGTH),
                name="email",
                title=_("E-Mail-Adresse"),
                description=_("Die Einladung gilt nur für ein Konto mit dieser Adresse."),
                widget=TextInputWidget(attributes={"type": "email", "autocomplete": "off"}),
            )
        )
        schema.add(_role_node(_("Rolle")))
        schema.add(
            colander.SchemaNode(
                Checked(lambda text: text, LINE_LENGTH),
                name="line",
                title=_("Ein Satz von dir"),
                description=_("Steht in der E-Mail."),
                missing="",
                widget=TextInputWidget(),
            )
        )
        return schema

    def save(self, appstruct: dict[str, Any]) -> Response:
        request = self.request
        try:
            invitations.invite(
                request.db,
                settings_of(request),
                organization_id=self.context.organization.id,
                acting=self.context.acting,
                address=appstruct["email"],
                role=Role(appstruct["role"]),
                line=appstruct["line"],
                language=account_of(request).language,
                now=request.now,
            )
        except MembersRefused as refused:
            raise FieldProblem("role" if refused.reason == "role" else "email", _WORDS[refused.reason]) from None
        request.messages.add("ok", _("Die Einladung ist unterwegs."))
        return HTTPSeeOther(request.resource_path(self.context))


class MemberPage(FormPage):
    """Give a member another role; the way to the end of the membership is on this page, too."""

    context: MemberResource
    title = _("Rolle ändern")
    buttons = (Button("change", _("Rolle ändern"), "go"),)

    def schema(self) -> colander.Schema:
        schema = colander.Schema()
        schema.add(_role_node(_("Rolle")))
        return schema

    def values(self) -> dict[str, Any]:
        return {"role": self.context.membership.role.value}

    def more(self) -> dict[str, Any]:
        return {
            "name": self.context.membership.account.name,
            "last_owner": members.is_last_owner(self.request.db, self.context.membership),
            "remove_url": self.request.resource_path(self.context, "remove"),
            "back_url": self.request.resource_path(self.context.__parent__),
        }

    def save(self, appstruct: dict[str, Any]) -> Response:
        request = self.request
        try:
            members.change_role(
                request.db,
                settings_of(request),
                organization_id=self.context.organization.id,
                acting=self.context.acting,
                account_id=self.context.membership.account_id,
                role=Role(appstruct["role"]),
                now=request.now,
            )
        except MembersRefused as refused:
            raise FieldProblem("role", _WORDS[refused.reason]) from None
        request.messages.add("ok", _("Die Rolle ist geändert."))
        return HTTPSeeOther(request.resource_path(self.context.__parent__))


def _end(context: MembersResource | MemberResource, request: Request, account_id: str) -> bool:
    """End a membership; says on the next page if that cannot be."""
    try:
        members.remove_member(
            request.db,
            organization_id=context.organization.id,
            acting=context.acting,
            account_id=account_id,
            now=request.now,
        )
    except MembersRefused as refused:
        request.messages.add("bad", _WORDS[refused.reason])
        return False
    return True


def ask_remove(context: MemberResource, request: Request) -> dict[str, Any]:
    """Say what the end of somebody's membership means."""
    return {
        "title": _("Person entfernen"),
        "name": context.membership.account.name,
        "organization": context.organization.name,
        "action": _("Person entfernen"),
        "own": False,
        "last_owner": members.is_last_owner(request.db, context.membership),
        "back_url": request.resource_path(context.__parent__),
    }


def remove(context: MemberResource, request: Request) -> Response:
    """End somebody's membership."""
    if _end(context, request, context.membership.account_id):
        request.messages.add("ok", _("Die Person gehört nicht mehr dazu."))
        if context.membership.account_id == context.acting.account_id:
            return HTTPSeeOther(request.resource_path(context.home.__parent__))
    return HTTPSeeOther(request.resource_path(context.__parent__))


def ask_leave(context: MembersResource, request: Request) -> dict[str, Any]:
    """Say what leaving means."""
    return {
        "title": _("Organisation verlassen"),
        "name": "",
        "organization": context.organization.name,
        "action": _("Organisation verlassen"),
        "own": True,
        "last_owner": members.is_last_owner(request.db, context.home.membership),
        "back_url": request.resource_path(context),
    }


def leave(context: MembersResource, request: Request) -> Response:
    """End one's own membership."""
    if not _end(context, request, context.acting.account_id):
        return HTTPSeeOther(request.resource_path(context))
    request.messages.add("ok", _("Du gehörst nicht mehr dazu."))
    return HTTPSeeOther(request.resource_path(context.home.__parent__))


def withdraw(context: InvitationResource, request: Request) -> Response:
    """Take an invitation back."""
    try:
        invitations.withdraw_invitation(
            request.db, context.organization.id, context.acting, context.invitation.id, request.now
        )
    except MembersRefused:
        request.messages.add("info", _("Diese Einladung ist schon beantwortet."))
    else:
        request.messages.add("ok", _("Die Einladung ist zurückgenommen."))
    return HTTPSeeOther(request.resource_path(context.home, "members"))


def includeme(config: Any) -> None:
    templates = "senfcall_avv.organizations:templates"
    manage, fresh = Permission.MANAGE_MEMBERS, _("Mitglieder und Rollen ändern")
    config.add_view(listed, context=MembersResource, permission=Permission.VIEW, renderer=f"{templates}/members.pt")
    config.add_form_page(
        InvitePage,
        context=MembersResource,
        name="invite",
        permission=manage,
        fresh=fresh,
        renderer=f"{templates}/invite.pt",
    )
    config.add_form_page(
        MemberPage, context=MemberResource, permission=manage, fresh=fresh, renderer=f"{templates}/member.pt"
    )
    ending = f"{templates}/membership_end.pt"
    config.add_view(ask_remove, context=MemberResource, name="remove", permission=manage, fresh=fresh, renderer=ending)
    config.add_view(
        remove, context=MemberResource, name="remove", permission=manage, fresh=fresh, request_method="POST"
    )
    config.add_view(ask_leave, context=MembersResource, name="leave", permission=Permission.VIEW, renderer=ending)
    config.add_view(leave, context=MembersResource, name="leave", permission=Permission.VIEW, request_method="POST")
    config.add_view(withdraw, context=InvitationResource, name="withdraw", permission=manage, request_method="POST")
