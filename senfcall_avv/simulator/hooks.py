"""Hooks for tests over HTTP: POST with JSON to ``/simulator/<name>``, from this machine only.

The content type has to be ``application/json``, which a page of another site cannot send without being asked first.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from senfcall_avv.simulator.messages import Answer, Request, as_json
from senfcall_avv.simulator.parameters import media_type

if TYPE_CHECKING:
    from senfcall_avv.simulator.app import Simulator

HOOKS_PATH: Final = "/simulator/"
MOST_PLANTED: Final = 10_000

Options = dict[str, Any]


def answer_hook(simulator: Simulator, request: Request) -> Answer:
    """Carry a hook out: 200 with its result, 400 with the reason, or who may not, and why."""
    hook = _HOOKS.get(request.path.removeprefix(HOOKS_PATH))
    if hook is None:
        return as_json({"error": f"no such hook; there are {', '.join(_HOOKS)}"}, 404)
    if not _is_loopback(request.peer):
        return as_json({"error": "hooks answer to this machine only"}, 403)
    if request.method != "POST":
        return as_json({"error": "hooks want a POST"}, 405)
    if media_type(request.header("content-type")) != "application/json":
        return as_json({"error": "hooks want application/json"}, 415)
    try:
        options = json.loads(request.body or b"{}")
        if isinstance(options, dict):
            return as_json(hook(simulator, options))
        return as_json({"error": "hooks want a JSON object"}, 400)
    except (ValueError, TypeError, LookupError) as error:
        return as_json({"error": str(error)}, 400)


def _is_loopback(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False


def _set_fault(simulator: Simulator, options: Options) -> Any:
    simulator.faults.set(options.pop("call", "*"), options.pop("mode", ""), **options)
    return {}


def _clear_faults(simulator: Simulator, options: Options) -> Any:
    simulator.faults.clear(options.get("call"))
    return {}


def _requests(simulator: Simulator, _options: Options) -> Any:
    """The bodies come as text, one character a byte."""
    return [
        {
            "method": one.method,
            "target": one.target,
            "headers": [list(pair) for pair in one.headers],
            "body": one.body.decode("latin-1"),
        }
        for one in list(simulator.requests)
    ]


def _forget_requests(simulator: Simulator, _options: Options) -> Any:
    simulator.requests.clear()
    simulator.counts.clear()
    return {}


def _join(simulator: Simulator, options: Options) -> Any:
    meeting_id, full_name = options.pop("meetingID"), options.pop("fullName")
    person = simulator.join(meeting_id, full_name, options.pop("role", "VIEWER"), **options)
    return {"userID": person.external_id, "internalUserID": person.internal_id, "sessionToken": person.session_token}


def _leave(simulator: Simulator, options: Options) -> Any:
    simulator.leave(options["meetingID"], options["userID"])
    return {}


def _decide(simulator: Simulator, options: Options) -> Any:
    simulator.decide(options["meetingID"], options["userID"], admit=bool(options["admit"]))
    return {}


def _plant(simulator: Simulator, options: Options) -> Any:
    """Plant ``meetings`` (a list), or one meeting; with ``count``, so many with numbers behind their IDs."""
    count = int(options.pop("count", 0))
    if count > MOST_PLANTED:
        raise ValueError(f"at most {MOST_PLANTED} at once")
    wanted = options.pop("meetings", None) or [options]
    if count:
        wanted = [{**options, "meetingID": f"{options['meetingID']}{number}"} for number in range(count)]
    planted = []
    for one in wanted:
        rest = dict(one)
        planted.append(simulator.plant(rest.pop("meetingID"), **rest).internal_id)
    return {"internalMeetingIDs": planted}


def _end(simulator: Simulator, options: Options) -> Any:
    simulator.end(options["meetingID"])
    return {}


def _advance(simulator: Simulator, options: Options) -> Any:
    simulator.advance(float(options["seconds"]))
    return {"now": simulator.now}


def _deliver(simulator: Simulator, _options: Options) -> Any:
    return [{"url": one.url, "statuses": one.statuses} for one in simulator.deliver_callbacks()]


def _state(simulator: Simulator, _options: Options) -> Any:
    return simulator.state()


_HOOKS: Final[dict[str, Callable[[Simulator, Options], Any]]] = {
    "faults": _set_fault,
    "faults/clear": _clear_faults,
    "requests": _requests,
    "requests/reset": _forget_requests,
    "join": _join,
    "leave": _leave,
    "decide": _decide,
    "plant": _plant,
    "end": _end,
    "advance": _advance,
    "callbacks": _deliver,
    "state": _state,
}
