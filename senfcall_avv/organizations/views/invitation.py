"""The page behind an invitation's link: who invites to what, and two buttons. Opening it changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from senfcall_avv.accounts.services import account_of
from senfcall_avv.i18n import _
from senfcall_avv.organizations import invitations
from senfcall_avv.organizations.members import MembersRefused
from senfcall_avv.organizations.roles import MEANINGS, NAMES
from senfcall_avv.organizations.views.shared import settings_of
from senfcall_avv.root import Root
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    from senfcall_avv.typing import Request

_PATH = "/invitation"


def shown(_context: Root, request: Request) -> dict[str, Any]:
    """Say who invites to what. To accounts with another address, only that it is not theirs."""
    token = str(request.GET.get("token", ""))
    invitation = invitations.invitation_of(request.db, token, request.now)
    if invitation is None:
        request.response.status_int = 404
        return {"title": _("Diese Einladung gilt nicht mehr"), "case": "ended"}
    back = quote(f"{_PATH}?token={quote(token)}", safe="")
    if request.identity is None:
        case, address = "stranger", ""
    else:
        account = account_of(request)
        case, address = ("own" if account.email == invitation.email else "other"), account.email
    tells = case != "other"
    return {
        "title": _("Einladung"),
        "case": case,
        "token": token,
        "organization": invitation.organization.name if tells else "",
        "role": NAMES[invitation.role] if tells else "",
        "meaning": MEANINGS[invitation.role] if tells else "",
        "inviter_role": NAMES[invitation.inviter_role] if tells else "",
        "address": address,
        "login_url": f"/login?next={back}",
        "signup_url": f"/signup?next={back}",
    }


def answer(_context: Root, request: Request) -> Response:
    """Accept or decline, as the button says."""
    token = str(request.POST.get("token", ""))
    if request.identity is None:
        return HTTPSeeOther(f"/login?next={quote(f'{_PATH}?token={quote(token)}', safe='')}")
    account = account_of(request)
    try:
        if "accept" in request.POST:
            membership = invitations.accept_invitation(request.db, settings_of(request), token, account, request.now)
            request.messages.add("ok", _("Willkommen. Du gehörst jetzt dazu."))
            return HTTPSeeOther(f"/organizations/{membership.organization_id}")
        invitations.decline_invitation(request.db, token, account, request.now)
    except MembersRefused as refused:
        if refused.reason == "member":
            request.messages.add("info", _("Du gehörst schon dazu."))
            return HTTPSeeOther("/organizations")
        return HTTPSeeOther(f"{_PATH}?token={quote(token)}")
    request.messages.add("ok", _("Die Einladung ist abgelehnt."))
    return HTTPSeeOther("/organizations")


def includeme(config: Any) -> None:
    config.add_view(
        shown,
        context=Root,
        name="invitation",
        permission=Permission.PUBLIC,
        renderer="senfcall_avv.organizations:templates/invitation.pt",
    )
    config.add_view(answer, context=Root, name="invitation", permission=Permission.PUBLIC, request_method="POST")
