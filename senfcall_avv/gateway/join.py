"""Join: the browser is sent on to the backend, with the parameters that the policy admitted, signed by us.

Only there do BBB's cookies belong. Whether the meeting exists, is another one by ``createTime``, or is full, is asked
first: BBB has no page of its own for that, it would send people to an address of its choice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from senfcall_avv.bbb import xml
from senfcall_avv.bbb.errors import failure
from senfcall_avv.gateway import admitted, isolation
from senfcall_avv.gateway.answers import Answer, document, redirect
from senfcall_avv.gateway.upstream import Refused
from senfcall_avv.gateway.views import NOT_FOUND, alarm, ask, upstream_of

if TYPE_CHECKING:
    from lxml import etree

    from senfcall_avv.gateway.resources import ApiResource
    from senfcall_avv.typing import Request


def join(_context: ApiResource, request: Request) -> Answer:
    """Send a person into a meeting. With ``redirect=false`` the backend's document is fetched and passed on."""
    call = admitted.of(request)
    params = isolation.outgoing(call.params, call.key)
    try:
        meeting = ask(request, call, "getMeetingInfo", {"meetingID": params["meetingID"]})
        isolation.restore_meeting(meeting, call.key, call.params["meetingID"])
    except (isolation.Disagreement, isolation.ForeignMeeting) as error:
        alarm(call, request.request_id)
        raise Refused(failure("invalidMeetingIdentifier")) from error
    except Refused as refused:
        if refused.failure.key == NOT_FOUND.key:
            raise Refused(failure("invalidMeetingIdentifier")) from refused
        raise
    _check(meeting, call)
    if params.get("redirect") == "false":
        return document(xml.write(ask(request, call, "join", params)), request.request_id)
    return redirect(upstream_of(request).browser_url(params), request.request_id)


def _check(meeting: etree._Element, call: admitted.Admitted) -> None:
    """Refuse what BBB would refuse, in its order: another meeting's link, a full room."""
    wanted = call.params.get("createTime")
    if wanted is not None and xml.text(meeting, "createTime").strip() != wanted:
        raise Refused(failure("mismatchCreateTimeParam"))
    most = _number(meeting, "maxUsers")
    if most and _number(meeting, "participantCount") >= most and not _is_inside(meeting, call.params.get("userID")):
        raise Refused(failure("maxParticipantsReached"))


def _number(meeting: etree._Element, path: str) -> int:
    """Read a counter; BBB prints some with thousands separators."""
    digits = "".join(character for character in xml.text(meeting, path) if character in "0123456789")
    return int(digits[:18] or 0)


def _is_inside(meeting: etree._Element, user_id: str | None) -> bool:
    """Tell whether this person is in the meeting already: coming back takes no second seat."""
    return user_id is not None and any(
        (element.text or "") == user_id for element in meeting.findall("attendees/attendee/userID")
    )
