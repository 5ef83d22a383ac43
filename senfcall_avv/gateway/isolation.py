"""Names out and back: upstream a meeting is called ``<key>-<meetingID>``, and nothing foreign ever comes back.

A key has a fixed length, an alphabet of its own and a first letter beyond ``f``. So the mapping is exact both ways and
needs no table, and no name of ours can be the prefix of BBB's internal IDs (hexadecimal), which BBB looks up first.
A second, independent mark is the metadata that every create carries; where name and mark disagree, nobody sees the
meeting.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lxml import etree

from senfcall_avv.bbb import xml

ORGANIZATION: Final = "avv-organization"
KIND: Final = "avv-kind"
CONTRACT: Final = "contract"
"""Value of KIND for meetings of organisations with a contract, beside the service's own."""
_OWN_MARKS: Final = (ORGANIZATION, KIND)


class Disagreement(Exception):
    """A meeting's name and its mark name different organisations. Raised instead of showing it to anybody."""


class ForeignMeeting(Exception):
    """A backend answered about another meeting than the one that was asked for."""


def scoped(key: str, meeting_id: str) -> str:
    """Give the name that a meeting of an organisation has upstream."""
    return f"{key}-{meeting_id}"


def outgoing(params: Mapping[str, str], key: str) -> dict[str, str]:
    """Give parameters as they leave: the meeting's name scoped, everything else as decided."""
    meeting_id = params.get("meetingID")
    return dict(params) if meeting_id is None else {**params, "meetingID": scoped(key, meeting_id)}


def marks(key: str) -> dict[str, str]:
    """Give the parameters that mark a created meeting as the organisation's. Added after the policy's decision."""
    return {f"meta_{ORGANIZATION}": key, f"meta_{KIND}": CONTRACT}


def restore_id(root: etree._Element, key: str, meeting_id: str) -> None:
    """Write the client's own ID into an answer about one meeting. Raises ForeignMeeting if it is about another."""
    named = root.findall("meetingID")
    if len(named) != 1 or named[0].text != scoped(key, meeting_id):
        raise ForeignMeeting
    named[0].text = meeting_id


def restore_meeting(meeting: etree._Element, key: str, meeting_id: str) -> None:
    """Make a ``getMeetingInfo`` answer the organisation's own: ID written back, our marks taken out.

    Raises ForeignMeeting or Disagreement.
    """
    restore_id(meeting, key, meeting_id)
    if xml.text(meeting, f"metadata/{ORGANIZATION}") != key:
        raise Disagreement
    _remove_marks(meeting)


def only_own(root: etree._Element, key: str) -> int:
    """Drop every meeting of a ``getMeetings`` answer that is not the organisation's; restore the names of the rest.

    Gives the number of meetings that bear our name with another's mark or the other way round: they are dropped too.
    So are breakout rooms. A backend makes them itself, with the marks of their parent under a name of its own, so they
    count only if they are called like a meeting of ours.
    """
    disagreeing = 0
    prefix = f"{key}-"
    for meetings in root.findall("meetings"):
        for meeting in list(meetings):
            element = meeting.find("meetingID") if meeting.tag == "meeting" else None
            name = (element.text or "") if element is not None else ""
            by_name = name.startswith(prefix)
            by_mark = xml.text(meeting, f"metadata/{ORGANIZATION}") == key
            breakout = xml.text(meeting, "isBreakout").strip().lower() == "true"
            if by_name and by_mark and not breakout and element is not None and len(meeting.findall("meetingID")) == 1:
                element.text = name[len(prefix) :]
                _remove_marks(meeting)
                continue
            disagreeing += by_name or (by_mark and not breakout)
            meetings.remove(meeting)
    return disagreeing


def has_meetings(root: etree._Element) -> bool:
    """Tell whether any meeting is left in a ``getMeetings`` answer."""
    return root.find("meetings/meeting") is not None


def without_scope(text: str, key: str) -> str:
    """Take our prefix out of a sentence that a backend wrote."""
    return text.replace(f"{key}-", "")


def _remove_marks(meeting: etree._Element) -> None:
    for metadata in meeting.findall("metadata"):
        for mark in _OWN_MARKS:
            for element in metadata.findall(mark):
                metadata.remove(element)
