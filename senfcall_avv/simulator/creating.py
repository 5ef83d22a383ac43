"""``create``: a new meeting, or the answer that it exists already."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from senfcall_avv.bbb.errors import Failure, failure
from senfcall_avv.simulator import documents
from senfcall_avv.simulator.messages import Answer, Request, xml
from senfcall_avv.simulator.parameters import FORM, MULTIPART, Parameters, media_type
from senfcall_avv.simulator.profile import Profile
from senfcall_avv.simulator.state import Breakout, Meeting, Meetings, Settings, internal_id_of
from senfcall_avv.simulator.validation import Crash
from senfcall_avv.simulator.welcome import replace_placeholders, sanitise

DUPLICATE: Final = Failure(
    "duplicateWarning", "This conference was already in existence and may currently be in progress."
)
_META: Final = re.compile(r"meta_([a-zA-Z][a-zA-Z0-9-]*)")
_NO_PARENT: Final = "No parent meeting ID was provided for the breakout room"
_UNKNOWN_PARENT: Final = Failure("parentMeetingDoesNotExist", "No parent meeting exists for the breakout room")


class Creator:
    """Makes meetings from parameters, for one server."""

    def __init__(self, meetings: Meetings, profile: Profile, settings: Settings) -> None:
        self._meetings = meetings
        self._profile = profile
        self._settings = settings

    def answer(self, request: Request, parameters: Parameters, now: float, server_url: str) -> Answer:
        """Carry ``create`` out. Raises Crash for what only an unchecked request can bring here."""
        meeting_id, name = parameters.get("meetingID"), parameters.get("name")
        if meeting_id is None or name is None:
            raise Crash
        refused, breakout = self._breakout(parameters)
        if refused:
            return xml(documents.failed(refused))
        existing = self._meetings.running(meeting_id)
        if existing is not None:
            return self._repeated(existing, parameters)
        number = parameters.text("voiceBridge")
        if number and self._meetings.with_voice_bridge(number) is not None:
            return xml(documents.failed_list(failure("nonUniqueVoiceBridge")))
        meeting = self.make(meeting_id, parameters, now, server_url, breakout)
        meeting.documents = _documents(request)
        self._meetings.add(meeting)
        return xml(documents.created(meeting, None))

    def _repeated(self, existing: Meeting, parameters: Parameters) -> Answer:
        given = (parameters.text("attendeePW"), parameters.text("moderatorPW"))
        same = given == (existing.attendee_password, existing.moderator_password)
        if same or (given == ("", "") and self._profile.repeats_without_passwords):
            return xml(documents.created(existing, DUPLICATE))
        return xml(documents.failed(failure("idNotUnique")))

    def _breakout(self, parameters: Parameters) -> tuple[Failure | None, Breakout | None]:
        if not parameters.flag("isBreakout"):
            return None, None
        given = parameters.text("parentMeetingID")
        if not given:
            return Failure(self._profile.parent_missing_key, _NO_PARENT), None
        parent = self._meetings.find(given)
        if parent is None and self._profile.checks_parent:
            return _UNKNOWN_PARENT, None
        parent_id = parent.internal_id if parent else given
        return None, Breakout(parent_id, parameters.number("sequence", 0), parameters.flag("freeJoin"))

    def make(
        self, meeting_id: str, parameters: Parameters, now: float, server_url: str, breakout: Breakout | None = None
    ) -> Meeting:
        """Make a meeting with BBB's defaults where parameters are absent. It is not added to the server yet."""
        settings, create_time = self._settings, round(now * 1000)
        meeting = Meeting(
            external_id=meeting_id,
            internal_id=internal_id_of(meeting_id, create_time),
            name=parameters.text("name"),
            create_time=create_time,
            attendee_password=parameters.text("attendeePW") or self._meetings.password(),
            moderator_password=parameters.text("moderatorPW") or self._meetings.password(),
            voice_bridge=parameters.text("voiceBridge") or self._meetings.free_voice_bridge(settings.voice_digits),
            dial_number=parameters.text("dialNumber", settings.dial_number),
            settings=settings,
            duration=parameters.number("duration", 0),
            max_users=parameters.number("maxParticipants", 0),
            record=parameters.flag("record"),
            guest_policy=parameters.text("guestPolicy", "ALWAYS_ACCEPT"),
            logout_url=parameters.text("logoutURL"),
            without_session=parameters.flag("allowRequestsWithoutSession"),
            end_when_no_moderator=parameters.flag("endWhenNoModerator"),
            no_moderator_minutes=parameters.number("endWhenNoModeratorDelayInMinutes", settings.no_moderator_minutes),
            expire_if_nobody_minutes=parameters.number(
                "meetingExpireIfNoUserJoinedInMinutes", settings.expire_if_nobody_minutes
            ),
            expire_when_left_minutes=parameters.number(
                "meetingExpireWhenLastUserLeftInMinutes", settings.expire_when_left_minutes
            ),
            ended_url=parameters.text("meetingEndedURL"),
            metadata=_metadata(parameters),
            parameters={name: value for name, value in parameters.items() if name != "checksum"},
            breakout=breakout,
        )
        footer = f"<br><br>{settings.welcome_footer}" if settings.welcome_footer and breakout is None else ""
        meeting.welcome = self._text(parameters.text("welcome", settings.welcome) + footer, meeting, server_url)
        meeting.moderator_message = self._text(parameters.text("moderatorOnlyMessage"), meeting, server_url)
        return meeting

    def _text(self, text: str, meeting: Meeting, server_url: str) -> str:
        replaced = replace_placeholders(
            text,
            dial_number=meeting.dial_number,
            voice_bridge=meeting.voice_bridge,
            name=meeting.name,
            server_url=server_url,
        )
        return sanitise(replaced) if self._profile.sanitises_texts else replaced


def _metadata(parameters: Parameters) -> dict[str, str]:
    found = ((_META.fullmatch(name), value) for name, value in parameters.items())
    return {match[1].lower(): value for match, value in found if match}


def _documents(request: Request) -> list[str]:
    """The presentations that an XML body names; they are listed, never fetched."""
    if not request.body or media_type(request.header("content-type")) in {FORM, MULTIPART}:
        return []
    try:
        root = etree.fromstring(request.body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return []
    return [one.get("url") or one.get("filename") or one.get("name") or "" for one in root.iter("document")]
