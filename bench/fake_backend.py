"""A fake BBB backend that costs next to nothing: fixed documents, no checks but the path. Loopback only, stops by
itself.

It knows the meetings that were created through it, under the names that the gateway gave them, and forgets all but the
newest. ``/control?latency_ms=20`` makes every later answer wait; ``/counts`` tells how many calls came, by name.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import Counter, OrderedDict
from typing import cast
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

INTERNAL = "fc57997f0370b775e76288619a837bd0270714db-1751373296123"
KEPT = 2000
ATTENDEES = "".join(
    f"<attendee>\n<userID>w_{number}</userID>\n<fullName>Person {number}</fullName>\n<role>VIEWER</role>\n"
    "<isPresenter>false</isPresenter>\n<isListeningOnly>false</isListeningOnly>\n<hasJoinedVoice>true</hasJoinedVoice>\n"
    "<hasVideo>true</hasVideo>\n<clientType>HTML5</clientType>\n<customdata>\n</customdata>\n</attendee>\n"
    for number in range(5)
)


def wrapped(inside: str) -> bytes:
    """Give a successful document."""
    return f"<response>\n<returncode>SUCCESS</returncode>\n{inside}</response>".encode()


def failed(key: str) -> bytes:
    """Give a failure."""
    inside = f"<messageKey>{key}</messageKey>\n<message>x</message>\n"
    return f"<response>\n<returncode>FAILED</returncode>\n{inside}</response>".encode()


class Backend:
    """The meetings as ready-made fragments."""

    def __init__(self) -> None:
        self.meetings: OrderedDict[str, str] = OrderedDict()
        self.counts: Counter[str] = Counter()
        self.latency = 0.0
        self._listed: bytes | None = None

    def answer(self, path: str, query: str) -> bytes:
        """Answer a request with a body."""
        params = dict(parse_qsl(query, keep_blank_values=True))
        if path == "/control":
            self.latency = float(params["latency_ms"]) / 1000
            return b"ok"
        if path == "/counts":
            return json.dumps(self.counts).encode()
        call = path.rpartition("/")[2]
        self.counts[call] += 1
        meeting_id = params.get("meetingID", "")
        known = self.meetings.get(meeting_id)
        if call == "create":
            return self._create(meeting_id, params)
        if call == "isMeetingRunning":
            return wrapped(f"<running>{'true' if known else 'false'}</running>\n")
        if call == "getMeetingInfo":
            return wrapped(known) if known else failed("notFound")
        if call == "getMeetings":
            if self._listed is None:
                rows = "".join(f"<meeting>\n{fragment}</meeting>\n" for fragment in self.meetings.values())
                self._listed = wrapped(f"<meetings>\n{rows}</meetings>\n" if rows else "<meetings/>\n")
            return self._listed
        return failed("unsupportedRequest")

    def _create(self, meeting_id: str, params: dict[str, str]) -> bytes:
        name = escape(meeting_id)
        note = "<messageKey>duplicateWarning</messageKey>\n<message>x</message>\n"
        if meeting_id not in self.meetings:
            note = "<messageKey></messageKey>\n<message></message>\n"
            metadata = {name[5:].lower(): escape(value) for name, value in params.items() if name.startswith("meta_")}
            marks = "".join(f"<{name}>{value}</{name}>\n" for name, value in metadata.items())
            self.meetings[meeting_id] = (
                f"<meetingName>x</meetingName>\n<meetingID>{name}</meetingID>\n"
                f"<internalMeetingID>{INTERNAL}</internalMeetingID>\n"
                "<createTime>1751373296123</createTime>\n<attendeePW>ap77</attendeePW>\n<moderatorPW>mp77</moderatorPW>\n"
                "<running>true</running>\n<participantCount>5</participantCount>\n<maxUsers>0</maxUsers>\n"
                f"<attendees>\n{ATTENDEES}</attendees>\n<metadata>\n{marks}</metadata>\n<isBreakout>false</isBreakout>\n"
            )
            self._listed = None
            while len(self.meetings) > KEPT:
                self.meetings.popitem(last=False)
        return wrapped(
            f"<meetingID>{name}</meetingID>\n<internalMeetingID>{INTERNAL}</internalMeetingID>\n"
            f"<attendeePW>ap77</attendeePW>\n<moderatorPW>mp77</moderatorPW>\n<createTime>1751373296123</createTime>\n{note}"
        )


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, GET only."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
            at = urlsplit(head.split(b" ", 2)[1].decode("latin-1"))
            body = self.backend.answer(at.path, at.query)
            answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
            if self.backend.latency:
                asyncio.get_running_loop().call_later(self.backend.latency, self.transport.write, answer)
            else:
                self.transport.write(answer)


async def serve(port: int, seconds: float) -> None:
    """Serve for this long."""
    backend = Backend()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(backend), "127.0.0.1", port)
    print(f"fake backend on 127.0.0.1:{port}", flush=True)
    async with server:
        await asyncio.sleep(seconds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=1800, help="stop by itself after this long")
    options = parser.parse_args()
    try:
        import uvloop

        uvloop.run(serve(options.port, options.seconds))
    except ImportError:
        asyncio.run(serve(options.port, options.seconds))
