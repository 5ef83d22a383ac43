"""Every mail that we send, with the values that its texts may show: a closed list.

The texts stand in ``messages/<message>.<language>.subject`` and ``.txt``; ``{name}`` stands for a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, Literal

Language = Literal["de", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("de", "en")


class Kind(Enum):
    """What a value is, which says how it is cleaned.

    TEXT was typed by people and is not trusted; WORDS are ours; LINK is an address of the portal; NUMBER counts; MOMENT
    is a day or a time.
    """

    TEXT = "text"
    WORDS = "words"
    LINK = "link"
    NUMBER = "number"
    MOMENT = "moment"


_ORGANIZATION: Final = {"organization": Kind.TEXT}
_LINK: Final = {"link": Kind.LINK}
_ROLE: Final = {"role": Kind.WORDS}

MESSAGES: Final[Mapping[str, Mapping[str, Kind]]] = MappingProxyType(
    {
        # accounts
        "confirm": {"name": Kind.TEXT, **_LINK, "hours": Kind.NUMBER},
        "known_address": {"login_link": Kind.LINK, "reset_link": Kind.LINK},
        "reset": {**_LINK, "minutes": Kind.NUMBER},
        "password_changed": _LINK,
        "email_confirm": {**_LINK, "hours": Kind.NUMBER},
        "email_changed": {"masked_new": Kind.TEXT, **_LINK},
        "factor_changed": {"what": Kind.WORDS, **_LINK},
        "new_device": {"when": Kind.MOMENT, "device": Kind.TEXT, **_LINK},
        "failed_logins": {"count": Kind.NUMBER, **_LINK},
        "export_ready": {**_LINK, "hours": Kind.NUMBER},
        "account_deletion": {"date": Kind.MOMENT, **_LINK},
        # organisations
        "submitted": {**_ORGANIZATION, "number": Kind.WORDS, **_LINK, "days": Kind.NUMBER},
        "submitted_staff": {**_ORGANIZATION, "waiting": Kind.NUMBER, **_LINK},
        "withdrawn": {**_ORGANIZATION, "number": Kind.WORDS, "deletion_date": Kind.MOMENT, **_LINK},
        "draft_deletion": {**_ORGANIZATION, "date": Kind.MOMENT, **_LINK},
        "invitation": {
            **_ORGANIZATION,
            **_ROLE,
            "inviter_role": Kind.WORDS,
            **_LINK,
            "days": Kind.NUMBER,
            "line": Kind.TEXT,
        },
        "member_added": {**_ORGANIZATION, **_ROLE, **_LINK},
        "role_changed": {**_ORGANIZATION, **_ROLE, **_LINK},
        "member_removed": _ORGANIZATION,
    }
)

OPTIONAL: Final = frozenset(("line",))
"""Values that may be empty: then the paragraphs that show them are left out."""

FOR_STRANGERS: Final = frozenset(("confirm", "known_address", "reset", "email_confirm", "invitation"))
"""Mails that somebody else can cause at an address by typing it."""
