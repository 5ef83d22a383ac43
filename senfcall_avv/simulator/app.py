"""The simulator itself: all state in one object, which is a WSGI application, and answers our own server as well."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from random import Random, SystemRandom
from typing import Any, Final
from urllib.parse import quote
from wsgiref.types import StartResponse, WSGIEnvironment

from senfcall_avv.simulator import pages
from senfcall_avv.simulator.callbacks import Callback, Callbacks, Deliver, fetch
from senfcall_avv.simulator.calls import Api
from senfcall_avv.simulator.creating import Creator
from senfcall_avv.simulator.faults import Faults, apply
from senfcall_avv.simulator.hooks import HOOKS_PATH, answer_hook
from senfcall_avv.simulator.joining import Joiner, session_of
from senfcall_avv.simulator.messages import PHRASES, Answer, Request, as_json, container_error
from senfcall_avv.simulator.parameters import Parameters
from senfcall_avv.simulator.profile import PROFILES
from senfcall_avv.simulator.state import Breakout, Meeting, Meetings, Person, Role, Settings

KEPT_REQUESTS: Final = 10_000
"""Requests that are remembered; older ones are forgotten."""
DEFAULT_URL: Final = "http://127.0.0.1:6544"


class Simulator:
    """A BBB server. Every method may be called from any thread.

    ``clock`` gives Unix seconds; ``time_factor`` lets them run faster from now on, ``advance`` moves them on. Without
    ``server_url`` the server that serves us fills in its own address. ``algorithms`` is written as in BBB's setting.
    """

    def __init__(
        self,
        secret: str,
        *,
        server_url: str = "",
        profile: str = "3.0.15",
        algorithms: str = "sha1,sha256,sha384,sha512",
        clock: Callable[[], float] = time.time,
        time_factor: float = 1.0,
        settings: Settings | None = None,
        rng: Random | None = None,
    ) -> None:
        self._lock = threading.RLock()
        self._received = threading.Condition(self._lock)
        self._clock, self._factor, self._started, self._offset = clock, time_factor, clock(), 0.0
        self._rng = rng or SystemRandom()
        self.settings = settings or Settings()
        self.profile = PROFILES[profile]
        self.meetings = Meetings(self._rng)
        self.faults = Faults()
        self.callbacks = Callbacks()
        self.requests: deque[Request] = deque(maxlen=KEPT_REQUESTS)
        self.counts: Counter[str] = Counter()
        self.sessions: dict[str, set[str]] = {}
        url = server_url.rstrip("/") or DEFAULT_URL
        self.has_own_url = bool(server_url)
        self.api = Api(self.meetings, self.profile, self.settings, secret, algorithms, self.sessions, url)

    @property
    def server_url(self) -> str:
        """The address under which clients know this server, without a final slash."""
        return self.api.server_url

    @server_url.setter
    def server_url(self, url: str) -> None:
        self.api.server_url = url.rstrip("/")

    @property
    def now(self) -> float:
        """The server's time, in Unix seconds."""
        return self._started + (self._clock() - self._started) * self._factor + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock on, and let the timers that ran out take effect."""
        with self._lock:
            self._offset += seconds
            self.sweep()

    def sweep(self) -> None:
        """Remove the meetings that are over by now."""
        with self._lock:
            gone = self.meetings.sweep(self.now)
            self.callbacks.ended(gone, self.now)

    def answer(self, request: Request) -> Answer:
        """Answer a request. The answer may ask to be held back, dripped or dropped: see ``Answer``."""
        path, call = request.path, request.call
        if path.startswith(HOOKS_PATH):
            return answer_hook(self, request)
        if path == "/counts":
            return as_json(dict(self.counts))
        fault = None if call is None else self.faults.take(call)
        with self._lock:
            self.requests.append(request)
            if call is None:
                self.sweep()
                return pages.answer(self, request)
            self.counts[call] += 1
            self._received.notify_all()
        return apply(fault, lambda: self._carry_out(request, call)) if fault else self._carry_out(request, call)

    def wait_for(self, call: str, count: int = 1, timeout: float = 20.0) -> bool:
        """Wait until so many calls of a name have been received, with their faults fixed; False after ``timeout`` s."""
        with self._received:
            return self._received.wait_for(lambda: self.counts[call] >= count, timeout)

    def _carry_out(self, request: Request, call: str) -> Answer:
        if not _readable(request.target):
            return container_error(400, "Invalid character found in the request target")
        with self._lock:
            self.sweep()
            return self.api.answer(request, call, self.now)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer under WSGI. There a reset or dropped connection is an exception, and nothing is dripped."""
        answer = self.answer(request_of(environ))
        if answer.hold is not None:
            answer.hold.released.wait(answer.hold.seconds)
        if answer.silent:
            raise ConnectionResetError("a fault drops this connection")
        start_response(f"{answer.status} {PHRASES.get(answer.status, 'Unknown')}", list(answer.all_headers()))
        return [answer.body]

    def plant(
        self,
        meeting_id: str,
        *,
        metadata: Mapping[str, str] | None = None,
        internal_id: str = "",
        parent_id: str = "",
        **parameters: str,
    ) -> Meeting:
        """Put a meeting there that no client of this test created, with ``create``'s parameters by name.

        ``parent_id`` makes it a breakout room of the meeting with that internal ID. An existing meeting of the same
        internal ID is replaced.
        """
        with self._lock:
            read = Parameters({"name": meeting_id, **parameters}.items())
            breakout = Breakout(parent_id, read.number("sequence", 1), read.flag("freeJoin")) if parent_id else None
            creator = Creator(self.meetings, self.profile, self.settings)
            meeting = creator.make(meeting_id, read, self.now, self.server_url, breakout)
            meeting.internal_id = internal_id or meeting.internal_id
            meeting.metadata.update(metadata or {})
            self.meetings.add(meeting)
            return meeting

    def join(
        self,
        meeting_id: str,
        full_name: str,
        role: Role = "VIEWER",
        *,
        voice: bool = False,
        listening: bool = False,
        video: bool = False,
        **parameters: str,
    ) -> Person:
        """Make somebody an attendee without a browser; ``parameters`` as in the call. Raises LookupError if unknown."""
        with self._lock:
            meeting = self._meeting(meeting_id)
            joiner = Joiner(self.meetings, self.profile, self.sessions)
            person = joiner.make(meeting, full_name, role, Parameters(parameters.items()))
            person.guest_status = "ALLOW"
            person.voice, person.listening, person.video = voice, listening, video
            meeting.people[person.session_token] = person
            meeting.enter(person, self.now)
            return person

    def leave(self, meeting_id: str, person_id: str) -> None:
        """Let somebody leave, by their external or internal ID. Raises LookupError if unknown."""
        with self._lock:
            meeting = self._meeting(meeting_id)
            meeting.leave(self._person(meeting, person_id), self.now)
            self.sweep()

    def decide(self, meeting_id: str, person_id: str, *, admit: bool) -> None:
        """Let a moderator decide about a waiting guest. Raises LookupError if unknown."""
        with self._lock:
            self._person(self._meeting(meeting_id), person_id).guest_status = "ALLOW" if admit else "DENY"

    def end(self, meeting_id: str) -> None:
        """End a meeting, as its moderators can from inside. Raises LookupError if unknown."""
        with self._lock:
            self._meeting(meeting_id).ended_at = self.now
            self.sweep()

    def deliver_callbacks(self, deliver: Deliver = fetch) -> list[Callback]:
        """Make the callbacks that are due now; gives those that were tried."""
        with self._lock:
            self.sweep()
            due = self.callbacks.due(self.now)
        for callback in due:
            status = deliver(callback.url)
            with self._lock:
                self.callbacks.attempted(callback, status, self.now)
        return due

    def enter(self, session_token: str, cookie_header: str) -> tuple[Meeting, Person] | None:
        """Connect a client, if its session's cookie allows it. Somebody who has to wait stays outside."""
        with self._lock:
            found = self.meetings.person(session_token)
            if found is None:
                return None
            meeting, person = found
            tokens = self.sessions.get(session_of(cookie_header), set())
            if session_token not in tokens and not meeting.without_session:
                return None
            if person.guest_status == "ALLOW":
                meeting.enter(person, self.now)
            return found

    def _meeting(self, meeting_id: str) -> Meeting:
        meeting = self.meetings.running(meeting_id)
        if meeting is None:
            raise LookupError(f"no meeting {meeting_id!r}")
        return meeting

    @staticmethod
    def _person(meeting: Meeting, person_id: str) -> Person:
        for person in meeting.people.values():
            if person_id in {person.external_id, person.internal_id}:
                return person
        raise LookupError(f"nobody {person_id!r} in {meeting.external_id!r}")

    def state(self) -> dict[str, Any]:
        """The meetings and their people, for a test that looks from outside."""
        with self._lock:
            self.sweep()
            return {"now": self.now, "meetings": [pages.described(meeting, self.now) for meeting in self.meetings]}


_TARGET: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%!$&'()*+,;=:@/?")


def _readable(target: str) -> bool:
    """Tomcat answers HTTP 400 to a target with any other character."""
    return _TARGET.issuperset(target)


def request_of(environ: WSGIEnvironment) -> Request:
    """Read a WSGI environment; the raw target is put together again as far as WSGI kept it."""
    path = quote(environ.get("PATH_INFO", "").encode("latin-1"), safe="/:@!$&'()*+,;=-._~")
    query = environ.get("QUERY_STRING", "")
    headers = [(key[5:].replace("_", "-").title(), str(value)) for key, value in environ.items() if key[:5] == "HTTP_"]
    headers += [(name.title(), environ[key]) for name, key in _PLAIN_HEADERS if environ.get(key)]
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length else b""
    target = f"{path}?{query}" if query else path
    peer = environ.get("REMOTE_ADDR", "127.0.0.1")
    return Request(environ["REQUEST_METHOD"], target, tuple(headers), body, peer)


_PLAIN_HEADERS: Final = (("content-type", "CONTENT_TYPE"), ("content-length", "CONTENT_LENGTH"))
