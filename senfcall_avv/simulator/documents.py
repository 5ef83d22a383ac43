"""BBB's documents, byte for byte: order of elements, layout, escaping, number formats.

BBB's templates escape but do not check: an odd element name or a character that XML cannot carry comes out as it went
in, and the document is broken. That is kept here, which is why this writer is not the careful one of ``bbb.xml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Final, NamedTuple, Union
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from senfcall_avv.bbb.errors import Failure
from senfcall_avv.bbb.xml import squeeze
from senfcall_avv.simulator.profile import Profile
from senfcall_avv.simulator.state import Meeting, Person

Tree = Sequence[tuple[str, Union[str, "Tree", None]]]
"""Names with a text, a list of children, or None for a closed element on one line."""

SUCCESS: Final = ("returncode", "SUCCESS")
_QUOTES: Final = {'"': "&quot;", "'": "&apos;"}
_SPECIAL: Final = re.compile(r"[&<>\"'\t\r\n\f\v]|  ")
"""Without one of these a value needs neither escaping nor squeezing: the normal case in a long list."""
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _as_text(value: str) -> str:
    return squeeze(escape(value, _QUOTES)) if _SPECIAL.search(value) else value


def _add(lines: list[str], tree: Tree) -> None:
    for raw_name, value in tree:
        name = raw_name if raw_name.isalnum() else escape(raw_name, _QUOTES)
        if value is None:
            lines.append(f"<{name}/>")
        elif isinstance(value, str):
            lines.append(f"<{name}>{_as_text(value)}</{name}>")
        else:
            lines.append(f"<{name}>")
            _add(lines, value)
            lines.append(f"</{name}>")


def write(tree: Tree) -> bytes:
    lines: list[str] = []
    _add(lines, (("response", tree),))
    return "\n".join(lines).encode("utf-8", "replace")


def failed(what: Failure) -> bytes:
    return write((("returncode", "FAILED"), ("messageKey", what.key), ("message", what.message)))


def failed_list(what: Failure) -> bytes:
    """The older form, which a few failures still have."""
    error = (("key", what.key), ("message", what.message))
    return write((("returncode", "FAILED"), ("errors", (("error", error),))))


def flag(value: bool) -> str:
    return "true" if value else "false"


def java_date(milliseconds: int, timezone: str) -> str:
    """A moment as Java's ``Date`` prints it, in English whatever the locale."""
    zone: tzinfo = UTC if timezone == "UTC" else ZoneInfo(timezone)
    moment = datetime.fromtimestamp(milliseconds // 1000, zone)
    return f"{_DAYS[moment.weekday()]} {_MONTHS[moment.month - 1]} {moment:%d %H:%M:%S %Z %Y}"


def _passwords(meeting: Meeting) -> Tree:
    both = (("attendeePW", meeting.attendee_password), ("moderatorPW", meeting.moderator_password))
    return tuple((name, value) for name, value in both if value)


def created(meeting: Meeting, warning: Failure | None) -> bytes:
    """The answer to ``create``; for a repeated one it describes the meeting that exists."""
    return write(
        (
            SUCCESS,
            ("meetingID", meeting.external_id),
            ("internalMeetingID", meeting.internal_id),
            ("parentMeetingID", meeting.breakout.parent_id if meeting.breakout else "bbb-none"),
            *_passwords(meeting),
            ("createTime", str(meeting.create_time)),
            ("voiceBridge", meeting.voice_bridge),
            ("dialNumber", meeting.dial_number),
            ("createDate", java_date(meeting.create_time, meeting.settings.timezone)),
            ("hasUserJoined", flag(meeting.has_user_joined)),
            ("duration", str(meeting.duration)),
            ("hasBeenForciblyEnded", flag(meeting.ended_at is not None)),
            ("messageKey", warning.key if warning else ""),
            ("message", warning.message if warning else ""),
        )
    )


def joined(meeting: Meeting, person: Person, what: Failure, url: str) -> bytes:
    """The answer to ``join`` with ``redirect=false``; ``what`` is the key and sentence of the outcome."""
    return write(
        (
            SUCCESS,
            ("messageKey", what.key),
            ("message", what.message),
            ("meeting_id", meeting.internal_id),
            ("user_id", person.internal_id),
            ("auth_token", person.auth_token),
            ("session_token", person.session_token),
            ("guestStatus", person.guest_status),
            ("url", url),
        )
    )


class View(NamedTuple):
    """For whom a meeting is described: in a list of meetings counters are formatted for people."""

    profile: Profile
    now: float
    in_list: bool = False

    def counter(self, number: int) -> str:
        return f"{number:,}" if self.in_list else str(number)


def _attendee(person: Person, presenter: bool, profile: Profile) -> Tree:
    custom: Tree = (("customdata", tuple(person.userdata.items())),)
    return (
        ("userID", person.external_id),
        ("fullName", person.full_name),
        ("role", person.role),
        ("isPresenter", flag(presenter)),
        ("isListeningOnly", flag(person.listening)),
        ("hasJoinedVoice", flag(person.voice)),
        ("hasVideo", flag(person.video)),
        ("clientType", person.client_type),
        *(custom if person.userdata or profile.customdata_always else ()),
    )


def _counters(meeting: Meeting, people: list[Person], online: list[Person], view: View) -> Tree:
    present = online if view.profile.counts_online_only else people
    most = f"{meeting.max_users:,}" if view.in_list and view.profile.separates_max_users else str(meeting.max_users)
    return (
        ("participantCount", view.counter(len(present))),
        ("listenerCount", view.counter(sum(person.listening for person in people))),
        ("voiceParticipantCount", view.counter(sum(person.voice for person in people))),
        ("videoCount", view.counter(sum(person.video for person in people))),
        ("maxUsers", most),
        ("moderatorCount", view.counter(sum(person.role == "MODERATOR" for person in people))),
    )


def _rooms(meeting: Meeting, rooms: list[Meeting]) -> Tree:
    if meeting.breakout:
        return (
            ("parentMeetingID", meeting.breakout.parent_id),
            ("sequence", str(meeting.breakout.sequence)),
            ("freeJoin", flag(meeting.breakout.free_join)),
        )
    return (("breakoutRooms", tuple(("breakout", room.external_id) for room in rooms)),) if rooms else ()


def meeting_tree(meeting: Meeting, rooms: list[Meeting], view: View) -> Tree:
    """The elements from meetingName on. ``rooms`` are the meeting's breakout rooms."""
    people, online, presenter = meeting.listed(view.now), meeting.online(), meeting.presenter()
    shown = online if view.profile.counts_online_only and not view.in_list else people
    return (
        ("meetingName", meeting.name),
        ("meetingID", meeting.external_id),
        ("internalMeetingID", meeting.internal_id),
        ("createTime", str(meeting.create_time)),
        ("createDate", java_date(meeting.create_time, meeting.settings.timezone)),
        ("voiceBridge", meeting.voice_bridge),
        ("dialNumber", meeting.dial_number),
        *_passwords(meeting),
        ("running", flag(bool(people))),
        ("duration", str(meeting.duration)),
        ("hasUserJoined", flag(meeting.has_user_joined)),
        ("recording", flag(meeting.record)),
        ("hasBeenForciblyEnded", flag(meeting.ended_at is not None)),
        ("startTime", str(meeting.start_time(view.now))),
        ("endTime", str(meeting.end_time)),
        *_counters(meeting, people, online, view),
        ("attendees", tuple(("attendee", _attendee(one, one is presenter, view.profile)) for one in shown)),
        ("metadata", tuple(meeting.metadata.items())),
        ("isBreakout", flag(meeting.breakout is not None)),
        *_rooms(meeting, rooms),
    )


def meeting_info(meeting: Meeting, rooms: list[Meeting], view: View) -> bytes:
    return write((SUCCESS, *meeting_tree(meeting, rooms, view)))


def meeting_list(meetings: Iterable[tuple[Meeting, list[Meeting]]], view: View) -> bytes:
    """The answer to ``getMeetings``: each meeting with its breakout rooms."""
    trees = tuple(("meeting", meeting_tree(meeting, rooms, view)) for meeting, rooms in meetings)
    if trees:
        return write((SUCCESS, ("meetings", trees)))
    return write((SUCCESS, ("meetings", None), *_told("noMeetings", "no meetings were found on this server")))


def _told(key: str, message: str) -> Tree:
    return (("messageKey", key), ("message", message))


def session_list(meetings: Iterable[Meeting]) -> bytes:
    """The answer to the undocumented ``getSessions``; the spelling of its last word is BBB's."""
    sessions = tuple(
        ("meeting", (("meetingID", one.external_id), ("meetingName", one.name), ("userName", person.full_name)))
        for one in meetings
        for person in one.online()
    )
    if sessions:
        return write((SUCCESS, ("sessions", sessions)))
    return write((SUCCESS, ("sessions", None), *_told("noSessions", "no sessions were found on this serverr")))


def told(key: str, message: str) -> bytes:
    """A success that holds nothing but a key and a sentence."""
    return write((SUCCESS, *_told(key, message)))


NO_RECORDINGS: Final = (
    b"<response>\n  <returncode>SUCCESS</returncode>\n  <recordings></recordings>\n"
    b"  <messageKey>noRecordings</messageKey>\n"
    b"  <message>There are no recordings for the meeting(s).</message>\n</response>"
)
NO_RECORDINGS_OF_ALL: Final = (
    b"<response>\n  <returncode>SUCCESS</returncode>\n  <messageKey>noRecordings</messageKey>\n"
    b"  <message>No recordings found. This may occur if you attempt to retrieve all recordings.</message>\n</response>"
)
SIGNED_OUT: Final = b"<response><returncode>SUCCESS</returncode></response>"
