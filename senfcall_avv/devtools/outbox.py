"""``/devtools/outbox``: the mails that would have been sent, to be read and clicked on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pyramid.response import Response

from senfcall_avv.devtools.components import DevtoolsResource
from senfcall_avv.mail.composing import NotComposed, compose
from senfcall_avv.mail.models import OutgoingMail
from senfcall_avv.mail.rendering import Text
from senfcall_avv.mail.sending import envelope_of, text_of
from senfcall_avv.mail.services import mails
from senfcall_avv.root import Resource
from senfcall_avv.sealing import SealBroken
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    from senfcall_avv.typing import Request

SHOWN: Final = 100
_ID: Final = re.compile(r"[A-Za-z0-9_-]{22}")
_GONE: Final = "(Der Text ist nicht mehr da.)"
_STATES: Final = {"waiting": "wartet", "sent": "abgeholt", "failed": "aufgegeben"}


class OutboxResource(Resource):
    """``/devtools/outbox``."""

    title = "Postausgang"

    def child(self, name: str) -> MailResource | None:
        mail = self.request.db.get(OutgoingMail, name) if _ID.fullmatch(name) else None
        return None if mail is None else MailResource(self.request, name, self, mail)


class MailResource(Resource):
    """``/devtools/outbox/<id>``."""

    def __init__(self, request: Request, name: str, parent: Resource, mail: OutgoingMail) -> None:
        super().__init__(request, name, parent)
        self.mail = mail

    @property
    def title(self) -> str:
        return _read(self.request, self.mail).subject


class Piece(NamedTuple):
    """A part of a mail's text; ``link`` where it is an address of ours."""

    text: str
    link: bool


def _read(request: Request, mail: OutgoingMail) -> Text:
    registry = request.registry
    try:
        return text_of(registry["avv.key_ring"], registry["avv.settings"], mail)
    except (SealBroken, NotComposed, KeyError):
        return Text(_GONE, "")


def pieces(body: str, public_url: str) -> list[Piece]:
    """Cut a text where addresses of ours begin and end, so that they can be clicked on."""
    ours = re.compile(rf"({re.escape(public_url)}/(?:[!-~]*[^\s.,;!?])?)")
    return [Piece(text, number % 2 == 1) for number, text in enumerate(ours.split(body)) if text]


def outbox(context: OutboxResource, request: Request) -> dict[str, Any]:
    """List the newest mails."""
    rows = [
        {
            "url": request.resource_path(context, mail.id),
            "subject": _read(request, mail).subject,
            "to": mail.recipient,
            "at": mail.created_at,
            "state": _STATES[mail.state.value] + (f" ({mail.error})" if mail.error else ""),
        }
        for mail in mails(request.db, limit=SHOWN)
    ]
    return {"title": context.title, "mails": rows}


def one(context: MailResource, request: Request) -> dict[str, Any]:
    """Show one mail as people get it."""
    mail, settings = context.mail, request.registry["avv.settings"]
    text = _read(request, mail)
    facts = [("An", mail.recipient), ("Von", settings.mail_sender), ("Art", f"{mail.message}, {mail.language}")]
    return {
        "title": text.subject,
        "facts": facts,
        "pieces": pieces(text.body, settings.public_url),
        "back": request.resource_path(context.__parent__),
        "raw": request.resource_path(context, "raw"),
    }


def raw(context: MailResource, request: Request) -> Response:
    """Show one mail as it would go over the wire."""
    try:
        body = compose(_read(request, context.mail), envelope_of(request.registry["avv.settings"], context.mail))
    except NotComposed as error:
        body = error.reason.encode()
    return Response(body, content_type="text/plain", charset="utf-8")


def includeme(config: Any) -> None:
    config.add_child(DevtoolsResource, "outbox", OutboxResource)
    folder, public = "senfcall_avv.devtools:templates", {"permission": Permission.PUBLIC}
    config.add_view(outbox, context=OutboxResource, renderer=f"{folder}/outbox.pt", **public)
    config.add_view(one, context=MailResource, renderer=f"{folder}/mail.pt", **public)
    config.add_view(raw, context=MailResource, name="raw", **public)
