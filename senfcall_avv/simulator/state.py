"""Meetings and people in memory, and the times at which they come and go.

Nothing runs in the background: whoever asks sweeps first. Moments are Unix seconds, ``*_time`` fields are BBB's
milliseconds.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from string import ascii_letters, ascii_lowercase, digits
from typing import Final, Literal

Role = Literal["MODERATOR", "VIEWER"]
GuestStatus = Literal["ALLOW", "WAIT", "DENY"]

USERS_TIMEOUT: Final = 60.0
"""Seconds for which somebody who left stays in the user list."""
_PREFIX: Final = re.compile("[0-9a-f-]*")


@dataclass(frozen=True, slots=True)
class Settings:
    """The server's own settings, with BBB's defaults."""

    dial_number: str = "613-555-1234"
    welcome: str = "Welcome to <b>%%CONFNAME%%</b>!"
    welcome_footer: str = ""
    logout_url: str = ""
    """Where people go after leaving, and where join's errors go; empty: the server URL."""
    voice_digits: int = 5
    expire_if_nobody_minutes: int = 5
    expire_when_left_minutes: int = 1
    no_moderator_minutes: int = 1
    start_delay: float = 0.077
    """Seconds until the conference core confirms the start."""
    end_delay: float = 0.0
    """Seconds between ``end`` and the meeting's removal."""
    fetch_all_recordings: bool = True
    bbb_version: str = ""
    timezone: str = "UTC"


@dataclass(slots=True, eq=False)
class Person:
    """Somebody who called join. They are an attendee from ``joined_at`` on, when their client connected."""

    internal_id: str
    external_id: str
    full_name: str
    role: Role
    session_token: str
    auth_token: str
    guest: bool = False
    guest_status: GuestStatus = "ALLOW"
    userdata: dict[str, str] = field(default_factory=dict)
    logout_url: str = ""
    client_type: str = "HTML5"
    voice: bool = False
    listening: bool = False
    video: bool = False
    joined_at: float | None = None
    left_at: float | None = None

    @property
    def online(self) -> bool:
        return self.joined_at is not None and self.left_at is None

    def listed(self, now: float) -> bool:
        return self.joined_at is not None and (self.left_at is None or now - self.left_at < USERS_TIMEOUT)


@dataclass(frozen=True, slots=True)
class Breakout:
    """What makes a meeting a breakout room; ``parent_id`` is the parent's internal ID."""

    parent_id: str
    sequence: int = 0
    free_join: bool = False


@dataclass(slots=True, eq=False)
class Meeting:
    external_id: str
    internal_id: str
    name: str
    create_time: int
    attendee_password: str
    moderator_password: str
    voice_bridge: str
    dial_number: str
    settings: Settings
    welcome: str = ""
    moderator_message: str = ""
    duration: int = 0
    max_users: int = 0
    record: bool = False
    guest_policy: str = "ALWAYS_ACCEPT"
    logout_url: str = ""
    without_session: bool = False
    end_when_no_moderator: bool = False
    no_moderator_minutes: int = 1
    expire_if_nobody_minutes: int = 5
    expire_when_left_minutes: int = 1
    ended_url: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    documents: list[str] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    """All parameters of the create call, for the debug page."""
    breakout: Breakout | None = None
    people: dict[str, Person] = field(default_factory=dict)
    """By session token."""
    has_user_joined: bool = False
    end_time: int = 0
    moderator_left_at: float | None = None
    ended_at: float | None = None
    """When somebody called ``end``."""

    @property
    def started_at(self) -> float:
        return self.create_time / 1000 + self.settings.start_delay

    def start_time(self, now: float) -> int:
        return round(self.started_at * 1000) if now >= self.started_at else 0

    def listed(self, now: float) -> list[Person]:
        """The user list: people online, and those who left less than a minute ago."""
        return [person for person in self.people.values() if person.listed(now)]

    def online(self) -> list[Person]:
        return [person for person in self.people.values() if person.online]

    def presenter(self) -> Person | None:
        return next((person for person in self.online() if person.role == "MODERATOR"), None)

    def enter(self, person: Person, now: float) -> None:
        """Make somebody an attendee: their client has connected."""
        if person.joined_at is None:
            person.joined_at = now
        person.left_at = None
        self.has_user_joined = True
        self.end_time = 0
        if person.role == "MODERATOR":
            self.moderator_left_at = None

    def leave(self, person: Person, now: float) -> None:
        if not person.online:
            return
        person.left_at = now
        person.voice = person.listening = person.video = False
        rest = self.online()
        if not rest:
            self.end_time = round(now * 1000)
        if person.role == "MODERATOR" and not any(other.role == "MODERATOR" for other in rest):
            self.moderator_left_at = now

    def over(self, now: float) -> bool:
        """Tell whether a timer has run out, or an ``end`` has taken effect."""
        if self.ended_at is not None:
            return now >= self.ended_at + self.settings.end_delay
        if self.duration > 0 and now >= self.started_at + self.duration * 60:
            return True
        if self.breakout is not None:
            return False
        if not self.has_user_joined:
            return now >= self.started_at + self.expire_if_nobody_minutes * 60
        if self.end_time and now >= self.end_time / 1000 + self.expire_when_left_minutes * 60:
            return True
        left = self.moderator_left_at
        return self.end_when_no_moderator and left is not None and now >= left + self.no_moderator_minutes * 60


def internal_id_of(external_id: str, create_time: int) -> str:
    return f"{sha1_hex(external_id)}-{create_time}"


def sha1_hex(text: str) -> str:
    return hashlib.sha1(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


class Meetings:
    """The meetings of the server in the order of their creation."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._all: dict[str, Meeting] = {}

    def __iter__(self) -> Iterator[Meeting]:
        return iter(list(self._all.values()))

    def __len__(self) -> int:
        return len(self._all)

    def add(self, meeting: Meeting) -> None:
        self._all[meeting.internal_id] = meeting

    def find(self, given: str) -> Meeting | None:
        """Look a meeting up as BBB does from 2.5 on: by the beginning of its internal ID first, then by external ID.

        The first step is the weakness that lets a short hexadecimal string hit somebody else's meeting.
        """
        for start in (given, sha1_hex(given)):
            if _PREFIX.fullmatch(start):
                for internal_id, meeting in self._all.items():
                    if internal_id.startswith(start):
                        return meeting
        return None

    def running(self, external_id: str) -> Meeting | None:
        """The meeting of exactly this external ID that nobody has ended."""
        found = (one for one in self._all.values() if one.external_id == external_id and one.ended_at is None)
        return next(found, None)

    def with_voice_bridge(self, number: str) -> Meeting | None:
        return next((one for one in self._all.values() if one.voice_bridge == number), None)

    def breakouts_of(self, meeting: Meeting) -> list[Meeting]:
        return [one for one in self._all.values() if one.breakout and one.breakout.parent_id == meeting.internal_id]

    def person(self, session_token: str) -> tuple[Meeting, Person] | None:
        for meeting in self._all.values():
            person = meeting.people.get(session_token)
            if person is not None:
                return meeting, person
        return None

    def sweep(self, now: float) -> list[Meeting]:
        """Remove the meetings that are over, with their breakout rooms, and give them back."""
        gone = [meeting for meeting in self._all.values() if meeting.over(now)]
        gone += [room for meeting in gone for room in self.breakouts_of(meeting) if room not in gone]
        for meeting in gone:
            del self._all[meeting.internal_id]
        return gone

    def free_voice_bridge(self, length: int) -> str:
        """Draw a number that no meeting uses; after ten tries the last one is taken, as BBB does."""
        number = ""
        for _ in range(10):
            number = "".join(self._rng.choices(digits, k=length))
            if self.with_voice_bridge(number) is None:
                break
        return number

    def password(self) -> str:
        return "".join(self._rng.choices(ascii_letters + digits, k=8))

    def token(self, length: int) -> str:
        return "".join(self._rng.choices(ascii_lowercase + digits, k=length))
