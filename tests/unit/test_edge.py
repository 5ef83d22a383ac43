"""The outermost layer: one spelling of a path, hosts that are ours, an id of ours, no page of the server's."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import pytest

from senfcall_avv.edge import Edge
from senfcall_avv.edge_names import DOOR, REQUEST_ID
from senfcall_avv.settings import Settings, load_settings

PORTAL = "avv.example.org"
GATEWAY = "bbb.example.org"


class Seen(NamedTuple):
    """What came out."""

    status: str
    headers: dict[str, str]
    body: bytes

    @property
    def is_xml(self) -> bool:
        return self.headers["Content-Type"].startswith("text/xml")


class Inside:
    """The application behind the edge: says which door it was, and remembers what it was given."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.seen: list[dict[str, Any]] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.seen.append(dict(environ))
        if self.failure is not None:
            raise self.failure
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ[DOOR].encode()]


def settings(**more: str) -> Settings:
    return load_settings(
        {
            "avv.environment": "development",
            "avv.public_url": f"https://{PORTAL}",
            "avv.database_url": "sqlite:///unused.sqlite",
            "avv.backend.url": "http://127.0.0.1:1/bigbluebutton",
            "avv.backend.secret": "unused-secret-unused-secret",
            **{f"avv.{name}": value for name, value in more.items()},
        },
        {},
    )


def send(edge: Edge, path: str = "/", host: str = PORTAL, **environ: str) -> Seen:
    begun: list[tuple[str, list[tuple[str, str]]]] = []
    full = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "HTTP_HOST": host, "wsgi.url_scheme": "https", **environ
    }  # fmt: skip
    if not host:
        del full["HTTP_HOST"]
    body = b"".join(edge(full, lambda status, headers, *_: begun.append((status, headers))))  # type: ignore[arg-type]  # a start_response that remembers
    return Seen(begun[0][0], dict(begun[0][1]), body)


@pytest.fixture
def inside() -> Inside:
    return Inside()


@pytest.fixture
def edge(inside: Inside) -> Edge:
    return Edge(inside, settings(), object(), [])


@pytest.fixture
def two_hosts(inside: Inside) -> Edge:
    return Edge(inside, settings(**{"gateway.url": f"https://{GATEWAY}"}), object(), [])


@pytest.mark.parametrize(
    ("path", "door"),
    [
        ("/", "portal"), ("", "portal"), ("/organizations", "portal"), ("/bb", "portal"), ("/static/b", "portal"),
        ("/b", "gateway"), ("/b/", "gateway"), ("//b//k", "gateway"), ("/b/k/bigbluebutton/api/create", "gateway"),
        ("/bigbluebutton/api/create", "gateway"), ("/bigbluebuttonapi", "gateway"),
    ],
)  # fmt: skip
def test_the_door_is_the_first_segment(edge: Edge, path: str, door: str) -> None:
    assert send(edge, path).body.decode() == door


@pytest.mark.parametrize(
    "host",
    [
        "evil.example.org", "", "avv.example.org.evil.example", "avv.example.org:444", "avv.example.org:80",
        "user@avv.example.org", "avv.example.org, evil.example.org", "avv.example.org.", "avv.example.org/x",
        "evil.example.org#avv.example.org", " avv.example.org", "[::1]", "127.0.0.1",
    ],
)  # fmt: skip
def test_a_host_that_is_not_ours_gets_400_at_both_doors(edge: Edge, inside: Inside, host: str) -> None:
    portal, gateway = send(edge, "/", host), send(edge, "/b/k/bigbluebutton/api", host)
    assert (portal.status, portal.is_xml) == ("400 Bad Request", False)
    assert (gateway.status, gateway.is_xml) == ("400 Bad Request", True)
    assert b"evil" not in portal.body + gateway.body
    assert inside.seen == []


@pytest.mark.parametrize("host", [PORTAL, PORTAL.upper(), f"{PORTAL}:443"])
def test_our_host_is_ours_in_any_spelling(edge: Edge, host: str) -> None:
    assert send(edge, "/", host).status == "200 OK"


def test_the_default_port_is_that_of_the_scheme(inside: Inside) -> None:
    plain = Edge(inside, settings(public_url="http://avv.example.org"), object(), [])
    assert send(plain, "/", f"{PORTAL}:80", **{"wsgi.url_scheme": "http"}).status == "200 OK"
    assert send(plain, "/", f"{PORTAL}:443", **{"wsgi.url_scheme": "http"}).status == "400 Bad Request"
    odd = Edge(inside, settings(public_url="http://127.0.0.1:6543"), object(), [])
    assert send(odd, "/", "127.0.0.1:6543").status == "200 OK"
    assert send(odd, "/", "127.0.0.1").status == "400 Bad Request"


def test_two_hosts_serve_a_door_each(two_hosts: Edge, inside: Inside) -> None:
    assert send(two_hosts, "/", PORTAL).body == b"portal"
    assert send(two_hosts, "/b/k/bigbluebutton/api", GATEWAY).body == b"gateway"
    served = len(inside.seen)
    login, call = send(two_hosts, "/login", GATEWAY), send(two_hosts, "/b/k/bigbluebutton/api", PORTAL)
    assert (login.status, login.is_xml) == ("404 Not Found", False)
    assert (call.status, call.is_xml) == ("404 Not Found", True)
    assert len(inside.seen) == served


@pytest.mark.parametrize(
    "segment",
    ["..", ".", "@@create", "x;y=1", "x\0", "%41", "\xc3\xa4", "\xff", "a b", "\x7f", "\n", "a\\b", "\x85"],
)
def test_a_segment_at_the_door_that_has_another_meaning_somewhere_is_refused(
    edge: Edge, inside: Inside, segment: str
) -> None:
    for path in (f"/b/{segment}/x", f"/b/k/bigbluebutton/api/{segment}", f"/b/k/{segment}"):
        seen = send(edge, path)
        assert (seen.status, seen.is_xml) == ("200 OK", True), path
        assert b"unsupportedRequest" in seen.body, path
    assert inside.seen == []


@pytest.mark.parametrize("path", ["/..", "/.", "/x/../b/k", "/./b", "/x\0", "/\xff", "/b\xff", "/\xc3("])
def test_a_path_that_nobody_writes_is_400_at_the_portal(edge: Edge, inside: Inside, path: str) -> None:
    assert send(edge, path).status == "400 Bad Request"
    assert inside.seen == []


def test_readable_paths_pass_at_the_portal(edge: Edge, inside: Inside) -> None:
    for path in ("/x;y", "/\xc3\xa4", "/...", "/a@b", "//x//y/", "/%41"):
        assert send(edge, path).body == b"portal", path
    assert [one["PATH_INFO"] for one in inside.seen][-1] == "/%41"


def test_headers_that_would_move_the_path_are_gone(edge: Edge, inside: Inside) -> None:
    send(edge, "/x", HTTP_X_VHM_ROOT="/b/k", HTTP_X_VHM_HOST="https://evil.example.org", HTTP_ACCEPT="*/*")
    assert {name for name in inside.seen[0] if "VHM" in name} == set()
    assert inside.seen[0]["HTTP_ACCEPT"] == "*/*"


def test_every_request_has_an_id_of_ours(edge: Edge, inside: Inside) -> None:
    planted = "planted-planted-planted"
    for path in ("/", "/b/k"):
        send(edge, path, HTTP_X_REQUEST_ID=planted, **{REQUEST_ID: planted})
    refused = send(edge, "/..", HTTP_X_REQUEST_ID=planted).headers["X-Request-Id"]
    ids = [one[REQUEST_ID] for one in inside.seen] + [refused]
    assert len(set(ids)) == 3
    assert all(len(one) == 32 and int(one, 16) >= 0 for one in ids)


@pytest.mark.parametrize(("path", "status"), [("/x", "500 Internal Server Error"), ("/b/k", "200 OK")])
def test_what_escapes_from_the_application_is_answered_and_logged(
    path: str, status: str, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    failing = Edge(Inside(ValueError("secret-in-a-message")), settings(), object(), [])
    seen = send(failing, path)
    assert (seen.status, seen.is_xml) == (status, path == "/b/k")
    assert (b"internalError" in seen.body) is seen.is_xml
    (line,) = log_lines()
    assert (line["event"], line["error"], line["door"]) == (
        "request.failed", "ValueError", "gateway" if seen.is_xml else "portal"
    )  # fmt: skip
    assert line["request_id"] == seen.headers["X-Request-Id"]
    assert "secret-in-a-message" not in json.dumps(line) + seen.body.decode()


@pytest.mark.parametrize("path", ["/..", "/b/.."])
def test_refusals_have_safe_headers_and_a_head_without_body(edge: Edge, path: str) -> None:
    got, asked = send(edge, path), send(edge, path, REQUEST_METHOD="HEAD")
    assert got.headers["Cache-Control"] == "no-store"
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in got.headers["Content-Security-Policy"]
    assert int(got.headers["Content-Length"]) == len(got.body) > 0
    assert (asked.status, asked.body) == (got.status, b"")
    assert asked.headers.keys() == got.headers.keys()


def test_closing_ends_what_was_started_last_first_and_once(inside: Inside) -> None:
    ended = io.StringIO()
    edge = Edge(
        inside, settings(), object(), [lambda: ended.write("first ") and None, lambda: ended.write("last ") and None]
    )
    edge.close()
    edge.close()
    assert ended.getvalue() == "last first "
