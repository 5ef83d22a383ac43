"""What several pages do: who and with what, where to afterwards, and refusals in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response

from senfcall_avv.accounts.client import Client, client_of
from senfcall_avv.accounts.errors import AccountRefused, TooMany
from senfcall_avv.accounts.identity import remember
from senfcall_avv.accounts.keeping import CONTINUED, KEPT, offered
from senfcall_avv.accounts.means import Means, means_of
from senfcall_avv.accounts.models import Stage
from senfcall_avv.accounts.password import demand_good
from senfcall_avv.errors import TooManyTries
from senfcall_avv.i18n import _
from senfcall_avv.layout.form_page import FieldProblem
from senfcall_avv.layout.paths import own_path

if TYPE_CHECKING:
    from pyramid.response import Response

    from senfcall_avv.accounts.services_login import Entered
    from senfcall_avv.db import SessionFactory
    from senfcall_avv.typing import Request

START: Final = "/organizations"
"""Where people begin who come from nowhere in particular."""
WEAKNESSES: Final = {
    "short": _("Das Passwort braucht mindestens 12 Zeichen. Drei, vier Wörter hintereinander reichen."),
    "long": _("Das Passwort darf höchstens 128 Zeichen haben."),
    "characters": _("Im Passwort sind Zeichen, die sich nicht tippen lassen."),
    "personal": _("Das Passwort besteht fast nur aus deinem Namen oder deiner Adresse."),
    "common": _("Dieses Passwort steht auf Listen häufiger Passwörter."),
}


class Ground:
    """What a page of this room works with; mixed into form pages."""

    request: Request

    @property
    def means(self) -> Means:
        return means_of(self.request.registry)

    @property
    def factory(self) -> SessionFactory:
        """For what must outlive a refusal; asked for before anything is written in ``request.db``."""
        let_go(self.request)
        made: SessionFactory = self.request.registry["avv.session_factory"]
        return made

    @property
    def client(self) -> Client:
        return client_of(self.request)


def let_go(request: Request) -> None:
    """End what ``request.db`` has begun, in which nothing was written yet; it begins anew at its next use.

    In a request that may change something it holds SQLite's write lock, and a permission or a resource may have begun
    it already: a transaction beside it would wait for it in vain, and everybody else for a slow hash.
    """
    if "db" in request.__dict__:
        request.tm.abort()
        request.tm.begin()


def new_hash(means: Means, field: str, password: str, *about: str) -> str:
    """Hash a new password. Raises FieldProblem for a weak one."""
    try:
        demand_good(password, about)
    except AccountRefused as error:
        raise FieldProblem(field, WEAKNESSES[error.reason]) from None
    return means.passwords.hash(password)


def later(error: TooMany) -> TooManyTries:
    """Make the page that says when it goes on."""
    return TooManyTries(error.until)


def next_path(request: Request) -> str:
    """Give where somebody wanted to be: a path of ours, or the start."""
    wanted = request.GET.get("next")
    return START if wanted is None else own_path(request, wanted)


def with_next(request: Request, path: str) -> str:
    """Give a path that keeps where somebody wanted to be."""
    wanted = request.GET.get("next")
    return path if wanted is None else f"{path}?next={quote(own_path(request, wanted), safe='/')}"


def kept_entries(request: Request) -> str:
    """Give the sealed entries that came along with this form; empty if there are none."""
    value = request.POST.get(KEPT, "")
    return value if isinstance(value, str) else ""


def arrive(request: Request, entered: Entered) -> Response:
    """Lead on after a step of logging in: to the second step, to entries that were kept, or to where it was wanted."""
    kept = kept_entries(request)
    if entered.stage is not Stage.COMPLETE:
        from senfcall_avv.accounts.views.second_step import page_after_password

        response = (
            page_after_password(request, entered, kept)
            if kept
            else HTTPSeeOther(with_next(request, "/login/second-factor"))
        )
    else:
        entries = offered(means_of(request.registry).ring, entered.account.id, kept, request.now)
        response = HTTPSeeOther(next_path(request)) if entries is None else _entries_page(request, entries)
    return remember(request, response, entered.cookie)


def _entries_page(request: Request, entries: Any) -> Response:
    values = {"title": _("Deine Eingaben sind noch da"), "entries": entries, "continued": CONTINUED}
    return render_to_response("senfcall_avv.accounts:templates/entries.pt", values, request=request)
