"""Pages for people: the meeting client's stand-in, and a debug page with everything that no API call tells."""

from __future__ import annotations

from dataclasses import asdict
from html import escape
from typing import TYPE_CHECKING, Any, Final

from senfcall_avv.simulator import welcome
from senfcall_avv.simulator.messages import Answer, Headers, Request, container_error, html, redirect
from senfcall_avv.simulator.parameters import Parameters
from senfcall_avv.simulator.state import Meeting, Person
from senfcall_avv.simulator.style import STYLESHEET

if TYPE_CHECKING:
    from senfcall_avv.simulator.app import Simulator

_CLIENT: Final = frozenset(("/html5client", "/html5client/", "/html5client/join", "/html5client/guestWait"))
_LEAVE: Final = "/html5client/leave"
_STYLESHEET: Final = "/style.css"
_HEADERS: Final[Headers] = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src https:; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)


def answer(simulator: Simulator, request: Request) -> Answer:
    """Answer a request outside the API."""
    path, method = request.path, request.method
    if path == _LEAVE:
        return _leave(simulator, request) if method == "POST" else container_error(405)
    if method not in {"GET", "HEAD"}:
        return container_error(405 if path in _CLIENT or path == "/" else 404)
    if path == _STYLESHEET:
        return Answer(headers=(("Content-Type", "text/css;charset=utf-8"),), body=STYLESHEET)
    if path in _CLIENT:
        return _client(simulator, request)
    return _overview(simulator) if path == "/" else container_error(404, "Not Found")


def _page(title: str, main: str, status: int = 200) -> Answer:
    return html(
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="stylesheet" href="{_STYLESHEET}">\n</head>\n<body>\n'
        "<header>Simulated conference server: nobody can see or hear you here.</header>\n"
        f"<main>\n<h1>{escape(title)}</h1>\n{main}\n</main>\n</body>\n</html>\n",
        status,
        _HEADERS,
    )


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={text}" for name, text in value.items()) or "–"
    if isinstance(value, list):
        return ", ".join(value) or "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value or "–")


def _rows(rows: dict[str, Any]) -> str:
    lines = (f"<dt>{escape(name)}</dt>\n<dd>{escape(_shown(value))}</dd>\n" for name, value in rows.items())
    return f"<dl>\n{''.join(lines)}</dl>\n"


def _client(simulator: Simulator, request: Request) -> Answer:
    token = Parameters.of(request).text("sessionToken")
    found = simulator.enter(token, request.header("cookie"))
    if found is None:
        return _page(
            "You are not in a meeting",
            "<p>The session is unknown: the meeting has ended, or this browser did not come through a join link.</p>",
            401,
        )
    meeting, person = found
    if person.guest_status != "ALLOW":
        return _lobby(meeting, person)
    return _page(f"You are in the meeting as {person.full_name}", _room(meeting, person))


def _lobby(meeting: Meeting, person: Person) -> Answer:
    if person.guest_status == "DENY":
        return _page("You were not admitted", f"<p>The moderators of {escape(meeting.name)} declined.</p>", 403)
    name = escape(meeting.name)
    return _page(
        "Please wait", f"<p>A moderator of {name} has to let you in. Load this page again to see whether they did.</p>"
    )


def _room(meeting: Meeting, person: Person) -> str:
    role = "Moderator" if person.role == "MODERATOR" else "Viewer"
    parts = [
        _rows({"Meeting": meeting.name, "Role": role, "Phone": meeting.dial_number, "PIN": meeting.voice_bridge}),
        f'<h2>Welcome</h2>\n<div class="text" id="welcome">{welcome.sanitise(meeting.welcome)}</div>',
    ]
    if person.role == "MODERATOR" and meeting.moderator_message:
        message = welcome.sanitise(meeting.moderator_message)
        parts.append(f'<h2>For moderators</h2>\n<div class="text" id="moderator-message">{message}</div>')
    parts.append(
        f'<form method="post" action="{_LEAVE}">\n'
        f'<input type="hidden" name="sessionToken" value="{escape(person.session_token)}">\n'
        "<p><button>Leave the meeting</button></p>\n</form>"
    )
    return "\n".join(parts)


def _leave(simulator: Simulator, request: Request) -> Answer:
    """Leave, and go where the meeting sends people afterwards."""
    token = Parameters.of(request).text("sessionToken")
    found = simulator.meetings.person(token)
    if found is None:
        return _page("You are not in a meeting", "<p>The meeting has ended already.</p>", 401)
    meeting, person = found
    meeting.leave(person, simulator.now)
    simulator.sweep()
    return redirect(person.logout_url or simulator.api.logout_url, 303)


def described(meeting: Meeting, now: float) -> dict[str, Any]:
    """Everything about a meeting, by name."""
    return {
        "meetingID": meeting.external_id,
        "internalMeetingID": meeting.internal_id,
        "name": meeting.name,
        "attendeePW": meeting.attendee_password,
        "moderatorPW": meeting.moderator_password,
        "dialNumber": meeting.dial_number,
        "voiceBridge": meeting.voice_bridge,
        "welcome": meeting.welcome,
        "moderatorOnlyMessage": meeting.moderator_message,
        "guestPolicy": meeting.guest_policy,
        "documents": meeting.documents,
        "metadata": meeting.metadata,
        "parameters": meeting.parameters,
        "breakout": asdict(meeting.breakout) if meeting.breakout else None,
        "running": bool(meeting.listed(now)),
        "people": [
            {
                "userID": person.external_id,
                "internalUserID": person.internal_id,
                "fullName": person.full_name,
                "role": person.role,
                "guestStatus": person.guest_status,
                "online": person.online,
                "userdata": person.userdata,
            }
            for person in meeting.people.values()
        ],
    }


def _overview(simulator: Simulator) -> Answer:
    """The debug page: every meeting with its texts as markup, parameters and people."""
    sections = []
    for meeting in simulator.meetings:
        everything = described(meeting, simulator.now)
        people = everything.pop("people")
        parameters = everything.pop("parameters")
        sections.append(
            f"<section>\n<h2>{escape(meeting.name)}</h2>\n{_rows(everything)}"
            f"<h3>Parameters of create</h3>\n{_rows(parameters)}"
            f"<h3>People</h3>\n{''.join(_rows(one) for one in people) or '<p>Nobody joined yet.</p>'}\n</section>"
        )
    profile = escape(simulator.profile.name)
    intro = f"<p>Plays BBB {profile}. Calls received: {sum(simulator.counts.values())}.</p>"
    return _page("Meetings on this server", "\n".join([intro, *sections] if sections else [intro, "<p>None.</p>"]))
