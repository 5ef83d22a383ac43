"""The one table of what a plugin is told when something fails: messageKey and English sentence.

Keys and sentences are BBB's own wherever BBB has one (source of each: BBB 3.0, older texts are not used). The sentence
depends on the parameter for a few keys; the gateway's own keys stand at the end.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple


class Failure(NamedTuple):
    """A ``FAILED`` answer in BBB's simple form."""

    key: str
    message: str


_MEETING_NOT_FOUND = "A meeting with that ID does not exist"
_NAME_REQUIRED = "You must provide a meeting name"
_ID_SIZE = "Meeting ID must be between 2 and 256 characters"

MESSAGES: Final = MappingProxyType(
    {
        "checksumError": "Checksums do not match",
        "unsupportedContentType": "POST request Content-Type is missing or unsupported",
        "emptyError": _NAME_REQUIRED,
        "nullError": _NAME_REQUIRED,
        "sizeError": _ID_SIZE,
        "validationError": "Invalid value",
        "missingParamMeetingID": "You must provide a meeting ID",
        "missingParamFullName": "You must provide your name",
        "missingParamRecordID": "You must specify a recordID.",
        "missingParamPublish": "You must specify a publish value true or false.",
        "invalidPassword": "Invalid password",
        "notFound": _MEETING_NOT_FOUND,
        "invalidMeetingIdentifier": _MEETING_NOT_FOUND,
        "meetingForciblyEnded": "You can not join a meeting that has already been forcibly ended",
        "meetingNotFound": "Meeting not found",
        "mismatchCreateTimeParam": "The createTime parameter submitted mismatches with the current meeting.",
        "maxParticipantsReached": "The number of participants allowed for this meeting has been reached.",
        "guestDeniedAccess": "You have been denied access to this meeting based on the meeting's guest policy",
        "idNotUnique": "A meeting already exists with that meeting ID. Please use a different meeting ID.",
        "nonUniqueVoiceBridge": "The selected voice bridge is already in use.",
        "apiNotEnabled": "The API service and/or controller is not enabled on this server. "
        "To use it, you must first enable it.",
        "noRecordings": "There are no recordings for the meeting(s).",
        # Not BBB's: the wording that load balancers in front of BBB use, which clients know.
        "unsupportedRequest": "This request is not supported.",
        "internalError": "The service could not handle this request. Please try again later.",
        "serverUnavailable": "The conference server does not answer at the moment. Please try again in a minute.",
    }
)
"""Every messageKey that we may send, with the sentence it has when nothing more is known."""

_BY_PARAMETER: Final = MappingProxyType(
    {
        ("validationError", "meetingID"): "Invalid meeting ID",
        ("validationError", "name"): "Invalid meeting name",
        ("validationError", "guest"): "Guest must be a boolean value (true or false)",
        ("validationError", "createTime"): "Value must be an integral number",
        ("validationError", "record"): "Record must be a boolean value (true or false)",
        ("validationError", "voiceBridge"): "Voice bridge must be an integral value",
        ("sizeError", "name"): "Meeting name must be between 2 and 256 characters",
    }
)
NO_KEY_IN_PATH: Final = Failure(
    "checksumError",
    "Checksums do not match: the address lacks the organisation's key. It reads .../b/KEY/bigbluebutton/",
)
"""For addresses that lost their key: some client libraries cut the path of what the administrator entered."""


def failure(key: str, parameter: str | None = None) -> Failure:
    """Give BBB's words for a messageKey, as far as possible for the parameter at fault. Raises KeyError if unknown."""
    return Failure(key, _BY_PARAMETER.get((key, parameter or "")) or MESSAGES[key])
