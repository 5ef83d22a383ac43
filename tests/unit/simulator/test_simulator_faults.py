"""Misbehaviour as a client meets it on the wire."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import socket
import threading

import pytest
from lxml import etree

from senfcall_avv.bbb.xml import BrokenAnswer, read
from senfcall_avv.simulator import Running, Simulator, serve_in_thread
from senfcall_avv.simulator.faults import MODES
from tests.unit.simulator.signed import SECRET, target


def fetch(running: Running, call: str = "getMeetings", query: str = "") -> http.client.HTTPResponse:
    """GET over a fresh connection; the body has been read into ``.content``."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)
    try:
        connection.request("GET", target(call, query))
        response = connection.getresponse()
        response.content = response.read()
        return response
    finally:
        connection.close()


def raw(running: Running, call: str = "getMeetings") -> socket.socket:
    """Send a request by hand, to look at what comes back."""
    connection = socket.create_connection(("127.0.0.1", running.port), timeout=20)
    connection.sendall(f"GET {target(call)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return connection


def test_a_reset_connection(running: Running) -> None:
    running.simulator.faults.set("getMeetings", "reset")

    with raw(running) as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)


def test_a_connection_closed_before_the_answer(running: Running) -> None:
    running.simulator.faults.set("getMeetings", "close")

    with raw(running) as connection:
        assert connection.recv(1) == b""


def test_a_hanging_call_is_answered_by_nobody_and_released(running: Running) -> None:
    running.simulator.faults.set("getMeetings", "hang")

    with raw(running) as connection:
        assert running.simulator.wait_for("getMeetings")
        assert "SUCCESS" in fetch(running, "isMeetingRunning", "meetingID=xx").content.decode()
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):
            connection.recv(1)
        connection.setblocking(True)
        running.simulator.faults.clear("getMeetings")
        assert connection.recv(1) == b""
    assert fetch(running).status == 200


def test_a_hanging_call_may_have_been_performed(running: Running) -> None:
    running.simulator.faults.set("create", "hang", performed=True, times=1)

    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as connection:
        connection.sendall(f"GET {target('create', 'name=Chor&meetingID=chor-7')} HTTP/1.1\r\n\r\n".encode())
        assert running.simulator.wait_for("create")
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):
            connection.recv(1)
        connection.setblocking(True)
        running.simulator.faults.clear()
        assert connection.recv(15) == b"HTTP/1.1 200 OK"
    assert running.simulator.meetings.running("chor-7")


def test_closing_ends_hanging_calls_and_all_threads() -> None:
    before = threading.active_count()
    running = serve_in_thread(Simulator(SECRET))
    running.simulator.faults.set("*", "hang")
    connections = [raw(running) for _ in range(5)]
    idle = socket.create_connection(("127.0.0.1", running.port))
    assert running.simulator.wait_for("getMeetings", 5)

    running.close()

    assert threading.active_count() == before
    for connection in (*connections, idle):
        # Which of both depends on whether the server had accepted it already.
        with connection, contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", running.port))


def test_a_client_that_gives_up_frees_its_thread() -> None:
    with serve_in_thread(Simulator(SECRET)) as running:
        running.simulator.faults.set("getMeetings", "slow", seconds=600)
        connection = raw(running)
        assert running.simulator.wait_for("getMeetings")
        (thread,) = [one for one in threading.enumerate() if one.name == "simulated-connection"]

        connection.close()
        thread.join(20)

        assert not thread.is_alive()


def test_a_slow_answer_is_the_real_one(running: Running) -> None:
    running.simulator.faults.set("getMeetings", "slow", seconds=0.01)

    assert b"noMeetings" in fetch(running).content


def test_a_dripped_answer_comes_byte_by_byte(running: Running) -> None:
    running.simulator.faults.set("getMeetings", "drip", seconds=600)

    with raw(running) as connection:
        assert connection.recv(1000) == b"H"
        running.simulator.faults.clear()
        rest = b""
        while not rest.endswith(b"</response>"):
            rest += connection.recv(65536)
    assert rest.startswith(b"TTP/1.1 200 OK\r\n")


def test_a_dripped_answer_arrives_whole(running: Running) -> None:
    running.simulator.faults.set("getMeetings", "drip", seconds=0.0001)

    assert fetch(running).content.endswith(b"</response>")


def test_a_content_length_that_is_too_large(running: Running) -> None:
    running.simulator.faults.set("getMeetings", "bad_length")

    with pytest.raises(http.client.IncompleteRead) as caught:
        fetch(running)

    assert caught.value.expected == 1000
    assert caught.value.partial.endswith(b"</response>")


@pytest.mark.parametrize("mode", ["500", "404", "502", "504"])
def test_error_pages(running: Running, mode: str) -> None:
    running.simulator.faults.set("getMeetings", mode)

    response = fetch(running)

    assert response.status == int(mode)
    assert response.getheader("Content-Type") == "text/html;charset=utf-8"


def test_a_web_page_instead_of_a_document(running: Running) -> None:
    running.simulator.faults.set("getMeetings", "html")

    assert b"It works!" in fetch(running).content


def test_a_redirect(running: Running) -> None:
    running.simulator.faults.set("getMeetings", "redirect", url="http://127.0.0.1:2/x")

    response = fetch(running)

    assert (response.status, response.getheader("Location")) == (302, "http://127.0.0.1:2/x")


def test_a_truncated_document(running: Running) -> None:
    whole = fetch(running).content
    running.simulator.faults.set("getMeetings", "truncated")

    assert fetch(running).content == whole[: len(whole) // 2]


@pytest.mark.parametrize("mode", ["bomb", "entity", "external", "doctype", "utf16", "truncated"])
def test_hostile_documents_are_no_documents_to_a_careful_reader(running: Running, mode: str) -> None:
    running.simulator.faults.set("getMeetings", mode)

    with pytest.raises(BrokenAnswer):
        read(fetch(running).content)


@pytest.mark.parametrize("mode", ["entity", "doctype", "utf16"])
def test_hostile_documents_are_documents_to_a_careless_reader(running: Running, mode: str) -> None:
    running.simulator.faults.set("getMeetings", mode)

    root = etree.fromstring(fetch(running).content, etree.XMLParser(resolve_entities=True))

    assert root.findtext("returncode") == "SUCCESS"


def test_an_outside_entity_names_its_target(running: Running) -> None:
    running.simulator.faults.set("getMeetings", "external")
    assert b'SYSTEM "file:///etc/hostname"' in fetch(running).content
    running.simulator.faults.set("getMeetings", "external", url="http://127.0.0.1:2/x")
    assert b'SYSTEM "http://127.0.0.1:2/x"' in fetch(running).content


def test_a_bomb_unfolds_to_a_billion(running: Running) -> None:
    running.simulator.faults.set("getMeetings", "bomb")

    text = fetch(running).content.decode()

    assert text.count("<!ENTITY") == 10
    assert '<!ENTITY l9 "' + "&l8;" * 10 + '">' in text
    assert "&l9;</x>" in text


def test_a_huge_document(running: Running) -> None:
    running.simulator.faults.set("getMeetings", "huge", size=3_000_000)

    content = fetch(running).content

    assert 3_000_000 < len(content) < 3_000_200
    assert etree.fromstring(content).findtext("returncode") == "SUCCESS"


def test_huge_headers(running: Running) -> None:
    running.simulator.faults.set("getMeetings", "huge_headers", size=90_000)
    assert len(fetch(running).headers.get_all("X-Filler")) == 90

    running.simulator.faults.set("getMeetings", "huge_headers", size=500_000)
    with pytest.raises(http.client.HTTPException, match="more than 100 headers"):
        fetch(running)


def test_packed_documents(running: Running) -> None:
    plain = fetch(running).content
    running.simulator.faults.set("getMeetings", "gzip")
    response = fetch(running)
    assert response.getheader("Content-Encoding") == "gzip"
    assert gzip.decompress(response.content) == plain

    running.simulator.faults.set("getMeetings", "gzip", size=5_000_000)
    packed = fetch(running).content
    assert len(packed) < 50_000
    assert len(gzip.decompress(packed)) > 5_000_000


@pytest.mark.parametrize(
    ("mode", "codes"),
    [("no_returncode", []), ("two_returncodes", ["SUCCESS", "FAILED"]), ("lowercase_returncode", ["success"])],
)
def test_odd_return_codes(running: Running, mode: str, codes: list[str]) -> None:
    running.simulator.faults.set("getMeetings", mode)

    root = etree.fromstring(fetch(running).content)

    assert [one.text for one in root.findall("returncode")] == codes
    assert root.findtext("messageKey") == "noMeetings"


def test_a_wrong_content_type(running: Running) -> None:
    running.simulator.faults.set("getMeetings", "wrong_type")
    assert fetch(running).getheader("Content-Type") == "text/html"
    running.simulator.faults.set("getMeetings", "wrong_type", content_type="image/png")
    assert fetch(running).headers.get_all("Content-Type") == ["image/png"]


def test_headers_that_nobody_should_pass_on(running: Running) -> None:
    running.simulator.faults.set("getMeetings", "set_cookie")
    response = fetch(running)
    assert response.getheader("Set-Cookie") == "backend=planted; Path=/"
    assert response.getheader("Access-Control-Allow-Origin") == "*"

    running.simulator.faults.set("getMeetings", "set_cookie", headers=[["X-Planted", "a\r\nb"]])
    assert fetch(running).getheader("X-Planted") == "ab"


def test_an_attendee_that_breaks_the_document(running: Running) -> None:
    running.simulator.plant("chor-7")
    running.simulator.faults.set("getMeetings", "garbage_attendee")

    content = fetch(running).content

    assert b"<userID>w_garbage00000</userID>" in content
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(content)


def test_any_body_that_a_test_thinks_of(running: Running) -> None:
    running.simulator.faults.set("getMeetings", "body", body="<r>\xff", content_type="text/plain", status=299)

    response = fetch(running)

    assert (response.status, response.content) == (299, b"<r>\xff")


@pytest.mark.parametrize("performed", [False, True])
def test_a_lost_answer_tells_whether_the_call_was_carried_out(running: Running, performed: bool) -> None:
    running.simulator.faults.set("create", "500", performed=performed)

    fetch(running, "create", "name=Chor&meetingID=chor-7")

    assert (running.simulator.meetings.running("chor-7") is not None) is performed


def test_a_fault_lasts_as_often_as_it_is_told(running: Running) -> None:
    running.simulator.faults.set("*", "500", times=2)

    assert [fetch(running).status for _ in range(3)] == [500, 500, 200]


def test_a_calls_own_fault_wins_and_the_others_stay(running: Running) -> None:
    running.simulator.faults.set("*", "404")
    running.simulator.faults.set("getMeetings", "500")

    assert [fetch(running).status, fetch(running, "join").status, fetch(running, "").status] == [500, 404, 404]
    running.simulator.faults.clear("getMeetings")
    assert fetch(running).status == 404
    running.simulator.faults.clear()
    assert fetch(running).status == 200


def test_unknown_modes_and_options_are_refused_in_words(running: Running) -> None:
    for mode, options in (
        ("explode", {}),
        ("200", {}),
        ("499", {}),
        ("slow", {"minutes": 1}),
        ("slow", {"seconds": "x"}),
    ):
        with pytest.raises(ValueError, match=r"no fault mode|no option|could not convert"):
            running.simulator.faults.set("*", mode, **options)
    assert fetch(running).status == 200


def test_every_mode_can_be_met_in_process_too() -> None:
    simulator = Simulator(SECRET)

    def call() -> tuple[str, bytes]:
        begun = []
        path, _, query = target("getMeetings").partition("?")
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query}
        body = b"".join(simulator(environ, lambda status, _headers: begun.append(status)))
        return begun[0], body

    for mode in sorted(set(MODES) - {"hang", "reset", "close"}):
        simulator.faults.set("getMeetings", mode, seconds=0, size=100)
        assert call()[0] in {"200 OK", "302 Found"}
    for mode in ("reset", "close"):
        simulator.faults.set("getMeetings", mode)
        with pytest.raises(ConnectionResetError):
            call()
    simulator.faults.clear()
    assert call()[1].startswith(b"<response>")
