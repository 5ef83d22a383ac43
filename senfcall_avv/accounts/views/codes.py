"""What the pages of the second factor share: the key as text and picture, and the page that shows codes once."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import segno
from chameleon.utils import Markup
from pyramid.renderers import render_to_response

from senfcall_avv.accounts import two_factor
from senfcall_avv.i18n import _

if TYPE_CHECKING:
    from pyramid.response import Response

    from senfcall_avv.accounts.means import Means
    from senfcall_avv.accounts.models import Account
    from senfcall_avv.layout.forms import Form
    from senfcall_avv.typing import Request

WRONG_CODE: Final = _("Der Code stimmt nicht. Prüfe die Uhrzeit deines Geräts.")


def picture(text: str) -> Markup:
    """Draw a QR code as SVG: dark on light in every colour scheme, without any style of its own."""
    out = io.BytesIO()
    segno.make(text, error="m").save(
        out,
        kind="svg",
        xmldecl=False,
        svgns=True,
        scale=4,
        border=4,
        dark="#000",
        light="#fff",
        svgclass="qr",
        lineclass=None,
    )
    return Markup(out.getvalue().decode())


def setup_values(means: Means, account: Account, form: Form, request: Request) -> dict[str, Any]:
    """Give key and picture of the authenticator that a form is about to set up."""
    sealed = form["key"].cstruct
    key = two_factor.open_pending(means.ring, account.id, sealed, request.now) if isinstance(sealed, str) else None
    if key is None:
        key = two_factor.new_key()
        form["key"].cstruct = two_factor.seal_pending(means.ring, account.id, key, request.now)
        form.cstruct = {**(form.cstruct or {}), "key": form["key"].cstruct}
    return {
        "key_text": " ".join(key[at : at + 4] for at in range(0, len(key), 4)),
        "qr": picture(two_factor.address_for_app(key, account.email)),
    }


def codes_page(request: Request, codes: list[str], onward: str) -> Response:
    """Show recovery codes, which nobody can show again."""
    values = {"title": _("Deine Wiederherstellungscodes"), "codes": codes, "onward": onward}
    return render_to_response("senfcall_avv.accounts:templates/codes.pt", values, request=request)
