"""``/signup`` and ``/signup/sent``: the same answer whether or not there is an account."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import colander
from pyramid.httpexceptions import HTTPSeeOther

from senfcall_avv.accounts import schemas, services_signup, throttle
from senfcall_avv.accounts.addresses import mask, normalise
from senfcall_avv.accounts.carrying import pack, unpack
from senfcall_avv.accounts.errors import TooMany
from senfcall_avv.accounts.means import means_of
from senfcall_avv.accounts.models import Attempted
from senfcall_avv.accounts.resources import SignUpResource
from senfcall_avv.accounts.services_signup import SignUp
from senfcall_avv.accounts.views.common import Ground, later, new_hash
from senfcall_avv.db import session_scope
from senfcall_avv.i18n import _
from senfcall_avv.layout.form_page import FormPage
from senfcall_avv.layout.forms import Button
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    from pyramid.response import Response

    from senfcall_avv.typing import Request

TRAP: Final = "website"
"""A field that people do not see; programs fill it in."""
SENT_LIFE: Final = timedelta(hours=24)


class SignUpPage(Ground, FormPage):
    """Sign up."""

    title = _("Konto anlegen")
    buttons = (Button("signup", _("Konto anlegen"), "go"),)

    def schema(self) -> colander.SchemaNode:
        hint = _("Am besten eine, die eure Organisation auch dann noch liest, wenn du weiterziehst.")
        return schemas.schema(
            schemas.email(_("E-Mail-Adresse"), hint, autocomplete="username"),
            schemas.password("password", _("Passwort"), schemas.NEW_PASSWORD_HINT, new=True),
            schemas.display_name(),
            schemas.language(),
        )

    def values(self) -> dict[str, Any]:
        return {"language": self.request.language}

    def more(self) -> dict[str, Any]:
        return {"trap": TRAP}

    def save(self, appstruct: dict[str, Any]) -> Response:
        email, client = normalise(appstruct["email"]), self.client
        try:
            with session_scope(self.factory) as session:
                subject = throttle.subject_of(self.means.ring, email)
                throttle.count(session, Attempted.SIGNUP, subject, client, self.request.now)
        except TooMany as error:
            raise later(error) from None
        hashed = new_hash(self.means, "password", appstruct["password"], email, appstruct["name"])
        if not self.request.POST.get(TRAP):
            entered = SignUp(email, appstruct["name"], appstruct["language"], hashed)
            services_signup.sign_up(self.request.db, self.means.links, entered, client, self.request.now)
        return to_sent(self.request, email)


def to_sent(request: Request, email: str) -> Response:
    """Lead to the page that says which inbox to look into."""
    sealed = pack(means_of(request.registry).ring, "signup-sent", "", email, request.now)
    return HTTPSeeOther(f"/signup/sent?to={sealed}")


def _address(request: Request) -> str | None:
    ring = means_of(request.registry).ring
    found = unpack(ring, "signup-sent", "", request.GET.get("to", ""), SENT_LIFE, request.now)
    return found if isinstance(found, str) else None


def sent(_context: SignUpResource, request: Request) -> Any:
    """Say which inbox to look into."""
    email = _address(request)
    if email is None:
        return HTTPSeeOther("/signup")
    return {"title": _("Schau in dein Postfach"), "address": mask(email)}


def send_again(_context: SignUpResource, request: Request) -> Response:
    """Send the mail once more."""
    email = _address(request)
    if email is None:
        return HTTPSeeOther("/signup")
    services_signup.send_again(request.db, means_of(request.registry).links, email, request.now)
    request.messages.add("ok", _("Wir haben die E-Mail noch einmal geschickt, höchstens einmal in der Minute."))
    return to_sent(request, email)


def includeme(config: Any) -> None:
    templates = "senfcall_avv.accounts:templates"
    public = {"context": SignUpResource, "permission": Permission.PUBLIC}
    config.add_form_page(SignUpPage, renderer=f"{templates}/signup.pt", **public)
    config.add_view(sent, name="sent", renderer=f"{templates}/sent.pt", request_method=("GET", "HEAD"), **public)
    config.add_view(send_again, name="sent", request_method="POST", **public)
