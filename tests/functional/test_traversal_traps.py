"""Traps of traversal and of the request's machinery: each is tried against the real application."""

from __future__ import annotations

import io
from typing import Any

import pytest
from product import Plugin, Product, outcome, read
from pyramid.view import render_view_to_response
from sqlalchemy import select

from senfcall_avv.db import session_scope
from senfcall_avv.gateway.admitted import NotAdmitted
from senfcall_avv.gateway.configuration import VIEWS
from senfcall_avv.organizations.models import Organization
from senfcall_avv.root import Root
from senfcall_avv.typing import Request


@pytest.fixture
def planted(ini: dict[str, str]) -> None:
    """Hang what ``planted`` has into the application."""
    ini["pyramid.includes"] = "planted"


with_planted = pytest.mark.usefixtures("planted")


def environ_of(path: str, query: str = "", **more: str) -> dict[str, Any]:
    """Give a WSGI environment whose path is exactly this, as a server hands it over."""
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **more,
    }


def send(product: Product, environ: dict[str, Any]) -> tuple[str, dict[str, str], bytes]:
    """Send an environment as it stands; whatever answers has finished its bytes when it returns."""
    begun: list[tuple[str, dict[str, str]]] = []
    body = product.edge(environ, lambda status, headers, *_: begun.append((status, dict(headers))) or bytes)  # type: ignore[arg-type, return-value]  # a start_response that remembers
    assert isinstance(body, list)
    (status, headers), joined = begun[0], b"".join(body)
    assert len(joined) == int(headers["Content-Length"])
    return status, headers, joined


CREATE = "name=Vorstand&meetingID=room"
AS_CREATE = (
    "/b/{}/bigbluebutton/api/create",
    "//b//{}//bigbluebutton///api/create/",
    "/b/{}/bigbluebutton/api/api/create",
)
AT_THE_PORTAL = (
    ("/./b/{}/bigbluebutton/api/create", "400"),
    ("/x/../b/{}/bigbluebutton/api/create", "400"),
    ("/../b/{}/bigbluebutton/api/create", "400"),
    ("/@@b/{}/bigbluebutton/api/create", "404"),
    ("/B/{}/bigbluebutton/api/create", "404"),
    ("/\xef\xbd\x82/{}/bigbluebutton/api/create", "404"),
    (" /b/{}/bigbluebutton/api/create", "404"),
    ("/ b/{}/bigbluebutton/api/create", "404"),
    ("/x/b/{}/bigbluebutton/api/create", "404"),
    ("/static/../b/{}/bigbluebutton/api/create", "400"),
    ("/static/b/{}/bigbluebutton/api/create", "404"),
    ("/\0/b/{}/bigbluebutton/api/create", "400"),
    ("/\xff/b/{}/bigbluebutton/api/create", "400"),
)
AT_THE_DOOR = (
    "/b/./{}/bigbluebutton/api/create",
    "/b/../b/{}/bigbluebutton/api/create",
    "/b/{}/./bigbluebutton/api/create",
    "/b/{}/bigbluebutton/x/../api/create",
    "/b/{}/bigbluebutton/api/@@create",
    "/b/{}/@@bigbluebutton/api/create",
    "/b/{}/bigbluebutton/api/create;x=1",
    "/b/{};x=1/bigbluebutton/api/create",
    "/b/{}/bigbluebutton/api/create\0",
    "/b/{}/bigbluebutton/api/%63reate",
    "/b/{}/bigbluebutton/api/create ",
    "/b/{}/bigbluebutton/api/cr\xc3\xa9ate",
    "/b/{}/bigbluebutton/api/\xff",
    "/b/\xff/bigbluebutton/api/create",
    "/b/{}%2fbigbluebutton/api/create",
    "/b/{}/create",
    "/b/{}/bigbluebutton/create",
)


@pytest.mark.parametrize("path", AS_CREATE)
def test_spellings_that_plugins_use_are_the_same_call(product: Product, a: Plugin, path: str) -> None:
    status, _, body = send(product, environ_of(path.format(a.key), a.sign("create", CREATE)))
    assert (status, b"<returncode>SUCCESS" in body) == ("200 OK", True)
    assert product.last_sent("create")["meetingID"] == f"{a.key}-room"


@pytest.mark.parametrize(("path", "status"), AT_THE_PORTAL)
def test_paths_that_are_not_the_door_never_lead_through_it(product: Product, a: Plugin, path: str, status: str) -> None:
    """What the tween does not take for a call, the traverser does not either."""
    found, headers, _ = send(product, environ_of(path.format(a.key), a.sign("create", CREATE)))
    assert found[:3] == status
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert product.sent == []


@pytest.mark.parametrize("path", AT_THE_DOOR)
def test_other_spellings_at_the_door_are_refused_in_bbbs_words(product: Product, a: Plugin, path: str) -> None:
    for query in (a.sign("create", CREATE), a.sign("@@create", CREATE), a.sign("create;x=1", CREATE)):
        status, headers, body = send(product, environ_of(path.format(a.key), query))
        assert (status, headers["Content-Type"]) == ("200 OK", "text/xml;charset=utf-8")
        assert b"<messageKey>unsupportedRequest</messageKey>" in body
    assert product.sent == []


@pytest.mark.parametrize("tail", ["create/x", "create/create", "x/create", "create.xml", "Create", "createx"])
def test_what_stands_behind_a_calls_name_makes_it_another_call(product: Product, a: Plugin, tail: str) -> None:
    product.is_refused(lambda: a.app.get(f"{a.base}{tail}?{a.sign(tail, CREATE)}"), "unsupportedRequest")
    product.is_refused(lambda: a.app.get(f"{a.base}{tail}?{a.sign('create', CREATE)}"), "checksumError")


@pytest.mark.parametrize("header", ["HTTP_X_VHM_ROOT", "HTTP_X_VHM_HOST"])
def test_a_header_cannot_put_something_before_the_path(product: Product, a: Plugin, header: str) -> None:
    base = f"/b/{a.key}/bigbluebutton/api"
    for path, root in (("/create", base), ("/bigbluebutton/api/create", f"/b/{a.key}"), (f"/{a.key}/create", "/b")):
        status, _, body = send(product, environ_of(path, a.sign("create", CREATE), **{header: root}))
        assert status[:3] == ("404" if path != "/bigbluebutton/api/create" else "200")
        assert b"SUCCESS" not in body
    status, _, body = send(product, environ_of(f"{base}/create", a.sign("create", CREATE), **{header: "/x"}))
    assert b"<returncode>SUCCESS" in body
    assert len(product.sent) == 1


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_a_view_that_is_reached_without_the_tween_refuses(product: Product, a: Plugin, name: str) -> None:
    """Whatever way there might be one day: without what the tween admitted there is nothing to pass on."""
    for trusted in (None, object(), {"meetingID": "room"}):
        request = Request(environ_of(f"/b/{a.key}/bigbluebutton/api/{name}", a.sign(name, CREATE)))
        request.registry, request.bbb, request.subpath = product.registry, trusted, ()
        api = Root(request)["b"][a.key]["bigbluebutton"]["api"]
        with pytest.raises(NotAdmitted):
            render_view_to_response(api, request, name)
    assert product.sent == []


def test_a_failing_view_is_answered_in_bbbs_words_and_logged(product: Product, a: Plugin) -> None:
    del product.registry["avv.upstream"]
    response = product.asked(lambda: a.call("getMeetings"))
    assert outcome(response) == "internalError"
    line = next(line for line in product.log_lines if line["event"] == "call.failed")
    assert (line["error"], line["call"], line["key"]) == ("KeyError", "getMeetings", a.key)
    assert line["request_id"] == response.headers["X-Request-Id"]


@with_planted
@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/planted/key-error", "ChildLookupFailed"),
        ("/planted/index-error/more", "ChildLookupFailed"),
        ("/planted/broken", "ChildLookupFailed"),
        ("/planted/value-error", "ValueError"),
        ("/planted/attribute-error", "AttributeError"),
        ("/planted/deeper/key-error", "ChildLookupFailed"),
    ],
)
def test_a_fault_of_ours_while_a_child_is_looked_up_is_no_missing_page(product: Product, path: str, error: str) -> None:
    response = product.app.get(path, status=500)
    assert "schiefgegangen" in response.text
    lines = [line for line in product.log_lines if line["event"] == "request.failed"]
    assert [line["error"] for line in lines] == [error]
    assert lines[0]["request_id"] == response.headers["X-Request-Id"]
    assert "secret-in-a-message" not in response.text + product.log.getvalue()


@with_planted
def test_a_missing_child_is_a_missing_page_and_no_failure(product: Product) -> None:
    response = product.app.get("/planted/nobody", status=404)
    assert "Diese Seite gibt es nicht" in response.text
    assert "nobody" not in response.text
    assert product.log_lines == []


@with_planted
@pytest.mark.parametrize(
    "path", ["/planted/plain/x", "/planted/plain/x/y", "/planted/@@plain/x", "/planted/plain/plain"]
)
def test_nothing_may_follow_a_views_name(product: Product, path: str) -> None:
    """Traversal itself would serve the page and call the rest its subpath."""
    assert product.app.get("/planted/plain").text == "plain "
    assert product.app.get("/planted/@@plain").text == "plain "
    assert product.app.get("/planted/plain/").text == "plain "
    assert product.app.get(path, status=404).status_int == 404


def test_only_the_portals_own_pages_answer(product: Product) -> None:
    assert product.app.get("/").status_int == 200
    for path in ("/start", "/x", "/x/y", "/@@x", "/b.html", "/static", "/static/", "/static/nothing.css"):
        response = product.app.get(path, status=404)
        assert "Diese Seite gibt es nicht" in response.text, path
    assert "--paper" in product.app.get("/static/avv.css").text
    for path in ("/static/../avv.css", "/static/%2e%2e/notice.pt", "/static/..%2fnotice.pt"):
        assert product.app.get(path, status="*").status_int in {400, 404}, path


@with_planted
def test_a_child_wins_over_a_view_of_the_same_name(product: Product) -> None:
    """Silently: why ``tests/architecture`` compares the names."""
    assert product.app.get("/planted/deeper").text == "plain "
    assert product.app.get("/planted/deeper/plain").text == "plain "


@with_planted
@pytest.mark.parametrize(
    ("ending", "status", "kept"),
    [
        ("return 200", 200, True),
        ("return 303", 303, True),
        ("return 400", 400, False),
        ("raise 400", 400, False),
        ("raise", 500, False),
    ],
)
def test_what_was_written_is_kept_only_if_the_page_succeeds(
    product: Product, ending: str, status: int, kept: bool
) -> None:
    query = f"?name=Geschrieben&ending={ending.replace(' ', '+')}"
    product.app.post(f"/planted/write{query}", status=status)
    with session_scope(product.registry["avv.session_factory"], write=False) as session:
        names = session.scalars(select(Organization.name)).all()
    assert ("Geschrieben" in names) is kept


def test_every_answer_has_its_bytes_when_it_returns(product: Product, a: Plugin) -> None:
    """Nothing is generated after the transaction's end: see ``send``. A HEAD has the same headers and no body."""
    a.create("room", moderatorPW="mp77")
    for path, query in (
        ("/", ""),
        ("/nothing", ""),
        ("/b", ""),
        (a.base + "getMeetings", a.sign("getMeetings", "")),
        (a.base + "join", a.sign("join", "fullName=Ada&meetingID=room&password=mp77")),
        (a.base + "create", "checksum=x"),
        (a.base, ""),
    ):
        status, _, _ = send(product, environ_of(path, query))
        assert status[:3] in {"200", "302", "404"}


def test_the_root_document_needs_no_view(a: Plugin) -> None:
    for path in (a.base, a.base.rstrip("/"), f"/b/{a.key}/bigbluebutton", f"/b/{a.key}/bigbluebutton/"):
        assert read(a.app.get(path)).findtext("version") == "2.0"
