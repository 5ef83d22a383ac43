"""The demonstration: two organisations with endpoints, a simulated backend, one process to look at."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self
from urllib.parse import urlencode, urlsplit

from sqlalchemy import make_url, select

from senfcall_avv.db import session_scope
from senfcall_avv.endpoints.models import Endpoint
from senfcall_avv.endpoints.services import create_endpoint, reveal
from senfcall_avv.organizations.models import Organization
from senfcall_avv.organizations.services import create_organization
from senfcall_avv.sealing import generate_key_line

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from senfcall_avv.sealing import KeyRing
    from senfcall_avv.settings import Settings

ORGANIZATIONS: Final = ("Kulturverein Beispielstadt e. V.", "Nachbarschaftshilfe Musterdorf e. V.")


class DemoEndpoint(NamedTuple):
    """What an organisation of the demonstration enters in its plugin."""

    organization: str
    url: str
    secret: str


def prepare(settings: Settings) -> None:
    """Make what a fresh checkout lacks: the folder of the database, and keys."""
    database = make_url(settings.database_url)
    if database.get_backend_name() == "sqlite" and database.database:
        Path(database.database).parent.mkdir(parents=True, exist_ok=True)
    path = settings.keys_file
    if path is not None and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(generate_key_line() + "\n")


def plant(factory: sessionmaker[Session], ring: KeyRing) -> None:
    """Plant the organisations with their endpoints, unless they are there."""
    with session_scope(factory) as session:
        for name in ORGANIZATIONS:
            if session.scalar(select(Organization.id).where(Organization.name == name)) is None:
                create_endpoint(session, ring, create_organization(session, name))


def endpoints(factory: sessionmaker[Session], ring: KeyRing, settings: Settings) -> list[DemoEndpoint]:
    """Give the planted endpoints with their secrets in clear."""
    found = []
    with session_scope(factory, write=False) as session:
        rows = session.scalars(select(Endpoint).join(Organization).where(Organization.name.in_(ORGANIZATIONS)))
        for endpoint in sorted(rows, key=lambda row: row.organization.name):
            now = datetime.now(UTC)
            current = next((s for s in endpoint.secrets if s.valid_until is None or s.valid_until > now), None)
            if current is not None:
                url = settings.endpoint_url(endpoint.key)
                found.append(DemoEndpoint(endpoint.organization.name, url, reveal(ring, current)))
    return found


def signed(endpoint: DemoEndpoint, call: str, params: dict[str, str]) -> str:
    """Give a signed call to try in a browser or a shell."""
    query = urlencode(params)
    checksum = hashlib.sha256(f"{call}{query}{endpoint.secret}".encode()).hexdigest()
    return f"{endpoint.url}api/{call}?{query}&checksum={checksum}"


def described(settings: Settings, found: list[DemoEndpoint]) -> dict[str, Any]:
    """Say where everything is, for programs."""
    return {
        "portal": settings.public_url + "/",
        "endpoints": [endpoint._asdict() for endpoint in found],
        "logins": [],
        "simulator": simulator_url(settings),
    }


def banner(settings: Settings, found: list[DemoEndpoint]) -> str:
    """Say where everything is, for people."""
    lines = [
        "",
        f"Portal      {settings.public_url}/",
        f"Simulator   {simulator_url(settings)} (meetings and who is in them)",
    ]
    for endpoint in found:
        lines += ["", endpoint.organization, f"  Endpoint  {endpoint.url}", f"  Secret    {endpoint.secret}"]
    if found:
        first = found[0]
        room = {"name": "Demo", "meetingID": "demo", "attendeePW": "ap-demo", "moderatorPW": "mp-demo"}
        person = {"fullName": "Ada", "meetingID": "demo", "password": "mp-demo"}
        lines += [
            "",
            "Try it: create a meeting, then open the second address in a browser:",
            f"  curl '{signed(first, 'create', room)}'",
            f"  {signed(first, 'join', person)}",
            "What was ignored:  .venv/bin/avv ledger show '" + first.organization + "'",
        ]
    return "\n".join([*lines, "", "Ctrl-C ends everything.", ""])


def simulator_url(settings: Settings) -> str:
    """Give the simulator's own page."""
    at = urlsplit(settings.backend.url)
    return f"{at.scheme}://{at.netloc}/"


class SimulatorFailed(Exception):
    """The simulated backend ended before it could be used; it has said why on standard error."""


class SimulatedBackend:
    """The simulated backend, in a process of its own, at the address where the gateway expects its backend."""

    def __init__(self, settings: Settings) -> None:
        port = urlsplit(settings.backend.url).port or 80
        arguments = ["--port", str(port), "--server-url", simulator_url(settings).rstrip("/")]
        environment = {**os.environ, "SIMULATOR_SECRET": settings.backend.secret.get_secret_value()}
        self._process = subprocess.Popen(  # noqa: S603  # our own module, numbers and addresses of our own settings
            [sys.executable, "-m", "senfcall_avv.simulator", *arguments], env=environment, stdout=subprocess.PIPE
        )

    def wait_until_ready(self) -> None:
        """Wait for the line that it prints when it listens. Raises SimulatorFailed."""
        if self._process.stdout is None or not self._process.stdout.readline():
            raise SimulatorFailed

    def close(self) -> None:
        """End it. Ctrl-C has reached it already, a signal to us alone has not."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


class Leaving:
    """SIGTERM and SIGINT before and after the server runs: they end this process by unwinding it, never half way.

    Inside the block a signal is remembered until ``allow`` is called, and ignored after ``forbid``.
    """

    def __init__(self) -> None:
        self._asked = self._allowed = False
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._previous = {number: signal.signal(number, self._hear) for number in (signal.SIGTERM, signal.SIGINT)}
        return self

    def __exit__(self, *_exception: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _hear(self, _signal: int, _frame: FrameType | None) -> None:
        self._asked = True
        if self._allowed:
            sys.exit(0)

    def allow(self) -> None:
        """Leave from now on, and at once if that was asked for. Raises SystemExit."""
        self._allowed = True
        if self._asked:
            sys.exit(0)

    def forbid(self) -> None:
        """Finish what is under way: a second Ctrl-C must not leave a process behind."""
        self._allowed = False


@contextmanager
def simulated_backend(settings: Settings, leaving: Leaving) -> Iterator[SimulatedBackend]:
    """Have a simulated backend, which ends with the block however that ends."""
    simulator = SimulatedBackend(settings)
    try:
        leaving.allow()
        yield simulator
    finally:
        leaving.forbid()
        simulator.close()


def overrides(port: int) -> dict[str, str]:
    """Give the settings that follow from the portal's port: the simulator listens on the next one."""
    return {
        "avv.public_url": f"http://127.0.0.1:{port}",
        "avv.server.port": str(port),
        "avv.backend.url": f"http://127.0.0.1:{port + 1}/bigbluebutton",
    }


def port_is_free(port: int) -> bool:
    """Tell whether nobody listens on this port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def remember_port(folder: Path, port: int) -> None:
    """Write down where the demonstration was last started, so that `avv demo` prints addresses that answer."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "demo.json").write_text(json.dumps({"port": port}))


def remembered_port(folder: Path) -> int | None:
    """Give the port of the last start."""
    try:
        return int(json.loads((folder / "demo.json").read_text())["port"])
    except (OSError, ValueError, LookupError, TypeError):
        return None
