"""Which paths, methods, hosts and headers are read as a call, and that no other way leads past the gate."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from product import ENTER, Plugin, Product, outcome, read, without_id
from webtest import TestResponse

from senfcall_avv.bbb import catalog

CREATE = "name=ab&meetingID=x1"
VERSION = b"<response>\n<returncode>SUCCESS</returncode>\n<version>2.0</version>\n<apiVersion>2.0</apiVersion>\n"
CALLS = tuple(name for name in catalog.load().calls if name)
FORWARDED = {
    "create": CREATE,
    "join": "fullName=Ada&meetingID=x1&password=mp77",
    "isMeetingRunning": "meetingID=x1",
    "getMeetingInfo": "meetingID=x1",
    "getMeetings": "",
}


def at(product: Product, path: str, query: str, **more: Any) -> TestResponse:
    return product.app.get(f"{path}?{query}", status="*", **more)


@pytest.mark.parametrize(
    "path",
    [
        "/b/{K}/bigbluebutton/api/create",
        "/b/{K}/bigbluebutton/api/create/",
        "/b/{K}/bigbluebutton//api//create",
        "/b/{K}/bigbluebutton/api/api/create",
        "//b//{K}/bigbluebutton/api/create",
        "/b/{K}/bigbluebuttonapi/create",
        "/b/{K}/bigbluebutton/api/%63reate",
        "/b/{K}%2fbigbluebutton/api/create",
    ],
)
def test_every_spelling_that_plugins_produce_is_the_call(product: Product, a: Plugin, path: str) -> None:
    where = path.replace("{K}", a.key)
    assert outcome(product.asked(lambda: at(product, where, a.sign("create", CREATE)), upstream=1)) == "SUCCESS"
    product.is_refused(lambda: at(product, where, f"{CREATE}&checksum={'0' * 64}"), "checksumError")


@pytest.mark.parametrize(
    ("path", "signed_for"),
    [
        pytest.param("/b/{K}/bigbluebutton/api/create.xml", "create.xml", id="G24-extension"),
        pytest.param("/b/{K}/bigbluebutton/api/Create", "Create", id="G24-capital"),
        pytest.param("/b/{K}/bigbluebutton/api/create/x", "create/x", id="G24-below"),
        pytest.param("/b/{K}/bigbluebutton/create", "create", id="without-api"),
        pytest.param("/b/{K}/create", "create", id="without-bigbluebutton"),
        pytest.param("/b/{K}/api/create", "create", id="api-alone"),
        pytest.param("/b/{K}", "", id="key-alone"),
        pytest.param("/b", "", id="door-alone"),
        pytest.param("/b/{K}/./bigbluebutton/api/create", "create", id="G25-dot"),
        pytest.param("/b/{K}/x/../bigbluebutton/api/create", "create", id="G25-dots"),
        pytest.param("/b/%2e%2e/b/{K}/bigbluebutton/api/create", "create", id="G25-encoded-dots"),
        pytest.param("/b/{K}/bigbluebutton/api/@@create", "create", id="G27-view-marker"),
        pytest.param("/b/{K}/bigbluebutton/api/create;x=1", "create", id="G27-path-parameter"),
        pytest.param("/b/{K}/bigbluebutton/api/create%00", "create", id="G27-nul"),
        pytest.param("/b/{K}/bigbluebutton/api/create%0a", "create", id="line-feed"),
        pytest.param("/b/{K}/bigbluebutton/api/create%20", "create", id="space"),
        pytest.param("/b/{K}/bigbluebutton/api/create%2563", "create", id="escaped-twice"),
        pytest.param("/b/{K}/bigbluebutton/api%5ccreate", "create", id="backslash"),
        pytest.param("/b/%ff/bigbluebutton/api/create", "create", id="G27-bad-utf-8"),
        pytest.param("/b/{K}/bigbluebutton/api/cr%C3%A9ate", "create", id="no-ascii"),
    ],
)
def test_any_other_path_is_an_unsupported_request(product: Product, a: Plugin, path: str, signed_for: str) -> None:
    query = a.sign(signed_for, CREATE)
    product.is_refused(lambda: at(product, path.replace("{K}", a.key), query), "unsupportedRequest")


@pytest.mark.parametrize(
    "path",
    ["/x/../b/{K}/bigbluebutton/api/create", "/./b/{K}/bigbluebutton/api/create", "/B/{K}/bigbluebutton/api/create"],
)
def test_nothing_leads_from_the_portals_paths_to_the_gate(product: Product, a: Plugin, path: str) -> None:
    response = at(product, path.replace("{K}", a.key), a.sign("create", CREATE))
    assert response.status_int in {400, 404}
    assert product.sent == []
    assert a.key not in response.text


@pytest.mark.parametrize("name", ["X-Vhm-Root", "X-Vhm-Host"])
def test_no_header_moves_the_root_of_the_tree(product: Product, a: Plugin, name: str) -> None:
    value = f"/b/{a.key}/bigbluebutton/api"
    response = at(product, "/create", a.sign("create", CREATE), headers={name: value})
    assert response.status_int == 404
    assert product.sent == []
    response = product.asked(lambda: a.raw("create", CREATE, headers={name: value}), upstream=1)
    assert outcome(response) == "SUCCESS"


def test_an_address_that_lost_its_key_says_so(product: Product, a: Plugin) -> None:
    for path in ("/bigbluebutton/api/create", "/bigbluebutton/api", "/bigbluebuttonapi/create"):
        response = product.asked(partial(at, product, path, a.sign("create", CREATE)))
        assert outcome(response) == "checksumError"
        assert "/b/KEY/bigbluebutton/" in read(response).findtext("message", "")


@pytest.mark.parametrize("method", ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO", "get", "CONNECT"])
@pytest.mark.parametrize("call", FORWARDED)
def test_a_method_that_bbb_does_not_have_reaches_no_backend(
    product: Product, a: Plugin, call: str, method: str
) -> None:
    signed = a.sign(call, FORWARDED[call])
    response = product.asked(lambda: a.send_loosely(call, signed, {"HTTP_ACCEPT": ENTER}, method))
    assert response.status_int == 200
    if method == "HEAD":
        assert response.body == b""
    else:
        assert outcome(response) == "unsupportedRequest"
    assert product.ledger(a)[call, "", "method_not_allowed"] == 1


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "FOO"])
@pytest.mark.parametrize("call", ["getRecordings", "end", "nosuchcall", ""])
def test_a_method_that_bbb_does_not_have_is_no_way_to_the_other_calls_either(
    product: Product, a: Plugin, call: str, method: str
) -> None:
    response = product.asked(lambda: a.send_loosely(call, a.sign(call, ""), {}, method))
    assert response.status_int == 200
    if method != "HEAD":
        assert outcome(response) == "unsupportedRequest"


def test_nobody_joins_by_post(product: Product, a: Plugin) -> None:
    a.create("x1", moderatorPW="mp77")
    product.is_refused(lambda: a.post("join", a.sign("join", FORWARDED["join"]), ""), "unsupportedRequest")
    product.is_refused(lambda: a.post("join", a.sign("join", ""), FORWARDED["join"]), "unsupportedRequest")


def test_no_header_or_parameter_overrides_the_method(product: Product, a: Plugin) -> None:
    headers = {"X-HTTP-Method-Override": "POST", "X-HTTP-Method": "DELETE", "X-Method-Override": "PUT"}
    response = product.asked(lambda: a.raw("create", f"{CREATE}&_method=DELETE", headers=headers), upstream=1)
    assert outcome(response) == "SUCCESS"
    signed = a.sign("join", f"{FORWARDED['join']}&_method=GET")
    product.is_refused(lambda: a.post("join", signed, ""), "unsupportedRequest")


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("query", ["", "checksum=x", "name=ab&a=b"])
def test_the_root_document_is_the_same_for_everybody(product: Product, a: Plugin, slash: str, query: str) -> None:
    answers = [
        without_id(product.asked(partial(at, product, f"/b/{key}/bigbluebutton/api{slash}", query)))
        for key in (a.key, product.b.key, "zzzzzzzzzzzzzzzz")
    ]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][2] == VERSION + b"<bbbVersion></bbbVersion>\n</response>"


@pytest.mark.parametrize("key", ["z" * 300, "a" * 16, "Z" * 16, "z" * 15, "z", "-", "0" * 16])
def test_the_root_document_of_a_malformed_key_is_a_wrong_checksum(product: Product, key: str) -> None:
    product.is_refused(lambda: at(product, f"/b/{key}/bigbluebutton/api", ""), "checksumError")


@pytest.mark.parametrize("key", ["..", "%2e%2e", ".", "%00", "a;b", "%ff"])
def test_a_key_that_is_no_part_of_a_path_is_refused(product: Product, key: str) -> None:
    product.is_refused(lambda: at(product, f"/b/{key}/bigbluebutton/api", ""), "unsupportedRequest")


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "application/json"},
        {"Accept": "text/html"},
        {"Content-Type": "application/json"},
        {"Accept": "application/json", "Content-Type": "application/json", "X-Requested-With": "XMLHttpRequest"},
    ],
)
@pytest.mark.parametrize("call", ["", "getMeetings", "create"])
def test_documents_are_xml_whatever_is_accepted(a: Plugin, call: str, headers: dict[str, str]) -> None:
    response = a.send(call, a.sign(call, FORWARDED.get(call, "")), headers=headers)
    assert read(response).findtext("returncode") == "SUCCESS"


def test_a_hook_cannot_be_made(product: Product, a: Plugin) -> None:
    product.is_refused(lambda: a.raw("hooks/create", "callbackURL=http://127.0.0.1/"), "unsupportedRequest")


@pytest.mark.parametrize(
    "call",
    [
        "insertDocument", "sendChatMessage", "getSessions", "enter", "stuns", "signOut", "feedback", "getJoinUrl",
        "configXML", "setConfigXML", "getDefaultConfigXML", "publishRecordings", "deleteRecordings", "updateRecordings",
        "hooks/create", "hooks/list", "hooks/destroy", "hooks/ping", "guestWait", "checkPresentation", "create.xml",
    ],
)  # fmt: skip
def test_a_call_that_is_not_offered_looks_like_one_that_there_is_not(product: Product, a: Plugin, call: str) -> None:
    unknown = without_id(product.asked(lambda: a.raw("nosuchcall", "meetingID=x1")))
    assert without_id(product.asked(lambda: a.raw(call, "meetingID=x1"))) == unknown
    assert b"unsupportedRequest" in unknown[2]


def test_every_call_of_bbb_is_either_forwarded_answered_or_refused(product: Product, a: Plugin) -> None:
    """Without parameters nothing but the list of meetings can be forwarded."""
    for call in CALLS:
        response = product.asked(partial(a.raw, call, ""), upstream=int(call == "getMeetings"))
        assert response.status_int == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        pytest.param("localhost", 200, id="as-set"),
        pytest.param("LOCALHOST", 200, id="D02-capitals"),
        pytest.param("localhost:80", 200, id="D02-default-port"),
        pytest.param("localhost:443", 400, id="other-port"),
        pytest.param("", 400, id="D02-none"),
        pytest.param("localhost, localhost", 400, id="D02-two"),
        pytest.param("a@localhost", 400, id="D02-user"),
        pytest.param("localhost@a", 400, id="D02-after-user"),
        pytest.param("localhost/..?", 400, id="D02-path"),
        pytest.param("evil.example.org", 400, id="B06-another"),
        pytest.param("localhost.", 400, id="final-dot"),
        pytest.param("localhost:80:80", 400, id="two-ports"),
        pytest.param(" localhost", 400, id="space"),
    ],
)
def test_only_the_hosts_own_name_is_answered(product: Product, a: Plugin, host: str, status: int) -> None:
    signed = a.sign("create", CREATE)
    response = product.asked(lambda: a.send_loosely("create", signed, {"HTTP_HOST": host}), upstream=int(status == 200))
    assert response.status_int == status
    assert host not in response.text or not host or status == 200


def test_each_host_serves_its_own_door_alone(ini: dict[str, str], make_product: Callable[[], Product]) -> None:
    ini["avv.gateway.url"] = "http://gateway.example.org"
    product = make_product()
    signed = product.a.sign("create", CREATE)
    at_gateway, at_portal = {"HTTP_HOST": "gateway.example.org"}, {"HTTP_HOST": "localhost"}
    assert product.asked(lambda: product.a.send_loosely("create", signed, at_portal)).status_int == 404
    for path in ("/", "/login", "/static/avv.css"):
        assert product.app.get(path, headers={"Host": "gateway.example.org"}, status="*").status_int == 404
    assert product.asked(lambda: product.a.send_loosely("create", signed, at_gateway), upstream=1).status_int == 200
    assert product.app.get("/").status_int == 200


@pytest.mark.parametrize(
    "target",
    ["http://evil.example.org{}", "http://localhost{}", "{}#", "\t{}", "{}\0", "{}\xe4"],
    ids=["D02-absolute", "absolute-own", "fragment", "tab", "nul", "latin-1"],
)
@pytest.mark.parametrize("variable", ["REQUEST_URI", "RAW_URI"])
def test_a_target_that_servers_read_in_different_ways_is_refused(
    product: Product, a: Plugin, target: str, variable: str
) -> None:
    """Servers cut off the host or the fragment and drop tabs: what we would read is not what was sent."""
    signed = a.sign("create", CREATE)
    environ = {variable: target.format(f"{a.base}create?{signed}")}
    response = product.asked(lambda: a.send_loosely("create", signed, environ))
    assert response.status_int == 400


def test_a_clients_own_id_and_scheme_are_not_ours(product: Product, a: Plugin) -> None:
    for value in ("abcdefgh-1234", "x" * 10_000):
        response = product.asked(partial(a.raw, "getMeetings", headers={"X-Request-ID": value}), upstream=1)
        assert value not in str(response.headers)
        assert value not in product.log.getvalue()
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example.org", "X-Forwarded-For": "192.0.2.9"}
    a.send("create", "checksum=0", headers=headers, extra_environ={"REMOTE_ADDR": "198.51.100.7"})
    assert ("create", "198.51.100.0/24", "checksum") in product.ledger()
    response = product.asked(lambda: a.raw("create", CREATE, headers=headers), upstream=1)
    assert outcome(response) == "SUCCESS"
    assert not [name for name, _ in product.simulator.requests[-1].headers if name.lower().startswith("x-")]


def test_the_portals_cookie_is_neither_read_nor_set(product: Product, a: Plugin) -> None:
    a.create("x1", moderatorPW="mp77")
    headers = {
        "Accept": ENTER,
        "Cookie": "session=MARK; avv=MARK",
        "Referer": "https://frontend.example.org/MARK",
        "Origin": "null",
    }
    plain = product.asked(lambda: a.raw("join", FORWARDED["join"], headers={"Accept": ENTER}), upstream=1)
    response = product.asked(lambda: a.raw("join", FORWARDED["join"], headers=headers), upstream=1)
    assert without_id(response) == without_id(plain)
    assert response.status_int == 302
    assert "Set-Cookie" not in response.headers
