"""``avv serve`` as a process: it ends in an orderly way, says clearly why it cannot begin, and knows its hosts."""

from __future__ import annotations

import http.client
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import select

from senfcall_avv.bbb.checksum import sign
from senfcall_avv.db import make_engine, make_session_factory, session_scope
from senfcall_avv.endpoints.services import create_endpoint
from senfcall_avv.ledger.models import LedgerEntry
from senfcall_avv.operations.serving import CannotListen, PortInUse, listen
from senfcall_avv.organizations.services import create_organization
from senfcall_avv.sealing import KeyRing, generate_key_line
from senfcall_avv.simulator.app import Simulator
from senfcall_avv.simulator.messages import Answer, Request
from senfcall_avv.simulator.server import serve_in_thread

AVV = Path(sys.executable).with_name("avv")
POLICIES = Path(__file__).parents[2] / "policies"
SECRET = "secret-of-the-simulated-backend-0123456789"
PORTAL, GATEWAY = "avv.example.org", "bbb.example.org"
PATIENCE = 30
"""Seconds after which a process that does not do what it should is a failure."""


class Noticing(Simulator):
    """A backend that says when a call has arrived."""

    def __init__(self) -> None:
        super().__init__(SECRET)
        self.arrived = threading.Event()

    def answer(self, request: Request) -> Answer:
        answer = super().answer(request)
        self.arrived.set()
        return answer


class Told(NamedTuple):
    status: int
    content_type: str
    body: str


class Served:
    """A running ``avv serve`` with one endpoint."""

    def __init__(self, process: subprocess.Popen[str], key: str, secret: str) -> None:
        self.process, self.key, self.secret = process, key, secret
        assert process.stdout is not None
        self.announced = process.stdout.readline()
        self.port = int(self.announced.rpartition(":")[2] or 0)

    def get(self, path: str, host: str = PORTAL) -> Told:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers={"Host": host})
            response = connection.getresponse()
            return Told(response.status, response.headers["Content-Type"], response.read().decode())
        finally:
            connection.close()

    def call(self, call: str, query: str = "", host: str = PORTAL) -> Told:
        checksum = f"checksum={sign(call, query, self.secret.encode(), 'sha256')}"
        target = f"/b/{self.key}/bigbluebutton/api/{call}?{query}"
        return self.get(f"{target}&{checksum}" if query else f"{target}{checksum}", host)

    def wait_until_deaf(self) -> None:
        """Wait until no new connection is taken any more."""
        pause = threading.Event()
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE).close()
            except ConnectionRefusedError:
                return
            except ConnectionResetError:
                pass  # it closed between our asking and its taking
            pause.wait(0.02)

    def ended(self) -> tuple[int, str]:
        """Wait for the end; give exit code and what was written to standard error."""
        _, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, errors


@pytest.fixture
def backend() -> Iterator[Noticing]:
    simulator = Noticing()
    with serve_in_thread(simulator):
        yield simulator
        simulator.faults.clear()


@pytest.fixture
def ini(tmp_path: Path, migrated_sqlite: Path, backend: Noticing) -> dict[str, str]:
    """The settings; the ledger is written at the end alone."""
    return {
        "avv.environment": "development",
        "avv.public_url": f"http://{PORTAL}",
        "avv.database_url": f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'avv.sqlite')}",
        "avv.keys": generate_key_line(),
        "avv.policy.directory": str(POLICIES),
        "avv.contracts.directory": str(POLICIES.parent / "contracts"),
        "avv.texts.directory": str(POLICIES.parent / "texts"),
        "avv.backend.url": f"{backend.server_url}/bigbluebutton",
        "avv.backend.secret": SECRET,
        "avv.upstream.total_seconds": "20",
        "avv.ledger.flush_seconds": "300",
        "avv.server.port": "0",
        "avv.server.threads": "4",
    }


def begin(ini: dict[str, str], folder: Path) -> subprocess.Popen[str]:
    path = folder / "avv.ini"
    lines = "".join(f"{name} = {value}\n" for name, value in ini.items())
    path.write_text(f"[app:main]\nuse = egg:senfcall_avv\n{lines}")
    return subprocess.Popen(
        [AVV, "--config", path, "serve"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder
    )


@pytest.fixture
def serve(ini: dict[str, str], tmp_path: Path) -> Iterator[Callable[[], Served]]:
    """Starts the server of the settings as they are by then."""
    running: list[subprocess.Popen[str]] = []

    def start() -> Served:
        engine = make_engine(ini["avv.database_url"])
        with session_scope(make_session_factory(engine)) as session:
            organization = create_organization(session, "Verein A e. V.")
            endpoint, secret = create_endpoint(session, KeyRing.from_text(ini["avv.keys"]), organization)
            key = endpoint.key
        engine.dispose()
        running.append(begin(ini, tmp_path))
        return Served(running[-1], key, secret)

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def counted(ini: dict[str, str]) -> dict[tuple[str, str], int]:
    """Read the ledger from the database: calls and reasons."""
    engine = make_engine(ini["avv.database_url"])
    with session_scope(make_session_factory(engine), write=False) as session:
        rows = {(row.call, row.reason): row.count for row in session.scalars(select(LedgerEntry))}
    engine.dispose()
    return rows


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_lets_running_calls_finish_and_writes_the_ledger(
    serve: Callable[[], Served], ini: dict[str, str], backend: Noticing, number: signal.Signals
) -> None:
    served = serve()
    backend.faults.set("create", "slow", seconds=PATIENCE)
    with ThreadPoolExecutor(1) as pool:
        running: Future[Told] = pool.submit(served.call, "create", "name=Vorstand&meetingID=room&foo=1")
        assert backend.arrived.wait(PATIENCE)
        served.process.send_signal(number)
        served.wait_until_deaf()
        assert served.process.poll() is None
        assert not running.done()
        assert counted(ini) == {}
        backend.faults.clear()
        answer = running.result(PATIENCE)
    code, errors = served.ended()
    assert (answer.status, "<returncode>SUCCESS" in answer.body) == (200, True)
    assert code == 0
    assert "Traceback" not in errors
    assert counted(ini)["create", "unknown_name"] == 1
    assert not any(word in errors for word in (served.secret, SECRET, "Vorstand", "checksum"))


def test_a_second_signal_changes_nothing(serve: Callable[[], Served], backend: Noticing) -> None:
    served = serve()
    backend.faults.set("getMeetings", "slow", seconds=PATIENCE)
    with ThreadPoolExecutor(1) as pool:
        running: Future[Told] = pool.submit(served.call, "getMeetings")
        assert backend.arrived.wait(PATIENCE)
        served.process.send_signal(signal.SIGTERM)
        served.wait_until_deaf()
        served.process.send_signal(signal.SIGTERM)
        served.process.send_signal(signal.SIGINT)
        backend.faults.clear()
        assert "noMeetings" in running.result(PATIENCE).body
    code, errors = served.ended()
    assert (code, "Traceback" in errors) == (0, False)


def test_an_idle_server_ends_at_once_and_says_at_the_start_what_it_serves(serve: Callable[[], Served]) -> None:
    served = serve()
    assert served.announced == f"Serving on http://127.0.0.1:{served.port}\n"
    served.process.send_signal(signal.SIGTERM)
    code, errors = served.ended()
    assert code == 0
    (line,) = errors.splitlines()
    for word in ("app.started", "environment=development", "senfcall", "transport=requests", "revision="):
        assert word in line


def test_a_port_in_use_is_one_clear_sentence(ini: dict[str, str], tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ini["avv.server.port"] = str(port)
        process = begin(ini, tmp_path)
        output, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, output) == (1, "")
    assert errors == (
        f"Error: 127.0.0.1:{port} is in use by another program. Choose another avv.server.host or avv.server.port.\n"
    )


def test_an_address_of_another_machine_is_no_port_in_use() -> None:
    with pytest.raises(CannotListen, match=r"^192\.0\.2\.1:0 cannot be listened on: .+\.$") as caught:
        listen("192.0.2.1", 0)
    assert not isinstance(caught.value, PortInUse)


def test_two_programs_that_start_together_are_told_apart() -> None:
    with listen("127.0.0.1", 0) as first, pytest.raises(PortInUse):
        listen("127.0.0.1", first.getsockname()[1])


def test_a_host_that_is_not_ours_gets_400(serve: Callable[[], Served]) -> None:
    served = serve()
    assert served.get("/").status == 200
    assert served.call("getMeetings").status == 200
    for host in ("evil.example.org", f"127.0.0.1:{served.port}", "localhost", f"{PORTAL}.evil.example.org", ""):
        page, call = served.get("/", host), served.call("getMeetings", host=host)
        assert (page.status, page.content_type) == (400, "text/html; charset=utf-8"), host
        assert (call.status, call.content_type) == (400, "text/xml;charset=utf-8"), host
        assert "evil" not in page.body + call.body


def test_hosts_of_their_own_serve_only_their_door(serve: Callable[[], Served], ini: dict[str, str]) -> None:
    ini["avv.gateway.url"] = f"http://{GATEWAY}"
    served = serve()
    assert f"http://{GATEWAY}/b/KEY/bigbluebutton/" in served.get("/api").body
    assert "noMeetings" in served.call("getMeetings", host=GATEWAY).body
    for path in ("/", "/login", "/static/avv.css"):
        assert served.get(path, GATEWAY).status == 404
    wrong_door = served.call("getMeetings", host=PORTAL)
    assert (wrong_door.status, wrong_door.content_type) == (404, "text/xml;charset=utf-8")
    assert served.get("/", "evil.example.org").status == 400
