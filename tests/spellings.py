"""Meeting IDs as plugins, people and attackers write them, each with what becomes of it.

Independent of the product's code: what a policy accepts is said here by hand.
"""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from collections.abc import Callable
from typing import Literal, NamedTuple

Ground = Literal["not", "malformed", "form", "length"]


class Sight(NamedTuple):
    """What an attacker may know: both keys, and the internal ID of the other organisation's meeting."""

    own_key: str
    other_key: str
    other_internal_id: str
    shared: str
    """The ID that the other organisation gave to that meeting."""


class Spelling(NamedTuple):
    """An ID as it is sent. ``refused`` says on what ground, if no call takes it."""

    about: str
    write: Callable[[Sight], str]
    refused: Ground = "not"
    too_short_for_create: bool = False

    def kept(self, sight: Sight) -> str | None:
        """Give what is left after trimming; None where the ID is refused."""
        return self.write(sight).strip(" ") if self.refused == "not" else None


def _always(text: str) -> Callable[[Sight], str]:
    return lambda _: text


def _internal(length: int) -> Callable[[Sight], str]:
    return lambda sight: sight.other_internal_id[:length]


def _scoped(sight: Sight) -> str:
    return f"{sight.other_key}-{sight.shared}"


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


_HEX = "0123456789abcdef" * 2 + "01234567"
_LONGEST = "x" * 200
_AIMED = (
    # at the other organisation's meeting
    Spelling("the other's ID", lambda sight: sight.shared),
    Spelling("the other's scoped name", _scoped),
    Spelling("the other's key and a dash", lambda sight: f"{sight.other_key}-"),
    Spelling("the other's key", lambda sight: sight.other_key),
    Spelling("the other's key in capitals", lambda sight: _scoped(sight).upper()),
    Spelling("our own scoped name", lambda sight: f"{sight.own_key}-{sight.shared}"),
    Spelling("both keys", lambda sight: f"{sight.own_key}-{_scoped(sight)}"),
    Spelling("a separator before the other's name", lambda sight: f"-{_scoped(sight)}"),
    Spelling("a way out of our name", lambda sight: f"../{_scoped(sight)}"),
    Spelling("a second parameter inside the ID", lambda sight: f"x&meetingID={_scoped(sight)}"),
    Spelling("a second parameter, encoded again", lambda sight: f"x%26meetingID%3D{_scoped(sight)}"),
    Spelling("markup around the other's name", lambda sight: f"</meetingID><meetingID>{_scoped(sight)}"),
    Spelling("Base64 of the other's name", lambda sight: base64.b64encode(_scoped(sight).encode()).decode()),
    Spelling("SHA-1 of the other's name", lambda sight: _sha1(_scoped(sight))),
    Spelling("SHA-1 of the other's ID", lambda sight: _sha1(sight.shared)),
    Spelling("the other's internal ID", lambda sight: sight.other_internal_id),
    Spelling("its first character", _internal(1), too_short_for_create=True),
    Spelling("its first 2 characters", _internal(2)),
    Spelling("its first 10 characters", _internal(10)),
    Spelling("its first 40 characters", _internal(40)),
    Spelling("its first 41 characters", _internal(41)),
    Spelling("two IDs in a list", lambda sight: f"x1,{_scoped(sight)}", "form"),
)
_FORMS = (
    # anything that somebody may write
    Spelling("a letter", _always("x"), too_short_for_create=True),
    Spelling("a nought, as health checks ask", _always("0"), too_short_for_create=True),
    Spelling("small letters", _always("case-of-letters")),
    Spelling("capitals", _always("CASE-OF-LETTERS")),
    Spelling("spaces around", _always(" x1 ")),
    Spelling("a space inside", _always("Plenum im Mai")),
    Spelling("a no-break space", _always("a\u00a0b")),
    Spelling("a slash", _always("a/b")),
    Spelling("dots", _always("..")),
    Spelling("a way up", _always("../x")),
    Spelling("percent signs", _always("%%")),
    Spelling("percent signs, encoded twice", _always("%25%25")),
    Spelling("a comma, encoded twice", _always("a%2Cb")),
    Spelling("a NUL, encoded twice", _always("a%00b")),
    Spelling("a plus", _always("a+b")),
    Spelling("an entity", _always("&amp;")),
    Spelling("a tag", _always("<b>")),
    Spelling("the end of a section", _always("]]>")),
    Spelling("quotes", _always("""it's "quoted" """)),
    Spelling("a backslash and others", _always("\\|{}^`~[]")),
    Spelling("a question mark and a hash", _always("a?b#c=d;e")),
    Spelling("an emoji", _always("Kaffee \N{HOT BEVERAGE}\N{PARTY POPPER}")),
    Spelling("a family of emoji", _always("\U0001f469\u200d\U0001f469\u200d\U0001f467")),
    Spelling("composed", _always(unicodedata.normalize("NFC", "Café"))),
    Spelling("decomposed", _always(unicodedata.normalize("NFD", "Café"))),
    Spelling("from right to left", _always("\u05e9\u05dc\u05d5\u05dd")),
    Spelling("200 characters", _always(_LONGEST)),
    Spelling("200 emoji", _always("\N{GRINNING FACE}" * 200)),
    Spelling("201 characters", _always(_LONGEST + "x"), "length"),
    Spelling("a comma", _always("a,b"), "form"),
    Spelling("two spaces", _always("a  b"), "form"),
    Spelling("a line end", _always("x1\n"), "malformed"),
    Spelling("a tab", _always("a\tb"), "malformed"),
    Spelling("a NUL", _always("a\0b"), "malformed"),
    Spelling("a C1 control", _always("xa\x85b"), "malformed"),
    Spelling("what XML cannot carry", _always("xa\ufffeb"), "malformed"),
    Spelling("only spaces", _always("   "), "length"),
)
_FRONTENDS = (
    Spelling("Moodle", _always(f"{_HEX}-12-34")),
    Spelling("Moodle, a group", _always(f"{_HEX}-12-34[0]")),
    Spelling("WordPress", _always(_HEX)),
    Spelling("Stud.IP", _always(_HEX[:32])),
    Spelling("Rocket.Chat", _always(_HEX[:24])),
    Spelling("Rocket.Chat, letters", _always("aBcDeFgHiJkLmNoPq")),
    Spelling("Greenlight", _always("abcdefghijklmnopqrstuvwxyz0123456789abcd")),
    Spelling("Pilos", _always("6f9619ff-8b86-4011-b42d-00cf4fc964ff")),
    Spelling("Mattermost", _always("abcdefghijklmnopqrstuvwxy12")),
    Spelling("Nextcloud", _always("k7q2x9w4m1p8z5t3")),
    Spelling("Zulip", _always("zulip-123456789012")),
    Spelling("ILIAS", _always("lernen.example.org/ilias;verein;123")),
    Spelling("Discourse", _always("Offene Sprechstunde (Mittwoch)!")),
)
SPELLINGS = (*_AIMED, *_FORMS, *_FRONTENDS)
