"""What BigBlueButton would say of a parameter that is wrong, and which of several things it would say first."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple

from senfcall_avv.policy.engine import Reason


class Objection(NamedTuple):
    """A reason to refuse. Objections sort in the order in which BBB itself would name them."""

    rank: int
    name: str
    key: str
    reason: Reason


_RANKS: Final = MappingProxyType(
    {
        "emptyError": 0,
        "missingParamFullName": 1,
        "invalidPassword": 2,
        "invalidMeetingIdentifier": 3,
        "notFound": 3,
        "sizeError": 4,
        "validationError": 5,
        "nullError": 5,
        "missingParamMeetingID": 6,
    }
)
"""BBB collects what is wrong in a hash map and reports what comes first in it: a fixed order."""
_LENGTH: Final = frozenset((Reason.EMPTY, Reason.TOO_SHORT, Reason.TOO_LONG))
_ALWAYS_INVALID: Final = frozenset((Reason.MALFORMED, Reason.DUPLICATE))


def _key_for_id(call: str, reason: Reason) -> str:
    if call in {"getMeetingInfo", "end"}:
        return "notFound"
    if call == "join":
        return "invalidMeetingIdentifier"
    if reason in _LENGTH:
        return "sizeError"
    if reason is Reason.MISSING and call == "isMeetingRunning":
        return "missingParamMeetingID"
    return "validationError"


def refusal_key(call: str, name: str, type_: str, reason: Reason) -> str:
    """Give BBB's messageKey for what is wrong with a parameter."""
    if reason in _ALWAYS_INVALID:
        return "validationError"
    if name == "meetingID" and type_ == "id":
        return _key_for_id(call, reason)
    if type_ == "password":
        return "invalidPassword"
    if name == "fullName":
        return "missingParamFullName"
    if name == "name":
        if reason is Reason.MISSING:
            return "nullError"
        return "emptyError" if reason is Reason.EMPTY else "sizeError" if reason in _LENGTH else "validationError"
    return "validationError"


def objection(call: str, name: str, type_: str, reason: Reason) -> Objection:
    """Object to a parameter of a call."""
    key = refusal_key(call, name, type_, reason)
    return Objection(_RANKS[key], name, key, reason)
