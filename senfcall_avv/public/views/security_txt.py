"""``/.well-known/security.txt`` (RFC 9116): where to report a weakness."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pyramid.response import Response

from senfcall_avv.public.installed import settings_of, texts_of

if TYPE_CHECKING:
    from senfcall_avv.public.resources import WellKnownResource
    from senfcall_avv.typing import Request

VALID_FOR: Final = timedelta(days=180)
"""The standard recommends less than a year; the date moves on as long as somebody runs this."""


def security_txt(_context: WellKnownResource, request: Request) -> Response:
    """Give the contact, the languages and the date until which this can be relied on."""
    url = settings_of(request).public_url
    expires = (request.now + VALID_FOR).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = (
        f"Contact: mailto:{texts_of(request).site.security_mail}",
        f"Expires: {expires.strftime('%Y-%m-%dT%H:%M:%SZ')}",
        "Preferred-Languages: de, en",
        f"Canonical: {url}/.well-known/security.txt",
    )
    return Response("".join(f"{line}\n" for line in lines), content_type="text/plain", charset="utf-8")
