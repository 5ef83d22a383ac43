"""Passkeys: the list under ``/account/passkeys``, and how they answer at the log-in. Adding and using one needs script.

The script asks for a challenge (``passkey-challenge``, JSON), lets the browser sign it, and sends a form as any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pyramid.httpexceptions import HTTPSeeOther

from senfcall_avv.accounts import passkeys, services_factors, services_login, sessions, throttle, two_factor
from senfcall_avv.accounts.client import client_of
from senfcall_avv.accounts.errors import AccountRefused, PasskeyRefused, TooMany
from senfcall_avv.accounts.identity import pending_of, remember, session_of
from senfcall_avv.accounts.means import means_of
from senfcall_avv.accounts.models import Account, Attempted, Ceremony, Stage
from senfcall_avv.accounts.resources import AccountResource, LoginResource
from senfcall_avv.accounts.services import account_of
from senfcall_avv.accounts.services_login import Entered
from senfcall_avv.accounts.views.codes import codes_page
from senfcall_avv.accounts.views.common import arrive, later, let_go, next_path, with_next
from senfcall_avv.accounts.views.factors import LAST_FACTOR
from senfcall_avv.db import session_scope
from senfcall_avv.i18n import _
from senfcall_avv.layout.texts import clean
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    from pyramid.response import Response

    from senfcall_avv.accounts.sessions import Found
    from senfcall_avv.typing import Request

_HERE: Final = "/account/passkeys"
_FAILED: Final = _("Der Passkey hat nicht funktioniert. Versuch es noch einmal oder nimm einen anderen Weg.")


class Asking(NamedTuple):
    """What an authenticator is asked for, in the present state of the log-in."""

    ceremony: Ceremony
    bound_to: str
    found: Found | None


def _asking(request: Request) -> Asking:
    pending = pending_of(request)
    if pending is not None and pending.row.stage is Stage.FACTOR:
        return Asking(Ceremony.FACTOR, pending.row.id, pending)
    if request.identity is not None:
        return Asking(Ceremony.CONFIRM, request.identity.session_id, session_of(request))
    return Asking(Ceremony.LOGIN, client_of(request).browser, None)


def _text(request: Request, name: str) -> str:
    value = request.POST.get(name, "")
    return value if isinstance(value, str) else ""


def show(_context: AccountResource, request: Request) -> dict[str, Any]:
    """List the passkeys."""
    return {"title": _("Passkeys"), "keys": two_factor.passkeys_of(request.db, request.identity.account_id)}


def ask_to_register(_context: AccountResource, request: Request) -> dict[str, str]:
    """Give what a new passkey has to sign."""
    account, db, means = account_of(request), request.db, means_of(request.registry)
    existing = two_factor.passkeys_of(db, account.id)
    this = request.identity.session_id
    asked = passkeys.ask_to_register(db, means.site, account, existing, this, request.now)
    return {"challenge": asked.challenge_id, "options": asked.options}


def change(_context: AccountResource, request: Request) -> Response:
    """Add a passkey, or take one away."""
    account, db, now = account_of(request), request.db, request.now
    means, this = means_of(request.registry), request.identity.session_id
    remove = _text(request, "remove")
    try:
        if remove:
            services_factors.remove_passkey(db, means, account, remove, this, now)
            request.messages.add("ok", _("Der Passkey ist entfernt."))
            return HTTPSeeOther(_HERE)
        name = str(clean(_text(request, "name")) or "Passkey")
        answer = _text(request, "answer")
        codes = services_factors.add_passkey(db, means, account, _text(request, "challenge"), answer, name, this, now)
    except PasskeyRefused:
        request.messages.add("bad", _FAILED)
        return HTTPSeeOther(_HERE)
    except AccountRefused as error:
        if error.reason == "last_factor":
            request.messages.add("bad", LAST_FACTOR)
        return HTTPSeeOther(_HERE)
    request.messages.add("ok", _("Der Passkey ist hinzugefügt."))
    response = codes_page(request, codes, _HERE) if codes else HTTPSeeOther(_HERE)
    found = session_of(request)
    return remember(request, response, services_login.raise_session(db, found.row, now)) if found else response


def ask(_context: LoginResource, request: Request) -> dict[str, str]:
    """Give what a known passkey has to sign: to log in, as the second step, or before a sensitive act."""
    means, now = means_of(request.registry), request.now
    asking = _asking(request)
    if asking.found is None:
        let_go(request)
        try:
            with session_scope(request.registry["avv.session_factory"]) as session:
                throttle.count(session, Attempted.CHALLENGE, "", client_of(request), now)
        except TooMany as error:
            raise later(error) from None
    account_id = asking.found.account.id if asking.found is not None else None
    keys = two_factor.passkeys_of(request.db, account_id) if account_id is not None else ()
    asked = passkeys.ask(
        request.db, means.site, asking.ceremony, asking.bound_to, now, account_id=account_id, passkeys=keys
    )
    return {"challenge": asked.challenge_id, "options": asked.options}


def answer(_context: LoginResource, request: Request) -> Response:
    """Take a passkey's answer."""
    asking, db, means, now = _asking(request), request.db, means_of(request.registry), request.now
    account_id = asking.found.account.id if asking.found is not None else None
    try:
        passkey = passkeys.check(
            db,
            means.site,
            asking.ceremony,
            _text(request, "challenge"),
            _text(request, "answer"),
            asking.bound_to,
            now,
            account_id=account_id,
        )
    except PasskeyRefused:
        request.messages.add("bad", _FAILED)
        return HTTPSeeOther(with_next(request, _page_of(asking.ceremony)))
    account = db.get_one(Account, passkey.account_id)
    if asking.ceremony is Ceremony.CONFIRM and asking.found is not None:
        cookie = services_login.refresh(db, asking.found.row, None, now)
        return remember(request, HTTPSeeOther(next_path(request)), cookie)
    return arrive(request, _enter(request, asking, account))


def _page_of(ceremony: Ceremony) -> str:
    pages = {Ceremony.FACTOR: "/login/second-factor", Ceremony.CONFIRM: "/login/confirm"}
    return pages.get(ceremony, "/login")


def _enter(request: Request, asking: Asking, account: Account) -> Entered:
    db, means, client, now = request.db, means_of(request.registry), client_of(request), request.now
    if asking.found is not None:
        return services_login.pass_factor(db, means, asking.found.row, account, None, client, "passkey", now)
    former = session_of(request)
    if former is not None:
        sessions.end(db, former.account.id, former.row.id)
    return services_login.enter_by_passkey(db, means, account, client, now)


def includeme(config: Any) -> None:
    own = {"context": AccountResource, "permission": Permission.OWN_ACCOUNT}
    public = {"context": LoginResource, "permission": Permission.PUBLIC, "request_method": "POST"}
    words = _("die Passkeys ändern")
    template = "senfcall_avv.accounts:templates/passkeys.pt"
    config.add_view(show, name="passkeys", renderer=template, request_method=("GET", "HEAD"), fresh=words, **own)
    config.add_view(change, name="passkeys", request_method="POST", fresh=words, **own)
    config.add_view(
        ask_to_register, name="passkey-challenge", renderer="json", request_method="POST", fresh=words, **own
    )
    config.add_view(ask, name="passkey-challenge", renderer="json", **public)
    config.add_view(answer, name="passkey", **public)
