"""The gateway measured by kind of call, on this machine's loopback, against a fake backend that costs next to nothing.

    python bench/gateway.py [--transport curl|requests] [--connections 8] [--seconds 3] [--organizations 10]

A closed loop: each connection sends its next call when the last one was answered. CPU is what the gateway's process
used, user and system, and is the steadiest figure on a shared machine. Every answer is checked for what it must hold: a
fast error is no result. Everything it starts it stops; every loop is bounded in time.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import itertools
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

import psutil

ROOT = Path(__file__).parents[1]
BACKEND_SECRET = "secret-of-the-fake-backend-0123456789"  # noqa: S105  # the fake checks none
CREATE = {
    "name": "Vorstandssitzung Müller & Söhne e. V.",
    "attendeePW": "ap77",
    "moderatorPW": "mp77",
    "welcome": "Willkommen! <br>Bitte Mikrofon aus.",
    "logoutURL": "https://cloud.example.org/apps/bbb",
    "muteOnStart": "true",
    "record": "false",
    "meta_bbb-origin": "bench",
}


class Tenant(NamedTuple):
    """An organisation: where it calls, and with what."""

    path: str
    secret: str

    def target(self, call: str, params: dict[str, str], secret: str = "") -> str:
        """Give a signed request target."""
        query = urlencode(params)
        checksum = hashlib.sha256(f"{call}{query}{secret or self.secret}".encode()).hexdigest()
        return f"{self.path}{call}?{query}{'&' if query else ''}checksum={checksum}"


class Kind(NamedTuple):
    """A kind of call: how its nth one is made, and what its answer must hold. ``{n}`` and ``{room}`` are filled in."""

    name: str
    call: str
    params: dict[str, str]
    expected: bytes
    wrong_secret: bool = False

    def target(self, tenant: Tenant, number: int) -> str:
        """Give the nth signed request target; the root document has no signature."""
        if not self.call:
            return tenant.path
        fill = {"n": number, "room": f"room-{number % ROOMS}"}
        params = {name: value.format(**fill) for name, value in self.params.items()}
        return tenant.target(self.call, params, tenant.secret + "x" if self.wrong_secret else "")


ROOMS = 4
ROOM = {"meetingID": "{room}"}
PERSON = {**ROOM, "fullName": "Person {n}", "password": "ap77", "userID": "u{n}"}
KINDS = (
    Kind("wrong checksum", "getMeetingInfo", ROOM, b"checksumError", wrong_secret=True),
    Kind("root document", "", {}, b"<version>2.0"),
    Kind("refused (end)", "end", ROOM, b"unsupportedRequest"),
    Kind("answered (getRecordings)", "getRecordings", ROOM, b"noRecordings"),
    Kind("isMeetingRunning", "isMeetingRunning", ROOM, b"<running>true"),
    Kind("isMeetingRunning, unknown", "isMeetingRunning", {"meetingID": "no-{n}"}, b"<running>false"),
    Kind("getMeetingInfo", "getMeetingInfo", ROOM, b"<meetingID>room-"),
    Kind("getMeetings", "getMeetings", {}, b"<meetingID>room-"),
    Kind("join", "join", PERSON, b" 302 "),
    Kind("create, again", "create", {**CREATE, **ROOM}, b"duplicateWarning"),
    Kind("create, new", "create", {**CREATE, "meetingID": "new-{n}"}, b"<meetingID>new-"),
)


class Row(NamedTuple):
    """What was measured of one kind."""

    kind: str
    calls: int
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    wrong: int


class Loop(asyncio.Protocol):
    """One connection in a closed loop."""

    def __init__(self, targets: Iterator[bytes], expected: bytes, until: float, done: asyncio.Future[None]) -> None:
        self.targets, self.expected, self.until, self.done = targets, expected, until, done
        self.latencies: list[float] = []
        self.wrong = 0
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.port = int(transport.get_extra_info("peername")[1])
        self._send()

    def _send(self) -> None:
        self.sent = time.perf_counter()
        if self.sent > self.until:
            self.transport.close()
            return
        self.transport.write(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % (next(self.targets), self.port))

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        at = head.lower().index(b"content-length:") + 15
        if len(body) < int(head[at:].partition(b"\r")[0]):
            return
        self.latencies.append(time.perf_counter() - self.sent)
        self.wrong += self.expected not in self.buffer
        self.buffer = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        self.wrong += exc is not None
        if not self.done.done():
            self.done.set_result(None)


async def closed_loop(
    port: int, targets: Iterator[bytes], expected: bytes, connections: int, seconds: float
) -> list[Loop]:
    """Run the connections for this long."""
    running = asyncio.get_running_loop()
    until = time.perf_counter() + seconds
    loops, ends = [], []
    for _ in range(connections):
        done = running.create_future()
        one = Loop(targets, expected, until, done)
        await running.create_connection(lambda one=one: one, "127.0.0.1", port)
        loops.append(one)
        ends.append(done)
    await asyncio.wait_for(asyncio.gather(*ends), seconds + 60)
    return loops


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until somebody listens."""
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    sys.exit("a process did not start")


class Bench:
    """The processes of one run; what was started is stopped."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options = options
        self.started: list[subprocess.Popen[bytes]] = []
        self.environment = dict(os.environ)
        backend_port, self.port = free_port(), free_port()
        self._start(backend_port, sys.executable, str(ROOT / "bench" / "fake_backend.py"), "--port", str(backend_port))
        self.environment |= {
            "AVV_ENVIRONMENT": "development",
            "AVV_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "AVV_DATABASE_URL": f"sqlite:///{folder / 'bench.sqlite'}",
            "AVV_KEYS_FILE": str(folder / "keys"),
            "AVV_BACKEND_URL": f"http://127.0.0.1:{backend_port}/bigbluebutton",
            "AVV_BACKEND_SECRET": BACKEND_SECRET,
            "AVV_SERVER_PORT": str(self.port),
            "AVV_UPSTREAM_TRANSPORT": options.transport,
            "AVV_CONFIG": str(ROOT / "development.ini"),
        }
        keys = self._avv("keys", "new")
        with os.fdopen(os.open(folder / "keys", os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(keys)
        self._avv("migrate")
        self.tenants = [self._tenant(number) for number in range(options.organizations)]
        log = (folder / "log").open("wb")
        self.gateway = self._start(self.port, sys.executable, "-m", "senfcall_avv", "serve", stdout=log, stderr=log)
        self.process = psutil.Process(self.gateway.pid)

    def _start(self, port: int, *command: str, **more: Any) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(command, env=self.environment, **more)
        self.started.append(process)
        wait_for(port, process)
        return process

    def _avv(self, *arguments: str) -> str:
        command = [sys.executable, "-W", "ignore", "-m", "senfcall_avv", *arguments]
        return subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True).stdout

    def _tenant(self, number: int) -> Tenant:
        made = json.loads(self._avv("endpoints", "create", f"Verein {number} e. V.", "--new", "--json"))
        return Tenant(f"/b/{made['key']}/bigbluebutton/api/", made["secret"])

    def stop(self) -> None:
        for process in reversed(self.started):
            process.terminate()
        for process in self.started:
            process.wait(20)

    def run(self, kind: Kind, seconds: float) -> Row:
        """Measure one kind."""
        rounds = itertools.count()
        # Made beforehand: signing costs more than the gateway's own work for some kinds.
        made = [kind.target(self.tenants[n % len(self.tenants)], n).encode() for n in range(20_000)]
        targets = (made[n % len(made)] for n in rounds)
        before = self.process.cpu_times()
        started = time.perf_counter()
        loops = asyncio.run(closed_loop(self.port, targets, kind.expected, self.options.connections, seconds))
        elapsed = time.perf_counter() - started
        after = self.process.cpu_times()
        latencies = sorted(latency for loop in loops for latency in loop.latencies)
        calls = len(latencies)
        cpu = after.user + after.system - before.user - before.system
        return Row(
            kind.name,
            calls,
            calls / elapsed,
            latencies[calls // 2] * 1000,
            latencies[min(calls - 1, calls * 99 // 100)] * 1000,
            cpu / calls * 1e6,
            sum(loop.wrong for loop in loops),
        )

    def create_rooms(self) -> None:
        """Make the meetings that the kinds ask about."""
        again = next(kind for kind in KINDS if kind.name == "create, again")
        for tenant in self.tenants:
            for number in range(ROOMS):
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{again.target(tenant, number)}") as answer:
                    assert b"SUCCESS" in answer.read()


HEAD = f"{'kind':28}{'calls/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU us/call':>13}{'wrong':>7}"


def shown(row: Row) -> str:
    """Give a line of the table."""
    return f"{row.kind:28}{row.per_second:9.0f}{row.p50_ms:9.2f}{row.p99_ms:9.2f}{row.cpu_us:13.0f}{row.wrong:7}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--transport", choices=("curl", "requests"), default="curl")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=3.0, help="for each kind of call")
    parser.add_argument("--organizations", type=int, default=10)
    parser.add_argument("--json", type=Path, help="also write the rows into this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="avv-bench-") as name:
        bench = Bench(options, Path(name))
        try:
            bench.create_rooms()
            print(f"one process, waitress, {options.transport}, {options.connections} connections")
            print(HEAD)
            rows = []
            for kind in KINDS:
                bench.run(kind, min(0.5, options.seconds))
                row = bench.run(kind, options.seconds)
                rows.append(row)
                print(shown(row), flush=True)
            if options.json:
                options.json.write_text(json.dumps([row._asdict() for row in rows], indent=1))
        finally:
            bench.stop()


if __name__ == "__main__":
    main()
