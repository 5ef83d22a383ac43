"""Names that look alike: each gets a skeleton, and two names with the same skeleton can be taken for one another.

Follows the idea of Unicode's confusables with a small table of our own: letters of other scripts that look like Latin
ones, accents, case, digits that look like letters, spaces and punctuation, and the words for a legal form.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from senfcall_avv.organizations.models import Application

_LOOKS_LIKE: Final = MappingProxyType(
    {
        # for each Latin letter the small letters of other scripts, and the digits, that look like it
        "a": "аαɑ",
        "b": "ьƅ",
        "c": "сϲᴄ",
        "d": "ԁđ",
        "e": "еєҽε",
        "g": "ɡց",
        "h": "һհ",
        "i": "іιıӏ1l|ł",
        "j": "јϳ",
        "k": "кκ",
        "m": "мⅿ",
        "n": "ոηп",
        "o": "оοօ0øσ",
        "p": "рρ",
        "q": "ԛգ",
        "r": "гᴦ",
        "s": "ѕꜱ5",
        "t": "тτ",
        "u": "υսц",
        "v": "νѵ",
        "w": "ѡԝω",
        "x": "хχ",
        "y": "уүγ",
        "z": "ᴢ",
        "ss": "ß",
        "ae": "æ",
        "oe": "œ",
    }
)
_TABLE: Final = str.maketrans({one: latin for latin, others in _LOOKS_LIKE.items() for one in others})
_LEGAL_FORM: Final = re.compile(r"\b(?:e\.? ?v|eingetragener verein|ggmbh|gug|eg)\b\.?")


def skeleton(name: str) -> str:
    """Give what is left of a name once everything is gone in which look-alikes differ."""
    folded = unicodedata.normalize("NFKD", name).casefold()
    folded = _LEGAL_FORM.sub(" ", folded) if _LEGAL_FORM.sub("", folded).strip() else folded
    latin = unicodedata.normalize("NFKD", folded.translate(_TABLE)).translate(_TABLE)
    return "".join(character for character in latin if character.isalnum())[:200]


def domain_skeleton(address: str) -> str:
    """Give the skeleton of a mail address's domain, its dots kept: ``verein.example.org``."""
    domain = address.rpartition("@")[2]
    with contextlib.suppress(UnicodeError):  # a domain that is no IDNA name stands for itself
        domain = domain.encode("ascii").decode("idna")
    return ".".join(skeleton(part) for part in domain.split("."))


COMMON_PROVIDERS: Final = frozenset(
    domain_skeleton(f"x@{domain}")
    for domain in (
        "gmail.com", "googlemail.com", "gmx.de", "gmx.net", "web.de", "posteo.de", "mailbox.org", "t-online.de",
        "outlook.com", "outlook.de", "hotmail.com", "yahoo.de", "freenet.de", "icloud.com", "aol.com", "protonmail.com",
        "riseup.net", "systemli.org",
    )
)  # fmt: skip
"""Where many unrelated organisations have their addresses: sharing one of these says nothing."""


def similar_applications(session: Session, application: Application, most: int = 20) -> Sequence[Application]:
    """List submitted applications of other organisations whose name or mail domain can be taken for this one's.

    A hint for those who read it; it keeps nobody from applying.
    """
    same = [Application.name_skeleton == application.name_skeleton]
    if application.domain_skeleton and application.domain_skeleton not in COMMON_PROVIDERS:
        same.append(Application.domain_skeleton == application.domain_skeleton)
    return session.scalars(
        select(Application)
        .where(
            or_(*same),
            Application.organization_id != application.organization_id,
            Application.submitted_at.is_not(None),
        )
        .order_by(Application.submitted_at.desc(), Application.id)
        .limit(most)
    ).all()
