"""An expired session loses nothing: what was typed comes back after the log-in, for the same person, for an hour.

A form that arrives too late is answered with the log-in page, which carries the entries along, sealed to the account
whose session expired. Only a form of ours counts (our origin, this browser's token) and only together with an expired
session: otherwise a foreign page could have its own entries made valid. Passwords and files are left out, and sensitive
acts do not take entries that came back (``freshness``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from pyramid.csrf import check_csrf_token
from pyramid.exceptions import BadCSRFOrigin

from senfcall_avv.accounts.carrying import pack, unpack
from senfcall_avv.accounts.identity import expired_of
from senfcall_avv.layout.paths import HOME, own_path
from senfcall_avv.security import limits
from senfcall_avv.security.csrf import FIELD, from_our_origin

if TYPE_CHECKING:
    from senfcall_avv.sealing import KeyRing
    from senfcall_avv.typing import Request

LIFE: Final = timedelta(hours=1)
KEPT: Final = "kept"
"""Name of the hidden field that carries the sealed entries through the log-in."""
CONTINUED: Final = "continued"
"""Name of the field that marks entries which came back."""
MOST_BYTES: Final = 150_000
"""Sealed and encoded, they must fit into the log-in's own form."""
_SECRET = re.compile(r"pass|secret|token|code|pin$|answer|^key$", re.IGNORECASE)


@dataclass(frozen=True)
class Entries:
    """A form that came too late: where it was sent, and its fields in their order."""

    path: str
    fields: tuple[tuple[str, str], ...]

    @property
    def shown(self) -> list[str]:
        """What somebody typed, without the marks between the fields."""
        return [value for name, value in self.fields if not name.startswith("__") and value.strip()]


def _is_ours(request: Request) -> bool:
    try:
        return from_our_origin(request) and bool(check_csrf_token(request, header=None, raises=False))
    except BadCSRFOrigin:
        return False


def keep(request: Request, ring: KeyRing) -> str | None:
    """Seal the entries of a form that came too late; None where nothing may be offered again."""
    if request.method != "POST" or not request.content_length or request.content_length > limits.FORM_BYTES:
        return None
    found = expired_of(request)
    if found is None:
        return None
    limits.check(request)
    path = own_path(request, request.path_qs)
    if path == HOME or not _is_ours(request):
        return None
    fields = [
        [name, value]
        for name, value in request.POST.items()
        if isinstance(value, str) and name not in {FIELD, CONTINUED} and not _SECRET.search(name)
    ]
    text = pack(ring, "entries", found.account.id, [path, fields], request.now)
    return text if len(text) <= MOST_BYTES else None


def offered(ring: KeyRing, account_id: str, text: str | None, now: datetime) -> Entries | None:
    """Open the entries for whoever has logged in; None if they are somebody else's, or too old."""
    opened = unpack(ring, "entries", account_id, text, LIFE, now) if text else None
    if opened is None:
        return None
    path, fields = opened
    return Entries(path, tuple((name, value) for name, value in fields))
