"""``/account/sessions``: where somebody is logged in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyramid.httpexceptions import HTTPSeeOther

from senfcall_avv.accounts import services_login, sessions
from senfcall_avv.accounts.means import means_of
from senfcall_avv.accounts.resources import AccountResource
from senfcall_avv.accounts.services import account_of
from senfcall_avv.i18n import _
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    from pyramid.response import Response

    from senfcall_avv.typing import Request


def show(_context: AccountResource, request: Request) -> dict[str, Any]:
    """List the sessions that still count."""
    identity = request.identity
    rows = sessions.list_live(request.db, identity.account_id, means_of(request.registry).lifetimes, request.now)
    return {"title": _("Anmeldungen"), "rows": rows, "this": identity.session_id, "now": request.now}


def end(_context: AccountResource, request: Request) -> Response:
    """End one session, or all but this one."""
    account, identity = account_of(request), request.identity
    chosen = request.POST.get("end")
    if chosen == "others":
        services_login.end_other_sessions(request.db, account, identity.session_id, request.now)
        request.messages.add("ok", _("Alle anderen Anmeldungen sind beendet."))
    elif isinstance(chosen, str) and services_login.end_session(request.db, account, chosen, request.now):
        request.messages.add("ok", _("Die Anmeldung ist beendet."))
    return HTTPSeeOther("/account/sessions")


def includeme(config: Any) -> None:
    options = {"context": AccountResource, "name": "sessions", "permission": Permission.OWN_ACCOUNT}
    template = "senfcall_avv.accounts:templates/sessions.pt"
    config.add_view(show, renderer=template, request_method=("GET", "HEAD"), **options)
    config.add_view(end, request_method="POST", **options)
