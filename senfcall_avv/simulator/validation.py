"""BBB's parameter rules. All are evaluated, and one violation is reported: the first in a fixed order of keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from senfcall_avv.bbb.errors import Failure, failure
from senfcall_avv.simulator.messages import Request
from senfcall_avv.simulator.parameters import FORM, MULTIPART, Parameters, is_integral, media_type
from senfcall_avv.simulator.profile import Profile
from senfcall_avv.simulator.state import Meetings

_ORDER: Final = (
    "checksumError",
    "unsupportedContentType",
    "guestDeny",
    "emptyError",
    "maxParticipantsReached",
    "missingParamFullName",
    "meetingForciblyEnded",
    "invalidPassword",
    "invalidMeetingIdentifier",
    "notFound",
    "sizeError",
    "validationError",
    "nullError",
    "missingParamMeetingID",
    "missingToken",
    "missingSession",
)
"""The iteration order of the hash map in which BBB collects violations by key."""
_URL_SCHEMES: Final = frozenset(("http", "https", "ftp", "file", "jar", "mailto"))
_XML: Final = frozenset(("application/xml", "text/xml"))
_FORMS: Final = frozenset((FORM, MULTIPART))
_BODIES: Final = {"create": _XML | _FORMS, "insertDocument": _XML}


class Crash(Exception):
    """BBB would stumble over this request: HTTP 500 and no document."""


class Subject(NamedTuple):
    """What the rules look at."""

    call: str
    request: Request
    parameters: Parameters
    profile: Profile
    meetings: Meetings


Rules = Callable[[Subject], Iterator[Failure]]
_INVALID_ID: Final = Failure("validationError", "Invalid meeting ID")


def _id_form(meeting_id: str) -> Iterator[Failure]:
    if not meeting_id:
        yield failure("missingParamMeetingID")
    if not 2 <= len(meeting_id) <= 256:
        yield failure("sizeError")
    if "," in meeting_id:
        yield Failure("validationError", "Meeting ID cannot contain ','")


def _boolean(subject: Subject, name: str, message: str) -> Iterator[Failure]:
    if subject.parameters.text(name).lower() not in ("", "true", "false", "0", "1"):
        yield Failure("validationError", message)


def _password(subject: Subject, name: str) -> Iterator[Failure]:
    value = subject.parameters.text(name)
    if value and not 2 <= len(value) <= 64:
        yield failure("invalidPassword")


def _create(subject: Subject) -> Iterator[Failure]:
    meeting_id, raw = subject.parameters.get("meetingID"), subject.parameters.raw("meetingID")
    if meeting_id is None:
        if not subject.profile.answers_missing_id:
            raise Crash
        yield _INVALID_ID
    else:
        yield from _id_form(meeting_id)
        if subject.profile.answers_missing_id and raw != meeting_id:
            yield _INVALID_ID
    name = subject.parameters.get("name")
    if name is None:
        yield failure("nullError")
    elif not name:
        yield failure("emptyError")
    elif not 2 <= len(name) <= 256:
        yield failure("sizeError", "name")
    yield from _password(subject, "attendeePW")
    yield from _password(subject, "moderatorPW")
    voice_bridge = subject.parameters.text("voiceBridge")
    if voice_bridge and not is_integral(voice_bridge):
        yield failure("validationError", "voiceBridge")
    yield from _boolean(subject, "record", "Record must be a boolean value (true or false)")
    yield from _boolean(
        subject, "isBreakoutRoom", "You must provide a boolean value (true or false) for the breakout room"
    )


def _existing(subject: Subject, missing: Failure) -> Iterator[Failure]:
    meeting_id = subject.parameters.get("meetingID")
    if meeting_id is None:
        yield missing
        return
    meeting = subject.meetings.find(meeting_id)
    if meeting is None or (missing.key == "meetingForciblyEnded" and meeting.ended_at is not None):
        yield missing
    yield from _id_form(meeting_id)


def _info(subject: Subject) -> Iterator[Failure]:
    yield from _existing(subject, failure("notFound"))


def _end(subject: Subject) -> Iterator[Failure]:
    yield from _existing(subject, failure("notFound"))
    yield from _password(subject, "password")


def _running(subject: Subject) -> Iterator[Failure]:
    meeting_id = subject.parameters.get("meetingID")
    if meeting_id is None:
        raise Crash
    yield from _id_form(meeting_id)


def _join(subject: Subject) -> Iterator[Failure]:
    yield from _existing(subject, failure("meetingForciblyEnded"))
    if subject.parameters.get("fullName") == "":
        yield failure("missingParamFullName")
    yield from _password(subject, "password")
    yield from _boolean(subject, "guest", "Guest must be a boolean value (true or false)")
    yield from _boolean(subject, "auth", "Auth must be a boolean value (true or false)")
    create_time = subject.parameters.text("createTime")
    if create_time and not is_integral(create_time):
        yield failure("validationError", "createTime")


_RULES: Final[dict[str, Rules]] = {
    "create": _create,
    "getMeetingInfo": _info,
    "end": _end,
    "isMeetingRunning": _running,
    "join": _join,
}


def _content_type(subject: Subject) -> Iterator[Failure]:
    """Only a body of known length is looked at, whatever the method."""
    request = subject.request
    if not subject.profile.strict_routes or subject.call == "sendChatMessage" or request.chunked or not request.body:
        return
    if media_type(request.header("content-type")) not in _BODIES.get(subject.call, _FORMS):
        yield failure("unsupportedContentType")


def skips_everything(subject: Subject) -> bool:
    """The hole: with this parameter BBB looks at nothing else, not even at the checksum."""
    return (
        subject.profile.external_url_skips_validation
        and subject.parameters.get("presentationUploadExternalUrl") is not None
    )


def external_url_violation(subject: Subject) -> Failure | None:
    url = subject.parameters.text("presentationUploadExternalUrl")
    try:
        if urlsplit(url).scheme in _URL_SCHEMES:
            return None
    except ValueError:
        pass  # as bad as an unknown scheme
    return Failure("validationError", "Param 'presentationUploadExternalUrl' is not a valid URL")


def violation(subject: Subject) -> Failure | None:
    """The violation that BBB reports, if any. Raises Crash where BBB answers HTTP 500."""
    found = [*_content_type(subject)]
    rules = _RULES.get(subject.call)
    if rules is not None:
        found += rules(subject)
    by_key = {one.key: one for one in found}
    return next((by_key[key] for key in _ORDER if key in by_key), None)
