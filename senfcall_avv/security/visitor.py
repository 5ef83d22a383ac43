"""The one cookie that a browser has with and without a log-in: form protection, language, messages, known device.

Its content is sealed, so a browser can neither read nor change it, but it can send an older one again: nothing here
says who somebody is. Under https it is called ``__Host-avv``, which no other host and no http page can plant.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any, Final

from webob.cookies import make_cookie

from senfcall_avv.sealing import SealBroken

if TYPE_CHECKING:
    from pyramid.config import Configurator
    from pyramid.response import Response

    from senfcall_avv.sealing import KeyRing
    from senfcall_avv.typing import Request

PLACE: Final = "cookie.visitor.all"
KEPT_SECONDS: Final = 365 * 24 * 60 * 60
MOST_BYTES: Final = 3500
"""Browsers drop cookies beyond 4096 bytes without a word."""


class TooMuchForCookie(ValueError):
    """What a room wanted kept does not fit into a cookie."""


class Visitor:
    """What a browser brings along, and takes back changed. Values are JSON."""

    def __init__(self, request: Request, ring: KeyRing, *, secure: bool) -> None:
        self._request = request
        self._ring = ring
        self._secure = secure
        self._name = "__Host-avv" if secure else "avv"
        self._content = self._read(request.cookies.get(self._name, ""))
        self._changed = False

    def get(self, name: str) -> Any:
        """Give what is kept under a name; None if nothing is."""
        return self._content.get(name)

    def set(self, name: str, value: Any) -> None:
        """Keep a value; None forgets it. Raises TooMuchForCookie."""
        if self._content.get(name) == value:
            return
        changed = {**self._content, name: value}
        self._content = {key: kept for key, kept in changed.items() if kept is not None}
        self._sealed()
        if not self._changed:
            self._changed = True
            self._request.add_response_callback(self._write)

    def _read(self, text: str) -> dict[str, Any]:
        if not text or len(text) > MOST_BYTES:
            return {}
        try:
            opened = json.loads(self._ring.open(base64.urlsafe_b64decode(text), PLACE))
        except (SealBroken, binascii.Error, ValueError):
            return {}
        return opened if isinstance(opened, dict) else {}

    def _sealed(self) -> str:
        plain = json.dumps(self._content, ensure_ascii=False, separators=(",", ":")).encode()
        text = base64.urlsafe_b64encode(self._ring.seal(plain, PLACE)).decode()
        if len(text) > MOST_BYTES:
            raise TooMuchForCookie(f"{len(text)} bytes")
        return text

    def _write(self, _request: Request, response: Response) -> None:
        cookie = make_cookie(
            self._name,
            self._sealed(),
            max_age=KEPT_SECONDS,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="Lax",
        )
        response.headerlist.append(("Set-Cookie", cookie))


def visitor_of(request: Request) -> Visitor:
    """Make what ``request.visitor`` gives."""
    registry = request.registry
    secure = registry["avv.settings"].public_url.startswith("https://")
    return Visitor(request, registry["avv.key_ring"], secure=secure)


def includeme(config: Configurator) -> None:
    config.registry["avv.visitor"] = visitor_of
