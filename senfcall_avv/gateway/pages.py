"""What a person sees whose join link does not lead into a meeting: fixed texts in both languages, nothing of the
request.

Wrong checksum, unknown key and a blocked access are one and the same page.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple

from senfcall_avv.layout.notice import Notice, Text, render

_AGAIN_DE, _AGAIN_EN = "Nochmal versuchen", "Try again"


class JoinPage(NamedTuple):
    """A status and its texts."""

    status: int
    notice: Notice


def _page(status: int, de: tuple[str, str], en: tuple[str, str], *, again: bool = False) -> JoinPage:
    return JoinPage(
        status,
        Notice(
            Text("de", *de, action=_AGAIN_DE if again else ""),
            Text("en", *en, action=_AGAIN_EN if again else ""),
        ),
    )


NOT_RUNNING: Final = _page(
    404,
    (
        "Die Konferenz läuft gerade nicht",
        "Vielleicht hat sie noch nicht begonnen oder ist schon vorbei. Frag die Person, die dich eingeladen hat.",
    ),
    ("The meeting is not running", "It may not have started yet, or it is over. Ask whoever invited you."),
    again=True,
)
LINK_INVALID: Final = _page(
    403,
    ("Dieser Link gilt nicht mehr", "Öffne den Raum noch einmal dort, wo du ihn gefunden hast."),
    ("This link is no longer valid", "Open the room again where you found it."),
)
EARLIER_MEETING: Final = _page(
    410,
    ("Dieser Link gehört zu einer früheren Konferenz", "Öffne den Raum neu."),
    ("This link belongs to an earlier meeting", "Open the room again where you found it."),
)
NOT_ALLOWED: Final = _page(
    404,
    ("Mit diesem Link kommt man nicht hinein", "Öffne den Raum noch einmal dort, wo du ihn gefunden hast."),
    ("This link does not let you in", "Open the room again where you found it."),
)
FULL: Final = _page(
    409,
    ("Der Raum ist voll", "Sobald jemand geht, kannst du es noch einmal versuchen."),
    ("The room is full", "Try again when someone leaves."),
    again=True,
)
NO_SERVER: Final = _page(
    502,
    ("Der Videokonferenz-Server antwortet nicht", "Versuch es in einer Minute noch einmal."),
    ("The conference server does not answer", "Try again in a minute."),
    again=True,
)

BY_KEY: Final = MappingProxyType(
    {
        "checksumError": LINK_INVALID,
        "invalidMeetingIdentifier": NOT_RUNNING,
        "notFound": NOT_RUNNING,
        "meetingForciblyEnded": NOT_RUNNING,
        "mismatchCreateTimeParam": EARLIER_MEETING,
        "maxParticipantsReached": FULL,
        "serverUnavailable": NO_SERVER,
        "internalError": NO_SERVER,
    }
)
"""The page for a messageKey; every other refusal of a join is NOT_ALLOWED."""


def for_key(key: str) -> JoinPage:
    """Give the page that says to a person what a messageKey says to a plugin."""
    return BY_KEY.get(key, NOT_ALLOWED)


def body(page: JoinPage, request_id: str, accept_language: str) -> bytes:
    """Give the page's bytes."""
    return render(page.notice, request_id, accept_language)
