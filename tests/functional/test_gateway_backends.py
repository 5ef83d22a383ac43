"""Backends that break, lie or attack: plugins get BBB's words, and nothing else of it reaches anybody."""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from contracts_of.authority import ELSEWHERE, Authority
from contracts_of.wire import Peer, Wire, answer
from lxml import etree
from product import ENTER, Plugin, Product, outcome

from senfcall_avv.simulator.app import Simulator

CREATE = {"name": "ab", "meetingID": "x1"}
JOIN = {"fullName": "Ada", "meetingID": "x1", "password": "mp77"}
OWN_HEADERS = {"host", "user-agent", "accept", "accept-encoding"}


ATTACKS = {
    "B03-redirect": ("redirect", {}),
    "B04-huge": ("huge", {}),
    "B04-packed-bomb": ("gzip", {"size": 32 * 1024 * 1024}),
    "B04-closes": ("close", {}),
    "B04-resets": ("reset", {}),
    "B04-too-long-a-length": ("bad_length", {}),
    "B08-billion-laughs": ("bomb", {}),
    "B08-file": ("external", {}),
    "B08-internal-entity": ("entity", {}),
    "B08-doctype": ("doctype", {}),
    "B09-utf-16": ("utf16", {}),
    "B10-no-returncode": ("no_returncode", {}),
    "B10-two-returncodes": ("two_returncodes", {}),
    "B10-web-page": ("html", {}),
    "packed": ("gzip", {}),
    "truncated": ("truncated", {}),
    **{f"status-{status}": (str(status), {}) for status in (400, 401, 403, 404, 405, 413, 500, 501, 502, 503, 504)},
}


@pytest.mark.parametrize(("mode", "options"), ATTACKS.values(), ids=ATTACKS.keys())
@pytest.mark.parametrize(("call", "params"), [("getMeetings", {}), ("create", CREATE)], ids=["getMeetings", "create"])
def test_a_backend_that_misbehaves_is_no_server(
    product: Product, a: Plugin, call: str, params: dict[str, str], mode: str, options: dict[str, Any]
) -> None:
    product.simulator.faults.set(call, mode, **options)
    product.is_unavailable(a, call, params)
    product.simulator.faults.clear()
    assert [line["event"] for line in product.log_lines if line["level"] == "error"] == ["backend.failed"]
    assert outcome(product.a.call("create", CREATE)) == "SUCCESS"


@pytest.mark.parametrize("mode", ["B04-drip", "B04-hang"])
@pytest.mark.parametrize("call", ["getMeetings", "create"])
def test_a_backend_that_never_ends_its_answer_is_given_up(product: Product, a: Plugin, call: str, mode: str) -> None:
    with product.in_a_hurry():
        product.simulator.faults.set(call, mode.removeprefix("B04-"), seconds=0.05)
        product.is_unavailable(a, call, CREATE)
    product.simulator.faults.clear()
    assert [line["reason"] for line in product.log_lines if line["event"] == "backend.failed"] == ["timeout"]
    assert outcome(a.call("create", CREATE)) == "SUCCESS"


@pytest.mark.parametrize("call", ["isMeetingRunning", "getMeetingInfo", "create"])
@pytest.mark.parametrize("mode", ["bomb", "500", "close", "html"])
def test_every_call_fails_in_the_same_way(product: Product, a: Plugin, call: str, mode: str) -> None:
    product.simulator.faults.set("*", mode)
    product.is_unavailable(a, call, CREATE if call == "create" else {"meetingID": "x1"})


@pytest.mark.parametrize("call", ["create", "getMeetings", "getMeetingInfo", "isMeetingRunning"])
@pytest.mark.parametrize("mode", ["set_cookie", "wrong_type"])
def test_no_header_of_a_backend_is_relayed(product: Product, a: Plugin, call: str, mode: str) -> None:
    """The exact set of headers is compared for every answer."""
    a.create("x1")
    product.simulator.faults.set(call, mode, content_type="text/html")
    params = {} if call == "getMeetings" else CREATE if call == "create" else {"meetingID": "x1"}
    assert outcome(product.asked(lambda: a.call(call, params), upstream=1)) == "SUCCESS"


@pytest.mark.parametrize("call", ["getMeetings", "getMeetingInfo", "create", "join"])
@pytest.mark.parametrize("path", ["/", "/bigbluebutton/api/getMeetings", "//x"])
def test_no_redirect_of_a_backend_is_followed(
    product: Product, a: Plugin, elsewhere: Simulator, call: str, path: str
) -> None:
    a.create("x1", moderatorPW="mp77")
    product.simulator.faults.set(call, "redirect", url=f"{elsewhere.server_url}{path}")
    joining = call == "join"
    params = {**JOIN, "redirect": "false"} if joining else {} if call == "getMeetings" else CREATE
    response = product.asked(lambda: a.call(call, params), upstream=1 + joining)
    assert outcome(response) == ("internalError" if joining else "serverUnavailable")
    assert elsewhere.server_url not in response.text
    assert list(elsewhere.requests) == []


def test_a_wrong_secret_of_ours_is_no_wrong_checksum_of_the_plugins(
    ini: dict[str, str], make_product: Callable[[], Product]
) -> None:
    ini["avv.backend.secret"] = "another-secret-of-ours-0123456789-abc"
    product = make_product()
    product.is_unavailable(product.a, "create", CREATE)
    assert [line["event"] for line in product.log_lines if line["level"] == "error"] == ["backend.refused_us"]


def test_nothing_of_a_clients_request_but_its_parameters_reaches_the_backend(product: Product, a: Plugin) -> None:
    headers = {
        "Cookie": "session=MARK",
        "Authorization": "Bearer MARK",
        "X-Forwarded-For": "192.0.2.7",
        "X-Real-IP": "192.0.2.7",
        "Forwarded": "for=192.0.2.7",
        "Referer": "https://frontend.example.org/MARK",
        "Range": "bytes=0-1",
        "Expect": "100-continue",
        "User-Agent": "MARK",
        "Accept-Language": "MARK",
        "Accept-Encoding": "gzip",
        "If-None-Match": '"MARK"',
        "X-Request-ID": "MARK",
    }
    assert outcome(product.asked(lambda: a.call("create", CREATE, headers=headers), upstream=1)) == "SUCCESS"
    sent = product.simulator.requests[-1]
    assert {name.lower() for name, _ in sent.headers} - {"connection"} == OWN_HEADERS
    assert "MARK" not in str(sent)
    assert "192.0.2.7" not in str(sent)
    assert dict(sent.headers)["User-Agent"].isalpha() or "/" not in dict(sent.headers)["User-Agent"]
    assert sent.method == "GET"


def test_a_foreign_host_reaches_nothing(product: Product, a: Plugin) -> None:
    response = product.asked(lambda: a.call("create", CREATE, headers={"Host": "evil.example.org"}))
    assert response.status_int == 400
    assert "evil" not in response.text


def test_neither_proxies_nor_stored_passwords_of_the_environment_are_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, make_product: Callable[[], Product], elsewhere: Simulator
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, elsewhere.server_url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "other.example.org")
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login MARK password MARK\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    product = make_product()
    assert outcome(product.asked(lambda: product.a.call("create", CREATE), upstream=1)) == "SUCCESS"
    assert list(elsewhere.requests) == []
    assert {name.lower() for name, _ in product.simulator.requests[-1].headers} - {"connection"} == OWN_HEADERS


CERTIFICATES: dict[str, Callable[[Authority], ssl.SSLContext]] = {
    "B05-self-signed": lambda authority: authority.server(self_signed=True),
    "B05-wrong-host": lambda authority: authority.server(ELSEWHERE),
    "B05-expired": lambda authority: authority.server(ends=dt.timedelta(days=-1)),
}


@pytest.mark.parametrize("make_context", CERTIFICATES.values(), ids=CERTIFICATES.keys())
def test_a_backend_whose_certificate_does_not_fit_gets_no_request(
    ini: dict[str, str],
    make_product: Callable[[], Product],
    tmp_path: Path,
    make_context: Callable[[Authority], ssl.SSLContext],
) -> None:
    authority = Authority(tmp_path)
    with Wire(lambda peer: peer.until_gone(), context=make_context(authority)) as wire:
        ini["avv.backend.url"] = f"{wire.origin}/bigbluebutton"
        ini["avv.upstream.ca_bundle"] = authority.bundle
        product = make_product()
        assert outcome(product.a.call("create", CREATE)) == "serverUnavailable"
        assert wire.requests == []
    assert [line["reason"] for line in product.log_lines if line["event"] == "backend.failed"] == ["tls"]


def _endless_headers(peer: Peer) -> None:
    if peer.request() and peer.send(b"HTTP/1.1 200 OK\r\n"):
        while peer.send(b"X-Filler: " + b"x" * 4000 + b"\r\n"):
            pass


def _endless_line(peer: Peer) -> None:
    if peer.request():
        while peer.send(b"x" * 4000):
            pass


def _split(peer: Peer) -> None:
    """A header that holds a whole second answer."""
    body = b"<response><returncode>SUCCESS</returncode><running>true</running></response>"
    if peer.request():
        peer.send(answer(b"", "X: y\r\n\r\nHTTP/1.1 200 OK", status="500 Error") + answer(body))


@pytest.mark.parametrize("script", [_endless_headers, _endless_line, _split])
def test_a_backend_that_does_not_speak_http_is_no_server(
    ini: dict[str, str], make_product: Callable[[], Product], script: Callable[[Peer], None]
) -> None:
    with Wire(script) as wire:
        ini["avv.backend.url"] = f"{wire.origin}/bigbluebutton"
        product = make_product()
        assert outcome(product.a.call("isMeetingRunning", {"meetingID": "x1"})) == "serverUnavailable"
        assert wire.accepted == 1


@pytest.mark.parametrize("mode", ["hang", "close", "reset", "500"])
def test_a_create_that_got_no_answer_is_not_sent_twice(product: Product, a: Plugin, mode: str) -> None:
    """It may have been carried out; sent on a kept connection, too, it is not repeated."""
    with product.in_a_hurry(0.5 if mode == "hang" else 10):
        product.simulator.faults.set("create", mode, performed=True)
        product.is_unavailable(a, "create", CREATE)
    product.simulator.faults.clear()
    assert outcome(a.call("create", CREATE)) == "SUCCESS"


def test_a_page_of_script_in_a_meetings_name_stays_text(product: Product, a: Plugin) -> None:
    name = '<script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script>'
    a.create("x1", name)
    for call, params in (("getMeetingInfo", {"meetingID": "x1"}), ("getMeetings", {})):
        response = product.asked(partial(a.call, call, params), upstream=1)
        assert b"<script" not in response.body
        texts = [element.text for element in etree.fromstring(response.body).iter("meetingName")]
        assert texts == [name]


def test_a_browsers_answer_is_the_backends_public_address_alone(product: Product, a: Plugin) -> None:
    a.create("x1", moderatorPW="mp77")
    names = ("logoutURL", "errorRedirectUrl", "redirectErrorUrl", "avatarURL")
    forged = dict.fromkeys(names, "https://evil.example.org/") | {"redirectErrorUrl": "//evil.example.org"}
    product.simulator.faults.set("getMeetingInfo", "set_cookie")
    response = product.asked(lambda: a.call("join", JOIN | forged, headers={"Accept": ENTER}), upstream=1)
    assert response.status_int == 302
    assert response.headers["Location"].startswith("https://bbb1.example.org/bigbluebutton/api/join?")
    assert "evil" not in response.headers["Location"]
    assert response.body == b""
    reasons = {name: reason for call, name, reason in product.ledger(a) if call == "join"}
    assert reasons["errorRedirectUrl"] == reasons["redirectErrorUrl"] == "reserved"
    assert reasons["logoutURL"] == reasons["avatarURL"] == "not_listed"
