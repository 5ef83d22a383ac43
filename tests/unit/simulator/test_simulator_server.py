"""The small HTTP server, the WSGI side, and the command."""

from __future__ import annotations

import http.client
import io
import signal
import socket
import subprocess
import sys
from wsgiref.util import setup_testing_defaults

import pytest

from senfcall_avv.simulator import Running, Simulator, serve_in_thread
from senfcall_avv.simulator.__main__ import parser
from senfcall_avv.simulator.server import MAX_HEAD
from tests.unit.simulator.signed import FORM, SECRET, target


def exchange(running: Running, data: bytes) -> bytes:
    """Send bytes and read until the server closes."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        got = b""
        while piece := connection.recv(65536):
            got += piece
        return got


def test_requests_are_kept_as_they_were_sent(running: Running) -> None:
    data = (
        b"POST /bigbluebutton//api/x%41?a=%c3;b HTTP/1.1\r\nhOst: h\r\nX-A:  1 \r\nContent-Length: 3\r\n\r\na\x00\xff"
    )

    exchange(running, data)

    (request,) = running.simulator.requests
    assert (request.method, request.target, request.body) == ("POST", "/bigbluebutton//api/x%41?a=%c3;b", b"a\x00\xff")
    assert request.headers == (("hOst", "h"), ("X-A", "1"), ("Content-Length", "3"))
    assert (request.call, request.query, request.header("host")) == ("xA", "a=%c3;b", "h")


def test_a_connection_is_kept_and_answers_in_order(running: Running) -> None:
    one = b"GET /bigbluebutton/api HTTP/1.1\r\n\r\n"

    got = exchange(running, one * 2 + one.replace(b"1\r\n", b"1\r\nConnection: close\r\n") + one)

    assert got.count(b"HTTP/1.1 200 OK") == 3
    assert got.count(b"Connection: keep-alive") == 2
    assert got.endswith(b"</response>")


def test_http_1_0_closes_unless_asked(running: Running) -> None:
    assert exchange(running, b"GET / HTTP/1.0\r\n\r\nGET / HTTP/1.0\r\n\r\n").count(b"HTTP/1.1 200") == 1
    assert exchange(running, b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n" * 2).count(b"HTTP/1.1 200") == 2


def test_chunked_bodies_are_put_together(running: Running) -> None:
    head = b"POST /bigbluebutton/api/create HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"

    exchange(running, head + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: x\r\n\r\n")

    assert running.simulator.requests[0].body == b"abcde"
    assert running.simulator.requests[0].chunked


def test_a_client_that_asks_first_is_told_to_continue(running: Running) -> None:
    got = exchange(running, b"POST /none HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx")

    assert got.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\n")


def test_head_answers_without_a_body(running: Running) -> None:
    got = exchange(running, b"HEAD / HTTP/1.1\r\n\r\n")

    assert got.startswith(b"HTTP/1.1 200 OK")
    assert got.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nA: " + b"x" * MAX_HEAD + b"\r\n\r\n", b"400"),
        (b"GET /?" + b"x" * MAX_HEAD + b" HTTP/1.1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n", b"413"),
    ],
)
def test_what_is_no_request_is_refused(running: Running, data: bytes, status: bytes) -> None:
    got = exchange(running, data)

    assert got.startswith(b"HTTP/1.1 " + status)
    assert b"Connection: close" in got
    assert not running.simulator.requests


def test_a_target_of_just_below_eight_kibibytes_passes(running: Running) -> None:
    got = exchange(running, b"GET /bigbluebutton/api?" + b"x" * (MAX_HEAD - 40) + b" HTTP/1.1\r\n\r\n")

    assert got.startswith(b"HTTP/1.1 200")


def test_a_broken_off_body_is_no_request(running: Running) -> None:
    assert exchange(running, b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc") == b""
    assert not running.simulator.requests


def test_the_servers_address_becomes_the_server_url_unless_one_was_given(running: Running) -> None:
    assert running.simulator.server_url == running.url
    with serve_in_thread(Simulator(SECRET, server_url="https://bbb.example.org/")) as other:
        assert other.simulator.server_url == "https://bbb.example.org"


def test_calls_are_counted_by_name(running: Running) -> None:
    for path in ("getMeetings", "getMeetings", "create", "", "none"):
        exchange(running, f"GET /bigbluebutton/api/{path} HTTP/1.1\r\n\r\n".encode())

    got = exchange(running, b"GET /counts HTTP/1.1\r\n\r\n")

    assert got.endswith(b'{"getMeetings": 2, "create": 1, "": 1, "none": 1}')


def test_waiting_for_a_call_that_does_not_come_ends(running: Running) -> None:
    assert not running.simulator.wait_for("create", timeout=0)


def test_many_clients_at_once_make_one_meeting(running: Running) -> None:
    path = target("create", "name=Chor&meetingID=chor-7")
    clients = [http.client.HTTPConnection("127.0.0.1", running.port, timeout=20) for _ in range(20)]
    for client in clients:
        client.request("GET", path)

    bodies = [client.getresponse().read() for client in clients]

    for client in clients:
        client.close()
    assert sorted(b"duplicateWarning" in body for body in bodies) == [False] + [True] * 19
    assert len({body.partition(b"<createTime>")[2][:13] for body in bodies}) == 1


def test_it_is_a_wsgi_application() -> None:
    simulator = Simulator(SECRET)
    body = b"name=Chor&meetingID=chor-7"
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/bigbluebutton/api/create",
        "QUERY_STRING": target("create").partition("?")[2],
        "CONTENT_TYPE": FORM,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "HTTP_X_SOME": "1",
    }
    setup_testing_defaults(environ)
    begun = []

    content = b"".join(simulator(environ, lambda status, headers: begun.append((status, dict(headers)))))

    assert b"<returncode>SUCCESS</returncode>" in content
    assert begun == [
        ("200 OK", {
            "Content-Type": "text/xml;charset=utf-8", "Cache-Control": "no-cache", "Content-Length": str(len(content))
        })
    ]  # fmt: skip
    assert simulator.requests[0].header("x-some") == "1"
    assert simulator.requests[0].target.startswith("/bigbluebutton/api/create?checksum=")


COMMAND = (sys.executable, "-m", "senfcall_avv.simulator", "--secret", SECRET, "--port")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_until_it_is_told_to_stop(number: signal.Signals) -> None:
    with subprocess.Popen([*COMMAND, "0", "--profile", "2.7"], stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        host, _, path = line.split()[-1].removeprefix("http://").partition("/")
        connection = http.client.HTTPConnection(host, timeout=20)
        connection.request("GET", f"/{path}")
        body = connection.getresponse().read()
        process.send_signal(number)
        code = process.wait(20)
        connection.close()

    assert line.startswith("Simulated BBB 2.7 on http://127.0.0.1:")
    assert b"<version>2.0</version>" in body
    assert code == 0


def test_the_commands_secret_may_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SIMULATOR_SECRET", raising=False)
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([])
    assert ended.value.code == 2
    assert "--secret" in capsys.readouterr().err

    monkeypatch.setenv("SIMULATOR_SECRET", SECRET)
    assert parser().parse_args([]).secret == SECRET
    assert parser().parse_args(["--secret", "other"]).secret == "other"


def test_closing_twice_does_nothing(running: Running) -> None:
    running.close()
    running.close()


def test_a_port_in_use_is_one_sentence(running: Running) -> None:
    result = subprocess.run([*COMMAND, str(running.port)], capture_output=True, text=True, check=False, timeout=60)

    assert result.returncode == 2
    assert result.stderr == f"Port {running.port} on 127.0.0.1 cannot be used: Address already in use.\n"
    assert result.stdout == ""
