"""The calls by name: which methods reach them, and what answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from senfcall_avv.bbb.errors import Failure, failure
from senfcall_avv.bbb.xml import JSON_TYPE, failed_json
from senfcall_avv.simulator import documents
from senfcall_avv.simulator.creating import Creator
from senfcall_avv.simulator.documents import View
from senfcall_avv.simulator.joining import Joiner, refusal, session_of
from senfcall_avv.simulator.messages import NO_CACHE, Answer, Request, as_json, container_error, html, xml
from senfcall_avv.simulator.parameters import Parameters
from senfcall_avv.simulator.profile import Profile
from senfcall_avv.simulator.signing import passes
from senfcall_avv.simulator.state import Meeting, Meetings, Settings
from senfcall_avv.simulator.validation import (
    Crash,
    Subject,
    external_url_violation,
    skips_everything,
    violation,
)

_BOTH: Final = frozenset(("GET", "POST"))
_GET: Final = frozenset(("GET",))
_POST: Final = frozenset(("POST",))
ROUTES: Final = {
    "": _GET,
    "create": _BOTH,
    "join": _GET,
    "isMeetingRunning": _BOTH,
    "end": _BOTH,
    "getMeetingInfo": _BOTH,
    "getMeetings": _BOTH,
    "getSessions": _BOTH,
    "insertDocument": _POST,
    "sendChatMessage": _GET,
    "getRecordings": _BOTH,
    "publishRecordings": _GET,
    "deleteRecordings": _GET,
    "updateRecordings": _BOTH,
    "getRecordingTextTracks": _BOTH,
    "putRecordingTextTrack": _POST,
    "signOut": _BOTH,
}
"""Methods of each call from 2.6.18 and 2.7.8 on; before, every method reaches every call."""
_RECORDINGS: Final = frozenset(name for name in ROUTES if "Recording" in name)
_TEXT_TRACKS: Final = frozenset(("getRecordingTextTracks", "putRecordingTextTrack"))
_OLD_CHECKSUM_ERROR: Final = Failure("checksumError", "You did not pass the checksum security check")
_ENDING: Final = (
    "A request to end the meeting was sent. Please wait a few seconds, and then use the getMeetingInfo or "
    "isMeetingRunning API calls to verify that it was ended."
)


@dataclass(slots=True)
class Context:
    """One call on its way: the request, its parameters, the moment."""

    request: Request
    call: str
    parameters: Parameters
    now: float

    @property
    def meeting_id(self) -> str:
        return self.parameters.text("meetingID")


@dataclass(slots=True)
class Api:
    """BBB's API over the meetings of one server."""

    meetings: Meetings
    profile: Profile
    settings: Settings
    secret: str
    algorithms: str
    sessions: dict[str, set[str]]
    server_url: str

    def answer(self, request: Request, call: str, now: float) -> Answer:
        """Answer a call as BBB does, its stumbling included."""
        name = call.partition(".")[0] if self.profile.routes_suffix else call
        if name not in ROUTES or (name == "sendChatMessage" and not self.profile.chat_messages):
            return container_error(404, "Not Found")
        if self.profile.strict_routes and request.method not in ROUTES[name]:
            return container_error(405, f"Request method '{request.method}' is not supported")
        context = Context(request, name, Parameters.of(request), now)
        try:
            return self._checked(context)
        except Crash:
            return container_error(500)

    def _checked(self, context: Context) -> Answer:
        if not context.call:
            return self._root(context)
        if context.call == "signOut":
            return self._sign_out(context)
        subject = Subject(context.call, context.request, context.parameters, self.profile, self.meetings)
        if skips_everything(subject):
            broken = external_url_violation(subject)
        elif not self._passes(context):
            broken = failure("checksumError")
        else:
            broken = violation(subject)
        return self._refuse(context, broken) if broken else _HANDLERS[context.call](self, context)

    def _passes(self, context: Context) -> bool:
        return passes(context.request, context.call, context.parameters, self.profile, self.secret, self.algorithms)

    def _refuse(self, context: Context, what: Failure) -> Answer:
        if context.call == "join":
            return refusal(context.parameters, what, self.profile, self.logout_url, validating=True)
        if what.key == "checksumError" and context.call in _RECORDINGS:
            what = _OLD_CHECKSUM_ERROR
        if context.call in _TEXT_TRACKS:
            return Answer(headers=(("Content-Type", JSON_TYPE), *NO_CACHE), body=failed_json(what))
        return xml(documents.failed(what))

    @property
    def logout_url(self) -> str:
        return self.settings.logout_url or self.server_url

    def _found(self, context: Context) -> Meeting:
        """The call's meeting. Only a call that skipped validation comes here without one."""
        meeting = self.meetings.find(context.meeting_id)
        if meeting is None:
            raise Crash
        return meeting

    def _root(self, context: Context) -> Answer:
        revealed = self.settings.bbb_version
        rows = [("returncode", "SUCCESS"), ("version", "2.0"), ("apiVersion", "2.0"), ("bbbVersion", revealed)]
        if self.profile.graphql:
            scheme, _, host = self.server_url.partition("://")
            rows.append(("graphqlWebsocketUrl", f"{'wss' if scheme == 'https' else 'ws'}://{host}/graphql"))
            rows.append(("graphqlApiUrl", f"{self.server_url}/api/rest"))
        if self.profile.plugin_sdk:
            rows.append(("html5PluginSdkVersion", "0.0.77"))
        if self.profile.graphql and context.request.header("content-type") == "application/json":
            return as_json({"response": dict(rows)}, indent=2).adding(*NO_CACHE)
        return xml(documents.write(rows))

    def create(self, context: Context) -> Answer:
        creator = Creator(self.meetings, self.profile, self.settings)
        return creator.answer(context.request, context.parameters, context.now, self.server_url)

    def join(self, context: Context) -> Answer:
        joiner = Joiner(self.meetings, self.profile, self.sessions)
        cookie = session_of(context.request.header("cookie"))
        return joiner.answer(context.parameters, context.now, self.server_url, self.logout_url, cookie)

    def is_meeting_running(self, context: Context) -> Answer:
        meeting = self.meetings.find(context.meeting_id)
        running = meeting is not None and bool(meeting.listed(context.now))
        return xml(documents.write((documents.SUCCESS, ("running", documents.flag(running)))))

    def get_meeting_info(self, context: Context) -> Answer:
        meeting = self._found(context)
        view = View(self.profile, context.now)
        return xml(documents.meeting_info(meeting, self.meetings.breakouts_of(meeting), view), cached=True)

    def get_meetings(self, context: Context) -> Answer:
        rooms: dict[str, list[Meeting]] = {}
        for meeting in self.meetings:
            if meeting.breakout:
                rooms.setdefault(meeting.breakout.parent_id, []).append(meeting)
        with_rooms = [(meeting, rooms.get(meeting.internal_id, [])) for meeting in self.meetings]
        return xml(documents.meeting_list(with_rooms, View(self.profile, context.now, in_list=True)))

    def get_sessions(self, _context: Context) -> Answer:
        return xml(documents.session_list(self.meetings))

    def end(self, context: Context) -> Answer:
        meeting = self._found(context)
        if meeting.ended_at is None:
            meeting.ended_at = context.now
        return xml(documents.told("sentEndMeetingRequest", _ENDING))

    def insert_document(self, context: Context) -> Answer:
        if not context.request.body:
            return html("")
        if self.meetings.find(context.meeting_id) is None:
            text = f"Meeting with id [{context.meeting_id}] not found."
            return xml(documents.write((("returncode", "FAILED"), ("message", text))), cached=True)
        uploading = ("message", "Presentation is being uploaded")
        return xml(documents.write((documents.SUCCESS, uploading)), cached=True)

    def send_chat_message(self, context: Context) -> Answer:
        meeting = self.meetings.find(context.meeting_id) if context.meeting_id else None
        if meeting is None or not meeting.online():
            return xml(documents.failed(failure("meetingNotFound")))
        return xml(documents.told("", ""), cached=True)

    def get_recordings(self, context: Context) -> Answer:
        named = context.meeting_id or context.parameters.text("recordID")
        everything = not named and not self.settings.fetch_all_recordings
        return xml(documents.NO_RECORDINGS_OF_ALL if everything else documents.NO_RECORDINGS, cached=True)

    def change_recordings(self, context: Context) -> Answer:
        """Publish, delete or update recordings, of which this server has none."""
        if not context.parameters.text("recordID"):
            what = failure("missingParamRecordID")
        elif context.call == "publishRecordings" and not context.parameters.text("publish"):
            what = failure("missingParamPublish")
        else:
            what = Failure("notFound", "We could not find recordings")
        return xml(documents.failed(what))

    def text_tracks(self, context: Context) -> Answer:
        if not context.parameters.text("recordID"):
            what = failure("missingParamRecordID")
        else:
            what = Failure("noRecordings", "No recording found for the given record ID.")
        return Answer(headers=(("Content-Type", JSON_TYPE),), body=failed_json(what))

    def _sign_out(self, context: Context) -> Answer:
        found = self.meetings.person(context.parameters.text("sessionToken"))
        if found:
            found[0].leave(found[1], context.now)
        return xml(documents.SIGNED_OUT)


_HANDLERS: Final[dict[str, Callable[[Api, Context], Answer]]] = {
    "create": Api.create,
    "join": Api.join,
    "isMeetingRunning": Api.is_meeting_running,
    "end": Api.end,
    "getMeetingInfo": Api.get_meeting_info,
    "getMeetings": Api.get_meetings,
    "getSessions": Api.get_sessions,
    "insertDocument": Api.insert_document,
    "sendChatMessage": Api.send_chat_message,
    "getRecordings": Api.get_recordings,
    "publishRecordings": Api.change_recordings,
    "deleteRecordings": Api.change_recordings,
    "updateRecordings": Api.change_recordings,
    "getRecordingTextTracks": Api.text_tracks,
    "putRecordingTextTrack": Api.text_tracks,
}
