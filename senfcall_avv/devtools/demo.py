"""The demonstration: two organisations with endpoints, a simulated backend, one process to look at."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlencode, urlsplit

from sqlalchemy import make_url, select

from senfcall_avv.db import session_scope
from senfcall_avv.devtools.processes import Companion
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
        f"Mails       {outbox_url(settings)} (nothing is sent; links in them work)",
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


def outbox_url(settings: Settings) -> str:
    """Give the page with the mails that would have been sent."""
    return f"{settings.public_url}/devtools/outbox"


def simulator_url(settings: Settings) -> str:
    """Give the simulator's own page."""
    at = urlsplit(settings.backend.url)
    return f"{at.scheme}://{at.netloc}/"


def simulated_backend(settings: Settings) -> Companion:
    """Start the simulated backend at the address where the gateway expects its backend."""
    port = urlsplit(settings.backend.url).port or 80
    arguments = ("--port", str(port), "--server-url", simulator_url(settings).rstrip("/"))
    secret = {"SIMULATOR_SECRET": settings.backend.secret.get_secret_value()}
    return Companion("simulated backend", ("senfcall_avv.simulator", *arguments), secret)


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
