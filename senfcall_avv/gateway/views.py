"""One view per call that may be passed on. Each has what the policy admitted and nothing else.

A view gives an answer, or raises ``upstream.Refused`` (BBB's words) or ``upstream.BackendFailed``; the tween turns
these into documents or pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from senfcall_avv.bbb import xml
from senfcall_avv.bbb.errors import Failure, failure
from senfcall_avv.gateway import admitted, isolation
from senfcall_avv.gateway.answers import Answer, document
from senfcall_avv.gateway.upstream import BackendFailed, Refused, Upstream
from senfcall_avv.logs import log

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml import etree

    from senfcall_avv.gateway.resources import ApiResource
    from senfcall_avv.typing import Request

UPSTREAM = "avv.upstream"
_COMPARE = "somebody or something creates meetings past the gateway, or a backend lies: compare its meetings with ours"
NOT_FOUND = failure("notFound")


def upstream_of(request: Request) -> Upstream:
    """Give the way to the backend."""
    upstream: Upstream = request.registry[UPSTREAM]
    return upstream


def create(_context: ApiResource, request: Request) -> Answer:
    """Create a meeting, or tell about the one that runs under this ID already."""
    call = admitted.of(request)
    params = {**isolation.outgoing(call.params, call.key), **isolation.marks(call.key)}
    root = ask(request, call, call.call.name, params)
    _own(root, call, request.request_id)
    return document(xml.write(root), request.request_id)


def is_meeting_running(_context: ApiResource, request: Request) -> Answer:
    """Say whether somebody is in the meeting; an unknown one is SUCCESS and false."""
    call = admitted.of(request)
    root = ask(request, call, call.call.name, isolation.outgoing(call.params, call.key))
    running = "true" if xml.text(root, "running").strip().lower() == "true" else "false"
    return document(xml.document((("returncode", "SUCCESS"), ("running", running))), request.request_id)


def get_meeting_info(_context: ApiResource, request: Request) -> Answer:
    """Describe one meeting of the organisation."""
    call = admitted.of(request)
    root = ask(request, call, call.call.name, isolation.outgoing(call.params, call.key))
    try:
        isolation.restore_meeting(root, call.key, call.params["meetingID"])
    except (isolation.Disagreement, isolation.ForeignMeeting) as error:
        alarm(call, request.request_id)
        raise Refused(NOT_FOUND) from error
    return document(xml.write(root), request.request_id)


def get_meetings(_context: ApiResource, request: Request) -> Answer:
    """List the organisation's meetings, and no other."""
    call = admitted.of(request)
    root = ask(request, call, call.call.name, call.params)
    if disagreeing := isolation.only_own(root, call.key):
        alarm(call, request.request_id, disagreeing)
    if not isolation.has_meetings(root):
        return document(xml.NO_MEETINGS, request.request_id)
    return document(xml.write(root), request.request_id)


def end(_context: ApiResource, request: Request) -> Answer:
    """End one meeting of the organisation, where a policy allows it."""
    call = admitted.of(request)
    root = ask(request, call, call.call.name, isolation.outgoing(call.params, call.key))
    return document(xml.write(root), request.request_id)


def ask(request: Request, call: admitted.Admitted, name: str, params: Mapping[str, str]) -> etree._Element:
    """Call the backend; its own sentences lose our prefix before anybody sees them."""
    try:
        return upstream_of(request).ask(name, params, request.request_id)
    except Refused as refused:
        key, message = refused.failure
        if call.key in message:
            raise Refused(Failure(key, isolation.without_scope(message, call.key))) from refused
        raise


def _own(root: etree._Element, call: admitted.Admitted, request_id: str) -> None:
    try:
        isolation.restore_id(root, call.key, call.params["meetingID"])
    except isolation.ForeignMeeting as error:
        alarm(call, request_id)
        raise BackendFailed("the answer is about another meeting") from error


def alarm(call: admitted.Admitted, request_id: str, count: int = 1) -> None:
    """Tell operators that a name and a mark, or a question and its answer, do not belong together."""
    log.error(
        "isolation.disagreement", request_id=request_id, key=call.key, call=call.call.name, count=count, todo=_COMPARE
    )
