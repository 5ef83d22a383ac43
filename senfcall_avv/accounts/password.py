"""Passwords: what is a good one, and argon2id hashes of them.

Any Unicode, 12 to 128 characters, no rules of composition. Both when it is set and when it is checked a password is
brought to Unicode's form C once, and nothing is cut off or trimmed.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final, Literal

import argon2
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from senfcall_avv.accounts.errors import AccountRefused

if TYPE_CHECKING:
    from senfcall_avv.settings import AccountSettings

LENGTHS: Final = range(12, 129)
LEAST_GUESSES: Final = 9
"""Decimal digits of the guesses that zxcvbn must expect; two common words and a year stay below."""
ESTIMATED_LENGTH: Final = 72
"""Characters that zxcvbn looks at; it takes long, and raises, with more."""
_WORD = re.compile(r"[^\W\d_]{3,}")

Weakness = Literal["short", "long", "characters", "personal", "common"]


class Passwords:
    """Hashes and checks passwords, only so many at once, for each takes its memory."""

    def __init__(self, settings: AccountSettings) -> None:
        self._hasher = argon2.PasswordHasher(
            time_cost=settings.hash_passes, memory_cost=settings.hash_kib, parallelism=settings.hash_lanes
        )
        self._room = threading.BoundedSemaphore(settings.hashes_at_once)
        self._dummy = self._hasher.hash("a password that nobody has")

    def hash(self, password: str) -> str:
        """Give the argon2id hash with its parameters and salt."""
        with self._room:
            return self._hasher.hash(_canonical(password))

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Say whether it is this password. Without a hash the same work is done for nothing."""
        with self._room:
            try:
                self._hasher.verify(password_hash or self._dummy, _canonical(password))
            except (VerifyMismatchError, VerificationError, InvalidHashError):
                return False
        return password_hash is not None

    def outdated(self, password_hash: str) -> bool:
        """Say whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)


def _canonical(password: str) -> bytes:
    # A lone surrogate can be typed by nobody, but sent by anybody: it must not raise.
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


def weakness_of(password: str, about: Iterable[str] = ()) -> Weakness | None:
    """Say why a password may not be set, or None. ``about`` are texts about the person: address, name, organisation."""
    text = unicodedata.normalize("NFC", password)
    if any(unicodedata.category(letter) in {"Cc", "Cs", "Cn"} for letter in text):
        return "characters"
    if len(text) < LENGTHS.start:
        return "short"
    if len(text) >= LENGTHS.stop:
        return "long"
    personal = _words_of(about)
    if _is_personal(text, personal):
        return "personal"
    return "common" if _guesses(text, personal) < LEAST_GUESSES else None


def demand_good(password: str, about: Iterable[str] = ()) -> None:
    """Raise AccountRefused with the weakness of a password as reason, if it has one."""
    found = weakness_of(password, about)
    if found is not None:
        raise AccountRefused(found)


def _words_of(texts: Iterable[str]) -> list[str]:
    """Give the words of texts and the whole texts, the longest first."""
    found = {word.casefold() for text in texts for word in (*_WORD.findall(text), text) if len(word) > 2}
    return sorted(found, key=len, reverse=True)


def _is_personal(password: str, words: list[str]) -> bool:
    """Say whether little but digits and signs is left of a password when words are taken out."""
    rest = password.casefold()
    for word in words:
        rest = rest.replace(word, "")
    return len(rest) < len(password) and sum(letter.isalnum() for letter in rest) < LENGTHS.start // 2


def _guesses(password: str, personal: list[str]) -> float:
    from zxcvbn import zxcvbn

    known = [*personal, *german_words()]
    found = zxcvbn(password[:ESTIMATED_LENGTH], user_inputs=known, max_length=ESTIMATED_LENGTH)
    return float(found["guesses_log10"])


@cache
def german_words() -> tuple[str, ...]:
    """Give words that German passwords are made of, the most used first; zxcvbn itself knows 30,000 English ones."""
    text = files("senfcall_avv.accounts").joinpath("words_de.txt").read_text(encoding="utf-8")
    words = (word for line in text.splitlines() if not line.startswith("#") for word in line.split())
    return tuple(dict.fromkeys(words))
