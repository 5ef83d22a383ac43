"""Sensitive acts ask for the password again unless it was shown a few minutes ago.

``config.add_view(…, fresh=_("Secret anzeigen"))``: the words say what for, and stand on the page that asks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from pyramid.httpexceptions import HTTPSeeOther

from senfcall_avv.accounts.keeping import CONTINUED
from senfcall_avv.layout.paths import HOME, own_path
from senfcall_avv.security.csrf import from_our_origin

if TYPE_CHECKING:
    from pyramid.interfaces import IViewDeriverInfo
    from pyramid.response import Response

    from senfcall_avv.typing import Request

View = Callable[[Any, "Request"], Any]
_WORDS: Final = "avv.fresh.words"


def words_for(registry: Any, key: str) -> str | None:
    """Give what a sensitive act is, by the key in the address of the page that asks; None for an unknown one."""
    known: Mapping[str, str] = registry.get(_WORDS, {})
    return known.get(key)


def is_fresh(request: Request) -> bool:
    """Say whether whoever sends this has proven who she is a few minutes ago."""
    identity = request.identity
    return identity is not None and request.now < identity.fresh_until


def ask_again(request: Request, key: str) -> Response:
    """Lead to the page that asks for the password, and from there back."""
    if request.method in {"GET", "HEAD"}:
        back = own_path(request, request.path_qs)
    else:
        at = urlsplit(request.headers.get("Referer", "")) if from_our_origin(request) else None
        back = own_path(request, at.path + (f"?{at.query}" if at.query else "")) if at else HOME
    return HTTPSeeOther(f"/login/confirm?why={key}&next={quote(back, safe='/')}")


def fresh_only(view: View, info: IViewDeriverInfo) -> View:
    """View deriver: the option ``fresh``."""
    words = info.options.get("fresh")
    if not words:
        return view
    key = hashlib.sha256(str(words).encode()).hexdigest()[:8]
    info.registry.setdefault(_WORDS, {})[key] = words

    def checked(context: Any, request: Request) -> Any:
        # Entries kept over an expired session came back with a fresh log-in; that must not carry a sensitive act.
        if not is_fresh(request) or (request.method == "POST" and CONTINUED in request.POST):
            return ask_again(request, key)
        return view(context, request)

    return checked


fresh_only.options = ("fresh",)  # type: ignore[attr-defined]  # how Pyramid learns the names of view options


def includeme(config: Any) -> None:
    # After the permission and the token: a stranger must not learn that there is something to confirm.
    config.add_view_deriver(fresh_only, under="csrf_view", over="rendered_view")
