"""``join``: a pending person with a session, or one of the ways in which BBB delivers a refusal."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit, urlunsplit

from senfcall_avv.bbb.errors import Failure, failure
from senfcall_avv.simulator import documents
from senfcall_avv.simulator.messages import NO_CACHE, Answer, redirect, xml
from senfcall_avv.simulator.parameters import Parameters
from senfcall_avv.simulator.profile import Profile
from senfcall_avv.simulator.state import GuestStatus, Meeting, Meetings, Person, Role
from senfcall_avv.simulator.validation import Crash

_URI_QUERY: Final = ";/?:@&=+$,[]-_.!~*'()"
"""What ``java.net.URI`` leaves alone in a query, beside letters and digits."""

_NO_URI: Final = re.compile(r'[\s<>"{}|\\^`]|%(?![0-9A-Fa-f]{2})')

_JOINED: Final = Failure("successfullyJoined", "You have joined successfully.")
_WAITING: Final = Failure("guestWait", "Guest waiting for approval to join meeting.")
_DENIED: Final = Failure("guestDeny", "Guest denied to join meeting.")
_KEY: Final = "Params required"
_WRONG_PASSWORD: Final = Failure(_KEY, "You must enter a valid password")
_ROLE_NEEDED: Final = Failure(_KEY, "You must send the 'role' parameter, since this meeting doesn't have any password.")
_NEITHER: Final = Failure(
    _KEY, "You must either send the valid role of the user, or the password, sould the meeting has one."
)


def add_errors(url: str, what: Failure) -> str:
    """Add ``errors=`` and a JSON list to a URL as ``java.net.URI`` does: the query is decoded and encoded anew.

    Raises Crash for what is no URI.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Crash from None
    if _NO_URI.search(url):
        raise Crash
    listed = json.dumps([{"message": what.message, "key": what.key}], separators=(",", ":"), ensure_ascii=False)
    query = f"{unquote(parts.query)}&errors={listed}" if parts.query else f"errors={listed}"
    path = "" if parts.scheme and not parts.netloc and not parts.path.startswith("/") else parts.path
    return urlunsplit((parts.scheme, parts.netloc, path, quote(query, safe=_URI_QUERY), parts.fragment))


def wants_redirect(parameters: Parameters) -> bool:
    return parameters.flag("redirect", default=True)


def refusal(parameters: Parameters, what: Failure, profile: Profile, fallback: str, *, validating: bool) -> Answer:
    """Deliver a failure: as redirect, or as XML where the version honours ``redirect=false`` at this stage."""
    as_xml = profile.xml_validation_errors if validating else profile.xml_join_errors
    if as_xml and not wants_redirect(parameters):
        return xml(documents.failed(what))
    honoured = profile.error_redirect_everywhere or (profile.error_redirect and not validating)
    target = parameters.text("errorRedirectUrl") if honoured else ""
    return redirect(add_errors(target or parameters.text("logoutURL") or fallback, what))


def role_of(parameters: Parameters, meeting: Meeting) -> Role | Failure:
    """Decide the role: a valid ``role`` wins, then the password, the moderators' first."""
    role = parameters.text("role").upper()
    if role == "MODERATOR":
        return "MODERATOR"
    if role == "VIEWER":
        return "VIEWER"
    if not meeting.moderator_password and not meeting.attendee_password:
        return _ROLE_NEEDED
    password = parameters.text("password")
    if not password:
        return _NEITHER
    if password == meeting.moderator_password:
        return "MODERATOR"
    return "VIEWER" if password == meeting.attendee_password else _WRONG_PASSWORD


def guest_status_of(policy: str, role: Role, *, guest: bool, authenticated: bool) -> GuestStatus:
    """Apply the guest policy; a policy that nobody knows lets only moderators in."""
    if role == "MODERATOR" or policy == "ALWAYS_ACCEPT":
        return "ALLOW"
    if policy == "ASK_MODERATOR":
        return "WAIT" if guest or authenticated else "ALLOW"
    if policy == "ALWAYS_ACCEPT_AUTH":
        return "ALLOW" if authenticated else "WAIT"
    return "DENY"


def full(meeting: Meeting, external_id: str, now: float) -> bool:
    """Unique people count; somebody who is in already may come again."""
    present = {person.external_id for person in meeting.listed(now)}
    return 0 < meeting.max_users <= len(present) and external_id not in present


@dataclass(slots=True)
class Joiner:
    """Registers people, for one server. ``sessions`` holds the session tokens by JSESSIONID."""

    meetings: Meetings
    profile: Profile
    sessions: dict[str, set[str]]

    def answer(self, parameters: Parameters, now: float, server_url: str, logout_url: str, cookie: str) -> Answer:
        """Carry ``join`` out after its parameters were checked. Raises Crash as BBB does without a name."""
        meeting, full_name = self.meetings.find(parameters.text("meetingID")), parameters.get("fullName")
        if meeting is None or full_name is None:
            raise Crash
        create_time = parameters.text("createTime")
        if create_time and parameters.number("createTime", 0) != meeting.create_time:
            return self._refuse(parameters, "mismatchCreateTimeParam", logout_url)
        role = role_of(parameters, meeting)
        if isinstance(role, Failure):
            return xml(documents.failed(role))
        if full(meeting, parameters.text("userID"), now):
            return self._refuse(parameters, "maxParticipantsReached", logout_url)
        person = self.make(meeting, full_name, role, parameters)
        if person.guest_status == "DENY":
            return self._deny(meeting, person, parameters, logout_url)
        meeting.people[person.session_token] = person
        return self._admit(meeting, person, parameters, server_url, cookie)

    def _refuse(self, parameters: Parameters, key: str, logout_url: str) -> Answer:
        return refusal(parameters, failure(key), self.profile, logout_url, validating=False)

    def _deny(self, meeting: Meeting, person: Person, parameters: Parameters, logout_url: str) -> Answer:
        if self.profile.guest_denial_is_error:
            return self._refuse(parameters, "guestDeniedAccess", logout_url)
        url = meeting.logout_url or logout_url
        return redirect(url) if wants_redirect(parameters) else xml(documents.joined(meeting, person, _DENIED, url))

    def make(self, meeting: Meeting, full_name: str, role: Role, parameters: Parameters) -> Person:
        """Make a person as ``join`` does, without registering them."""
        guest = parameters.flag("guest")
        authenticated = parameters.flag("auth", default=parameters.get("guest") is None)
        internal_id = f"w_{self.meetings.token(12)}"
        return Person(
            internal_id=internal_id,
            external_id=parameters.text("userID", internal_id),
            full_name=full_name,
            role=role,
            session_token=self.meetings.token(16),
            auth_token=self.meetings.token(12),
            guest=guest,
            guest_status=guest_status_of(meeting.guest_policy, role, guest=guest, authenticated=authenticated),
            userdata={
                name.removeprefix("userdata-"): value
                for name, value in parameters.items()
                if name.startswith("userdata-") and name.count("-") == 1 and name != "userdata-"
            },
            logout_url=parameters.text("logoutURL") or meeting.logout_url,
        )

    def _admit(self, meeting: Meeting, person: Person, parameters: Parameters, server_url: str, cookie: str) -> Answer:
        waiting = person.guest_status == "WAIT" and self.profile.guest_wait_page
        url = self._client_url(person, parameters, server_url, waiting=waiting)
        what = _WAITING if waiting else _JOINED
        answer = (
            redirect(url).adding(*NO_CACHE)
            if wants_redirect(parameters)
            else xml(documents.joined(meeting, person, what, url))
        )
        session = cookie if cookie in self.sessions else self.meetings.token(32).upper()
        self.sessions.setdefault(session, set()).add(person.session_token)
        if session == cookie:
            return answer
        secure = "; Secure" if server_url.startswith("https:") else ""
        return answer.adding(("Set-Cookie", f"JSESSIONID={session}; Path=/; HttpOnly{secure}"))

    def _client_url(self, person: Person, parameters: Parameters, server_url: str, *, waiting: bool) -> str:
        token = f"sessionToken={person.session_token}"
        if waiting:
            locale = person.userdata.get("bbb_override_default_locale")
            return f"{server_url}/html5client/guestWait?{token}" + (f"&locale={quote(locale)}" if locale else "")
        layout = "waitLayout=1&" if self.profile.layout_in_url and parameters.text("enforceLayout") else ""
        return f"{server_url}{self.profile.client_path}?{layout}{token}"


def session_of(cookie_header: str) -> str:
    """The JSESSIONID among a request's cookies; empty where there is none."""
    pairs = parse_qsl(cookie_header.replace(" ", ""), separator=";", keep_blank_values=True)
    return dict(pairs).get("JSESSIONID", "")
