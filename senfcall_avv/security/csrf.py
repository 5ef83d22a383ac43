"""Forms are ours: each carries the token of the browser's sealed cookie, and comes from our own origin.

The token does not depend on a session, so it protects the log-in itself. Pyramid looks at ``Origin`` only where it
takes the request for https, and that depends on the proxy before us: here it is looked at always.
"""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from pyramid.exceptions import BadCSRFOrigin
from pyramid.interfaces import ICSRFStoragePolicy
from zope.interface import implementer

if TYPE_CHECKING:
    from pyramid.config import Configurator

    from senfcall_avv.typing import Request

FIELD: Final = "csrf_token"
_KEPT: Final = "csrf"
_PORTS: Final = {"https": 443, "http": 80}


def _origin(url: str) -> tuple[str, str | None, int | None] | None:
    try:
        at = urlsplit(url)
        return at.scheme, at.hostname, at.port or _PORTS.get(at.scheme)
    except ValueError:
        return None


def from_our_origin(request: Request) -> bool:
    """Say whether the browser tells that a page of the portal sent this: by Origin, or else by Referer."""
    ours = _origin(request.registry["avv.settings"].public_url)
    told = request.headers.get("Origin") or request.headers.get("Referer")
    return told is not None and _origin(told) == ours


@implementer(ICSRFStoragePolicy)
class VisitorsToken:
    """Keeps the token in ``request.visitor``."""

    def new_csrf_token(self, request: Request) -> str:
        token = secrets.token_urlsafe(24)
        request.visitor.set(_KEPT, token)
        return token

    def get_csrf_token(self, request: Request) -> str:
        kept = request.visitor.get(_KEPT)
        return kept if isinstance(kept, str) and kept else self.new_csrf_token(request)

    def check_csrf_token(self, request: Request, supplied_token: str) -> bool:
        if not from_our_origin(request):
            raise BadCSRFOrigin("another origin")
        kept = request.visitor.get(_KEPT)
        if not isinstance(kept, str) or not kept or not isinstance(supplied_token, str):
            return False
        return hmac.compare_digest(kept.encode(), supplied_token.encode(errors="replace"))


def includeme(config: Configurator) -> None:
    config.set_csrf_storage_policy(VisitorsToken())
    # The token stands in the form's body: no header, since no script of ours sends one.
    config.set_default_csrf_options(require_csrf=True, token=FIELD, header=None)
