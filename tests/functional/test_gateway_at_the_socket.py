"""What only bytes on a socket can try: the shipped command, with the shipped server, on loopback."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from served import HOST, Answer, Served

from senfcall_avv.bbb.call import FORM, MAX_TARGET
from senfcall_avv.db import make_engine, make_session_factory, session_scope
from senfcall_avv.endpoints.services import create_endpoint
from senfcall_avv.organizations.services import create_organization
from senfcall_avv.sealing import KeyRing, generate_key_line
from senfcall_avv.simulator.app import Simulator
from senfcall_avv.simulator.server import serve_in_thread

CREATE = b"name=ab&meetingID=x1"
SECRET = "secret-of-the-simulated-backend-0123456789"
POLICIES = Path(__file__).parents[2] / "policies"
REFUSED = {400, 413, 414, 431, 501}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    database = f"sqlite:///{shutil.copy(migrated_sqlite, folder / 'avv.sqlite')}"
    keys = generate_key_line()
    engine = make_engine(database)
    with session_scope(make_session_factory(engine)) as session:
        owner = create_organization(session, "Verein A e. V.")
        endpoint, secret = create_endpoint(session, KeyRing.from_text(keys), owner)
    engine.dispose()
    with serve_in_thread(Simulator(SECRET)) as backend:
        ini = folder / "avv.ini"
        ini.write_text(
            "[app:main]\nuse = egg:senfcall_avv\navv.environment = development\n"
            f"avv.public_url = http://{HOST}\navv.database_url = {database}\navv.keys = {keys}\n"
            f"avv.contracts.directory = {POLICIES.parent / 'contracts'}\n"
            f"avv.texts.directory = {POLICIES.parent / 'texts'}\n"
            f"avv.policy.directory = {POLICIES}\navv.backend.url = {backend.url}/bigbluebutton\n"
            f"avv.backend.secret = {SECRET}\navv.server.port = 0\navv.server.threads = 4\n"
        )
        command = [sys.executable, "-c", "from senfcall_avv.cli import main; main()", "--config", str(ini), "serve"]
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, cwd=folder) as process,
        ):
            assert process.stdout is not None
            found = re.search(rb":([0-9]+)\s*$", process.stdout.readline())
            assert found, (folder / "log").read_text()
            yield Served(int(found[1]), endpoint.key, secret.encode(), backend.simulator)
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        said = (folder / "log").read_text()
        assert "Traceback" not in said
        assert not re.search(r"MARK|checksum=|[0-9a-f]{64}", said)


def reached_nothing(served: Served, answer: Answer, before: int) -> None:
    assert len(served.simulator.requests) == before
    assert not re.search(rb"Traceback|\.py\b|senfcall_avv|waitress", answer.body)
    assert "server" not in answer.headers


def test_a_good_call_is_answered_over_the_wire(served: Served) -> None:
    answer = served.get(served.target(CREATE))
    assert (answer.status, answer.outcome, answer.rest) == (200, "SUCCESS", b"")
    assert set(answer.headers) - {"date", "connection", "via", "server"} == {
        "content-type", "content-length", "cache-control", "x-content-type-options", "content-security-policy",
        "referrer-policy", "cross-origin-resource-policy", "x-request-id",
    }  # fmt: skip
    assert "server" not in answer.headers


@pytest.mark.parametrize(
    "byte",
    [b"\0", b"\t", b"\x7f", b"\xe4", b"\x0b", b" ", b"\xc3\xa4", b"#"],
    ids=["G11-nul", "G11-tab", "G11-delete", "G11-latin-1", "vertical-tab", "space", "utf-8", "fragment"],
)
@pytest.mark.parametrize("place", ["inside", "unsigned"])
def test_a_raw_byte_in_the_query_that_cannot_stand_there_is_refused(served: Served, byte: bytes, place: str) -> None:
    before = len(served.simulator.requests)
    query = b"name=a" + byte + b"b&meetingID=x1"
    target = served.target(query)
    if place == "unsigned":
        target = served.target(query.replace(byte, b"")).replace(b"name=ab", b"name=a" + byte + b"b")
    answer = served.get(target)
    assert answer.status in REFUSED or answer.outcome == "checksumError"
    reached_nothing(served, answer, before)


@pytest.mark.parametrize("where", ["before-the-checksum", "behind-the-checksum"])
def test_a_fragment_hides_nothing(served: Served, where: str) -> None:
    before = len(served.simulator.requests)
    target = served.target(CREATE)
    target = target.replace(b"x1&", b"x1#&") if where == "before-the-checksum" else target + b"#&record=true"
    answer = served.get(target)
    assert answer.status in REFUSED or answer.outcome == "checksumError"
    reached_nothing(served, answer, before)


def _long(served: Served, length: int) -> bytes:
    room = length - len(served.target(CREATE + b"&welcome="))
    return served.target(CREATE + b"&welcome=" + b"x" * room)


def test_the_longest_target_passes_and_a_longer_one_does_not(served: Served) -> None:
    target = _long(served, MAX_TARGET)
    assert len(target) == MAX_TARGET
    assert served.get(target).outcome == "SUCCESS"
    before = len(served.simulator.requests)
    for length in (MAX_TARGET + 1, 12_000):
        assert served.get(_long(served, length)).outcome == "validationError"
    answer = served.get(_long(served, 40_000))
    assert answer.status in REFUSED | {0}
    assert len(served.simulator.requests) == before


def _post(served: Served, target: bytes, *headers: bytes) -> bytes:
    lines = [b"POST " + target + b" HTTP/1.1", f"Host: {HOST}".encode(), b"Content-Type: " + FORM.encode(), *headers]
    return b"\r\n".join([*lines, b"", b""])


def test_a_declared_length_beyond_all_bounds_is_refused_at_once(served: Served) -> None:
    before = len(served.simulator.requests)
    answer = served.exchange(_post(served, served.target(b""), b"Content-Length: 2147483648") + b"a=b")
    assert answer.status == 413
    reached_nothing(served, answer, before)


@pytest.mark.parametrize("length", [b"-1", b"+4", b"0_4", b"4, 5", b"1e3", b"9" * 40])
def test_a_length_that_is_no_length_is_refused(served: Served, length: bytes) -> None:
    before = len(served.simulator.requests)
    answer = served.exchange(_post(served, served.target(b""), b"Content-Length: " + length) + b"a=b&")
    assert answer.status in REFUSED
    reached_nothing(served, answer, before)


def test_a_form_in_chunks_counts_like_any_other(served: Served) -> None:
    chunks = b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in (CREATE[:7], CREATE[7:], b""))
    head = _post(served, served.target(b""), b"Transfer-Encoding: chunked", b"Connection: close")
    assert served.exchange(head + chunks).outcome == "SUCCESS"


def test_a_form_in_chunks_that_is_too_long_is_refused(served: Served) -> None:
    before = len(served.simulator.requests)
    head = _post(served, served.target(b""), b"Transfer-Encoding: chunked", b"Connection: close")
    answer = served.exchange(head + b"10001\r\n" + b"x" * 0x10001 + b"\r\n0\r\n\r\n")
    assert answer.outcome == "validationError"
    reached_nothing(served, answer, before)


def test_chunks_without_end_are_cut_off(served: Served) -> None:
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    sent = 0
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
        connection.sendall(_post(served, served.target(b""), b"Transfer-Encoding: chunked"))
        try:
            while sent < 200 * len(chunk):
                connection.sendall(chunk)
                sent += len(chunk)
        except ConnectionError:
            pass  # cut off while we were sending
    assert sent < 100 * len(chunk)
    assert served.get(served.target(CREATE)).outcome == "SUCCESS"


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        ("/b/{K}/bigbluebutton/api/create/", "SUCCESS"),
        ("/b/{K}/bigbluebutton//api//create", "SUCCESS"),
        ("//b/{K}/bigbluebutton/api/create", "SUCCESS"),
        ("/b/{K}/bigbluebutton/api/%63reate", "SUCCESS"),
        ("/b/{K}/./bigbluebutton/api/create", "unsupportedRequest"),
        ("/b/%2e%2e/b/{K}/bigbluebutton/api/create", "unsupportedRequest"),
        ("/b/{K}/bigbluebutton/api/@@create", "unsupportedRequest"),
        ("/b/{K}/bigbluebutton/api/create;x=1", "unsupportedRequest"),
        ("/b/{K}/bigbluebutton/api/create%00", "unsupportedRequest"),
        ("/b/{K}/bigbluebutton/api/create%0d%0aX-Planted:%20y", "unsupportedRequest"),
        ("/b/%ff/bigbluebutton/api/create", "unsupportedRequest"),
        ("/b/{K}/bigbluebutton/api/create.xml", "checksumError"),
        ("/b/{K}/bigbluebutton/api/create/x", "checksumError"),
    ],
)
def test_paths_on_the_wire(served: Served, path: str, outcome: str) -> None:
    before = len(served.simulator.requests)
    answer = served.get(path.replace("{K}", served.key).encode() + b"?" + served.signed(CREATE))
    assert (answer.status, answer.outcome, answer.rest) == (200, outcome, b"")
    assert len(served.simulator.requests) == before + (outcome == "SUCCESS")
    assert "x-planted" not in answer.headers


@pytest.mark.parametrize("method", [b"PUT", b"DELETE", b"OPTIONS", b"TRACE", b"FOO", b"CONNECT", b"PATCH"])
def test_methods_on_the_wire(served: Served, method: bytes) -> None:
    before = len(served.simulator.requests)
    answer = served.get(served.target(CREATE), b"X-Planted: MARK", method=method)
    assert answer.status in REFUSED or answer.outcome == "unsupportedRequest"
    assert b"MARK" not in answer.body
    reached_nothing(served, answer, before)


def test_head_gets_the_headers_alone(served: Served) -> None:
    before = len(served.simulator.requests)
    answer = served.get(served.target(CREATE), method=b"HEAD")
    assert (answer.status, answer.body, answer.rest) == (200, b"", b"")
    reached_nothing(served, answer, before)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        pytest.param(HOST.encode(), 200, id="as-set"),
        pytest.param(HOST.encode() + b":80", 200, id="D02-default-port"),
        pytest.param(HOST.upper().encode(), 200, id="D02-capitals"),
        pytest.param(None, 400, id="D02-none"),
        pytest.param(b"", 400, id="D02-empty"),
        pytest.param(b"a@" + HOST.encode(), 400, id="D02-user"),
        pytest.param(b"evil.example.org", 400, id="D02-another"),
        pytest.param(HOST.encode() + b"\r\nHost: " + HOST.encode(), 400, id="D02-two"),
        pytest.param(HOST.encode() + b"\r\nHost: evil.example.org", 400, id="D02-two-different"),
        pytest.param(HOST.encode() + b"\r\nX-Forwarded-Host: evil.example.org", 200, id="forwarded"),
        pytest.param(b"evil.example.org\r\nX-Forwarded-Host: " + HOST.encode(), 400, id="forwarded-own"),
    ],
)
def test_hosts_on_the_wire(served: Served, host: bytes | None, status: int) -> None:
    before = len(served.simulator.requests)
    answer = served.get(served.target(CREATE), host=host)
    assert answer.status == status
    assert len(served.simulator.requests) == before + (status == 200)
    assert b"evil" not in answer.body


@pytest.mark.parametrize(
    "origin", [b"http://evil.example.org", b"http://avv.example.org", b"https://x@avv.example.org"]
)
def test_an_absolute_target_is_refused(served: Served, origin: bytes) -> None:
    before = len(served.simulator.requests)
    answer = served.get(origin + served.target(CREATE))
    assert answer.status == 400
    reached_nothing(served, answer, before)


@pytest.mark.parametrize(
    "header",
    [
        b"X_Forwarded_For: 192.0.2.7",
        b"X-Forwarded-For: 192.0.2.7",
        b"X-Forwarded-Proto: https",
        b"X-Forwarded-Port: 443",
        b"Forwarded: for=192.0.2.7;host=evil.example.org;proto=https",
        b"X-Vhm-Root: /b/x",
        b"X-Request-ID: MARK-0123456789",
        b"X-Request-ID: " + b"MARK" * 2500,
        b"Cookie: session=MARK",
    ],
)
def test_headers_of_an_untrusted_peer_change_nothing(served: Served, header: bytes) -> None:
    before = len(served.simulator.requests)
    answer = served.get(served.target(CREATE), header)
    assert (answer.status, answer.outcome) == (200, "SUCCESS")
    assert len(served.simulator.requests) == before + 1
    sent = str(served.simulator.requests[-1])
    assert "MARK" not in str(answer) + sent
    assert "192.0.2.7" not in sent
    assert "evil" not in sent
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


@pytest.mark.parametrize(
    ("path", "status"),
    [(b"/%00", 400), (b"/nosuch<b>MARK", 404), (b"/nosuch%3Cb%3EMARK", 404), (b"/%ffMARK", 400), (b"/../MARK", 400)],
)
def test_a_path_is_not_repeated_on_the_portals_pages(served: Served, path: bytes, status: int) -> None:
    answer = served.get(path)
    assert answer.status == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert not re.search(rb"MARK|nosuch|Traceback|pyramid", answer.body)
    assert answer.headers["x-request-id"][:4].upper().encode() in answer.body
