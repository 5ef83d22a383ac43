"""The frame around every page: headers, cookie, form protection, languages, messages, errors, closed doors."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any, ClassVar

import pytest
from framed import NOW, framed
from lxml import html
from pyramid.authorization import ALL_PERMISSIONS, DENY_ALL, Allow, Everyone
from pyramid.httpexceptions import HTTPForbidden, HTTPSeeOther
from pyramid.response import Response
from webtest import TestApp, TestResponse

from senfcall_avv.errors import TooManyTries
from senfcall_avv.i18n import _
from senfcall_avv.layout.navigation import people, strangers
from senfcall_avv.layout.notice import reference_of
from senfcall_avv.root import Holders, Resource, Root, Tab
from senfcall_avv.security import MIB, Identity, Permission

CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
OURS = {"Origin": "http://localhost"}


class House(Resource):
    """A private resource: Ada owns it, Grace may look, nobody else is in it."""

    private: ClassVar[bool] = True
    __acl__ = (
        (Allow, "house:owner", ALL_PERMISSIONS),
        (Allow, "house:guest", Permission.VIEW),
        (Allow, Everyone, "nothing anybody asks for"),
        DENY_ALL,
    )

    @property
    def title(self) -> str:
        return "Haus"

    @property
    def site(self) -> str:
        return "Haus der <Gärten>"

    def tabs(self) -> tuple[Tab, ...]:
        base = self.request.resource_path(self)
        return Tab("Übersicht", base), Tab("Mitglieder", f"{base}members"), Tab("Zimmer", f"{base}room/")

    def holders(self, permission: str) -> Holders | None:
        return Holders(_("Menü"), ("Ada", "<b>")) if permission == Permission.EDIT else None

    def child(self, name: str) -> Resource | None:
        return Room(self.request, name, self) if name == "room" else None


class Room(Resource):
    """A resource inside of it."""


def identify(request: Any) -> Identity | None:
    who = request.headers.get("X-Who")
    return Identity(who, "session", "en", frozenset(), NOW, second_factor=False) if who else None


def page(_context: Any, _request: Any) -> dict[str, Any]:
    return {"title": "Seite", "form": None}


def explode(_context: Any, _request: Any) -> None:
    raise ValueError("secret-in-a-message")


def slow_down(_context: Any, request: Any) -> None:
    raise TooManyTries(request.now + timedelta(minutes=9))


def plant(config: Any) -> None:
    config.set_identifier(identify)
    config.add_principals(
        lambda _request, identity: {"ada": ["house:owner"], "grace": ["house:guest"]}.get(identity.account_id, [])
    )
    config.add_child(Root, "house", House)
    renderer = "senfcall_avv.devtools:templates/form.pt"
    config.add_view(page, context=House, renderer=renderer, permission=Permission.VIEW)
    config.add_view(page, context=House, name="members", renderer=renderer, permission=Permission.VIEW)
    config.add_view(page, context=House, name="edit", renderer=renderer, permission=Permission.EDIT)
    config.add_view(page, context=House, name="submit", renderer=renderer, permission=Permission.SUBMIT)
    config.add_view(page, context=Room, renderer=renderer, permission=Permission.VIEW)
    config.add_view(page, context=Root, name="forgotten", renderer=renderer)
    config.add_view(explode, context=Root, name="explode", permission=Permission.PUBLIC)
    config.add_view(slow_down, context=Root, name="slow-down", permission=Permission.PUBLIC)
    config.add_view(
        lambda _context, request: Response(str(len(request.POST)), content_type="text/plain"),
        context=Root, name="count", request_method="POST", permission=Permission.PUBLIC, max_body=2 * MIB,
    )  # fmt: skip
    config.add_view(
        lambda _context, request: Response(request.GET.get("a", ""), content_type="text/plain"),
        context=Root, name="echo", permission=Permission.PUBLIC,
    )  # fmt: skip
    config.add_main_link(_("Menü"), "/house/", order=20, shown=people)
    config.add_main_link(lambda _request: "Anmelden", "/login", order=10, shown=strangers)
    config.add_footer_link("Impressum", "/imprint", order=10)


@pytest.fixture
def app() -> TestApp:
    return framed(include=plant)


def as_(who: str) -> dict[str, str]:
    return {"X-Who": who}


def tree(response: TestResponse) -> Any:
    return html.fromstring(response.text)


def token_of(app: TestApp) -> str:
    found = tree(app.get("/devtools/form")).xpath("//input[@name='csrf_token']/@value")
    assert len(set(found)) == 1
    return str(found[0])


@pytest.mark.parametrize(
    ("path", "status"),
    [("/devtools/components", 200), ("/devtools/form", 200), ("/nothing", 404), ("/explode", 500), ("/slow-down", 429),
     ("/static/avv.css", 200), ("/static/nothing.css", 404), ("/house/", 303), ("/echo?a=%ff", 400),
     ("/language", 404)],
)  # fmt: skip
def test_every_answer_has_the_portals_headers(app: TestApp, path: str, status: int) -> None:
    response = app.get(path, status=status)
    assert {name: response.headers.getall(name) for name in HEADERS} == {
        name: [value] for name, value in HEADERS.items()
    }
    assert re.fullmatch("[0-9a-f]{32}", response.headers["X-Request-Id"])
    assert "Strict-Transport-Security" not in response.headers
    if response.content_type == "text/html":
        assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", response.text)
        assert path.startswith("/static") or response.headers["Cache-Control"] == "no-store"


def test_static_files_are_kept_and_change_their_address_with_their_content(app: TestApp) -> None:
    head = tree(app.get("/devtools/form"))
    addresses = head.xpath("//link/@href | //script/@src")
    assert len(addresses) == 3
    for address in addresses:
        assert re.fullmatch(r"/static/avv\.(?:css|js|svg)\?v=[0-9a-f]{12}", address)
        kept = app.get(address)
        assert "max-age=3600" in kept.headers["Cache-Control"]
        assert "Set-Cookie" not in kept.headers
        assert (
            len(kept.body) <= {"css": 30_000, "js": 8_000, "svg": 1_000}[address.partition("?")[0].rpartition(".")[2]]
        )


def test_under_https_browsers_are_told_to_stay_there_and_the_cookie_is_bound_to_the_host() -> None:
    secure = framed("https://avv.example.org", plant)
    response = secure.get("/devtools/form")
    assert response.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
    assert secure.get("/nothing", status=404).headers["Strict-Transport-Security"]
    cookie = SimpleCookie(response.headers["Set-Cookie"])["__Host-avv"]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, True, "Lax", "/")
    assert cookie["domain"] == ""


def test_the_cookie_is_sealed_and_one_that_was_changed_is_none(app: TestApp) -> None:
    token = token_of(app)
    value = app.cookies["avv"]
    assert token not in value
    assert token_of(app) == token
    app.set_cookie("avv", value[:-6] + ("A" if value[-6] != "A" else "B") + value[-5:])
    assert token_of(app) != token
    for nonsense in ("x", "x" * 5000, "AQ==", "%00"):
        app.set_cookie("avv", nonsense)
        assert app.get("/devtools/form").status_int == 200


# --- forms are ours


def test_a_form_of_ours_is_taken(app: TestApp) -> None:
    response = app.post("/count", {"csrf_token": token_of(app), "a": "1"}, headers=OURS)
    assert response.text == "2"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://localhost"}, 200),
        ({"Referer": "http://localhost/devtools/form"}, 200),
        ({"Origin": "http://localhost:80"}, 200),
        ({}, 400),
        ({"Origin": "null"}, 400),
        ({"Origin": "null", "Referer": "http://localhost/"}, 400),
        ({"Origin": "https://evil.example"}, 400),
        ({"Origin": "https://localhost"}, 400),
        ({"Origin": "http://localhost:81"}, 400),
        ({"Origin": "http://localhost.evil.example"}, 400),
        ({"Origin": "http://localhost:x"}, 400),
        ({"Referer": "http://evil.example/?http://localhost/"}, 400),
        ({"Origin": "https://evil.example", "Referer": "http://localhost/"}, 400),
    ],
)
def test_a_form_comes_from_our_own_origin(app: TestApp, headers: dict[str, str], status: int) -> None:
    app.post("/count", {"csrf_token": token_of(app)}, headers=headers, status=status)


def test_a_form_carries_this_browsers_token(app: TestApp) -> None:
    other = framed(include=plant)
    mine, foreign = token_of(app), token_of(other)
    for fields in ({}, {"csrf_token": ""}, {"csrf_token": foreign}, {"csrf_token": f"{mine}x"}, {"csrf_token": "ü"}):
        answer = app.post("/count", fields, headers=OURS, status=400)
        assert "zu lange offen" in answer.text
    app.post(f"/count?csrf_token={mine}", {}, headers=OURS, status=400)
    app.post("/count", {}, headers={**OURS, "X-CSRF-Token": mine}, status=400)
    app.reset()
    app.post("/count", {"csrf_token": mine}, headers=OURS, status=400)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_page_answers_only_the_methods_that_it_names(app: TestApp, method: str) -> None:
    body = f"csrf_token={token_of(app)}".encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = app.request("/echo", method=method, body=body, headers={**OURS, **kind}, status="*")
    assert answer.status_int == 405
    assert "Diese Seite gibt es nicht" in answer.text


def test_a_form_cannot_be_sent_by_get(app: TestApp) -> None:
    app.get(f"/language?language=en&csrf_token={token_of(app)}", status=404)
    app.get("/count", status=404)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"csrf_token=T&" + b"a&" * 1001, "application/x-www-form-urlencoded", 400),
        (b"x" * (2 * MIB + 1), "application/x-www-form-urlencoded", 413),
        (b"x", "multipart/form-data", 400),
        (b"x", "multipart/form-data; boundary=" + "x" * 300, 400),
        (b"--x\r\n", "multipart/form-data; boundary=x", 400),
        (b"csrf_token=T", "application/x-www-form-urlencoded; charset=bogus", 400),
        (b"<a/>", "text/xml", 400),
        (b"csrf_token=%ff", "application/x-www-form-urlencoded", 400),
        (b"", "application/x-www-form-urlencoded", 400),
    ],
)
def test_bodies_that_make_no_sense_are_no_failure(app: TestApp, body: bytes, kind: str, status: int) -> None:
    token = token_of(app).encode()
    app.post("/count", body.replace(b"T", token), content_type=kind, headers=OURS, status=status)


def test_a_form_of_usual_size_is_small(app: TestApp) -> None:
    body = f"csrf_token={token_of(app)}&x={'x' * 300_000}"
    app.post("/count", body, headers=OURS, content_type="application/x-www-form-urlencoded", status=200)
    answer = app.post(
        "/devtools/form", body, headers=OURS, content_type="application/x-www-form-urlencoded", status=413
    )
    assert "10\N{NO-BREAK SPACE}MB" in answer.text


def test_queries_that_make_no_sense_are_no_failure(app: TestApp) -> None:
    assert app.get("/echo?a=%C3%BC").text == "ü"
    for query in ("a=%ff", "%ff=a", "a&" * 1001):
        app.get(f"/echo?{query}", status=400)


@pytest.mark.parametrize(
    "controls",
    [
        [("__start__", "x:mapping")] * 900, [("__end__", "x")], [("__start__", "a:evil")], [("__start__", "a:rename")],
        [("_charset_", "utf-7")], [("__start__", "name:sequence"), ("a", "b"), ("__end__", "")],
    ],
)  # fmt: skip
def test_broken_markers_of_a_form_are_no_failure(app: TestApp, controls: list[tuple[str, str]]) -> None:
    app.post("/devtools/form", [("csrf_token", token_of(app)), *controls], headers=OURS, status=400)
    app.post("/devtools/form", [("csrf_token", token_of(app)), ("rows", "add people"), *controls[:3]], headers=OURS,
             status="*")  # fmt: skip


# --- pages with a form


def fill(app: TestApp) -> Any:
    form = app.get("/devtools/form").forms["form"]
    values = {"email": "a@example.org", "post_code": "64289", "password": "lang genug", "issued": "1.3.22",
              "form-kind": "a", "country": "he"}  # fmt: skip
    form.get("name", 0).value, form.get("name", 1).value = "Verein", "Ada"
    for name, value in values.items():
        form[name] = value
    form.get("declared").checked = True
    next(field for fields in form.fields.values() for field in fields if "s" in str(getattr(field, "options", "")) and
         field.name.startswith("deformField")).value = "s"  # fmt: skip
    return form


def test_a_form_that_fits_leads_on_and_says_so_once(app: TestApp) -> None:
    answer = fill(app).submit("next")
    assert answer.status_int == 303
    after = answer.follow()
    assert tree(after).xpath("//*[@role='status']")[0].text_content().strip() == "Gespeichert: Verein, 01.03.2022"
    assert not tree(app.get("/devtools/components")).xpath("//*[@role='status' and contains(@class, 'said')]")


def test_a_form_that_does_not_fit_comes_back_with_a_summary(app: TestApp) -> None:
    form = fill(app)
    form["email"] = "kaputt"
    answer = form.submit("next", status=400)
    page = tree(answer)
    assert page.findtext("head/title") == "Fehler: Formular – Stadtgarten Beispielhausen e. V. – Senfcall AV"
    summary = page.cssselect(".problems")[0]
    assert (summary.get("role"), summary.get("tabindex"), summary.get("autofocus")) == ("alert", "-1", "autofocus")
    assert [link.get("href") for link in summary.iter("a")] == ["#form-email"]
    assert summary.getparent().index(summary) < summary.getparent().index(page.find(".//h1"))
    assert page.get_element_by_id("form-email").get("value") == "kaputt"
    assert page.get_element_by_id("form-name").get("value") == "Verein"


def test_rows_are_added_by_a_button_without_judging(app: TestApp) -> None:
    form = app.get("/devtools/form").forms["form"]
    form.get("name", 0).value = "Verein"
    answer = form.submit("rows", value="add people")
    page = tree(answer)
    assert answer.status_int == 200
    assert not page.cssselect(".problems")
    assert [legend.text_content().strip() for legend in page.cssselect(".row-group > legend")] == [
        "Person 1",
        "Person 2",
    ]
    assert page.get_element_by_id("form-name").get("value") == "Verein"
    again = answer.forms["form"].submit("rows", value="remove people 0")
    assert len(tree(again).cssselect(".row-group")) == 1
    token = token_of(app)
    app.post("/devtools/form", {"csrf_token": token, "rows": "add nothing"}, headers=OURS, status=400)


# --- languages


def language(response: TestResponse) -> str:
    return str(tree(response).get("lang"))


def test_the_browsers_language_is_the_first(app: TestApp) -> None:
    assert language(app.get("/devtools/form")) == "de"
    assert language(app.get("/devtools/form", headers={"Accept-Language": "en-GB,de;q=0.5"})) == "en"
    assert "Skip to content" in app.get("/devtools/form", headers={"Accept-Language": "en"}).text


def test_the_accounts_language_comes_before_the_browsers(app: TestApp) -> None:
    assert language(app.get("/devtools/form", headers={**as_("ada"), "Accept-Language": "de"})) == "en"


def test_the_switch_keeps_the_page_and_is_remembered(app: TestApp) -> None:
    form = app.get("/devtools/components?x=1&y=%C3%BC").forms[0]
    assert form.action == "/language"
    answer = form.submit("language")
    assert (answer.status_int, answer.location) == (303, "http://localhost/devtools/components?x=1&y=%C3%BC")
    after = answer.follow()
    assert language(after) == "en"
    assert language(app.get("/devtools/form", headers={"Accept-Language": "de"})) == "en"
    assert language(app.get("/nothing", status=404)) == "en"
    assert "Page not found" in app.get("/nothing", status=404).text
    assert language(after.forms[0].submit("language").follow()) == "de"


@pytest.mark.parametrize(
    "target",
    ["//evil", "https:evil", "/\\evil", "%09//evil", " //evil", "/x/..//evil", "javascript:1", "https://evil.example/",
     "/b/KEY/bigbluebutton/api/join?x=1", "/%62/KEY", "/%2fevil", "/x/%2e%2e/y", "/a//b", "", "x", "/x y", "/x\ny",
     "/x#y", "/" + "x" * 3000, "/%00", "/%5cevil", "/./x"],
)  # fmt: skip
def test_the_switch_leads_nowhere_else(app: TestApp, target: str) -> None:
    fields = {"csrf_token": token_of(app), "language": "en", "to": target}
    assert app.post("/language", fields, headers=OURS).location == "http://localhost/"


def test_a_room_hears_of_the_choice_without_a_subscriber() -> None:
    heard: list[str] = []

    def planted(config: Any) -> None:
        config.add_language_listener(lambda _request, language: heard.append(language))

    app = framed(include=planted)
    app.post("/language", {"csrf_token": token_of(app), "language": "en", "to": "/"}, headers=OURS, status=303)
    assert heard == ["en"]
    assert not app.app.registry.has_listeners


@pytest.mark.parametrize("name", ["fr", "", "../../x", "<b>", "EN"])
def test_only_our_languages_can_be_chosen(app: TestApp, name: str) -> None:
    app.post("/language", {"csrf_token": token_of(app), "language": name, "to": "/"}, headers=OURS, status=400)
    app.set_cookie("_LOCALE_", "en")
    assert language(app.get(f"/devtools/form?_LOCALE_={name.replace('<b>', 'en')}")) == "de"
    assert language(app.get("/devtools/form", headers={"Accept-Language": "x" * 16_000})) == "de"


# --- what surrounds a page


def test_the_links_are_those_for_this_reader(app: TestApp) -> None:
    def main(response: TestResponse) -> list[str]:
        return [" ".join(link.text_content().split()) for link in tree(response).cssselect("nav.main li a")]

    assert main(app.get("/devtools/form")) == ["Anmelden"]
    assert main(app.get("/house/", headers=as_("ada"))) == ["Menu"]
    assert [link.get("href") for link in tree(app.get("/devtools/form")).cssselect("footer li a")] == ["/imprint"]
    assert tree(app.get("/devtools/form")).xpath("//footer//a[@href='mailto:help@example.org']")


@pytest.mark.parametrize(
    ("path", "current", "crumbs"),
    [
        ("/house/", {"Übersicht": "page"}, []),
        ("/house/members", {"Mitglieder": "page"}, ["Haus"]),
        ("/house/room/", {"Zimmer": "page"}, ["Haus"]),
        ("/house/edit", {}, ["Haus"]),
    ],
)
def test_the_sub_navigation_and_the_breadcrumb_tell_the_place(
    app: TestApp, path: str, current: dict[str, str], crumbs: list[str]
) -> None:
    page = tree(app.get(path, headers=as_("ada")))
    links = page.cssselect(".sub .wrap > ul a")
    assert [link.text for link in links] == ["Übersicht", "Mitglieder", "Zimmer"]
    assert {link.text: link.get("aria-current") for link in links if link.get("aria-current")} == current
    assert page.cssselect(".fold summary span")[0].text_content() == next(iter(current), "Seite")
    assert [link.text for link in page.cssselect(".crumb a")] == crumbs
    assert page.findtext("head/title") == "Seite – Haus der <Gärten> – Senfcall AV"


def test_every_page_has_its_landmarks(app: TestApp) -> None:
    page = tree(app.get("/house/members", headers=as_("ada")))
    assert len(page.findall(".//h1")) == len(page.findall(".//main")) == len(page.findall(".//footer")) == 1
    assert page.find(".//body")[0].get("href") == "#main"
    navigations = [nav.get("aria-label") for nav in page.iter("nav")]
    assert all(navigations)
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))


def test_messages_are_said_in_order_and_escaped(app: TestApp) -> None:
    page = tree(app.get("/devtools/say").follow())
    assert [said.get("class") for said in page.cssselect(".said p")] == [
        "message ok", "message info", "message warn", "message bad",
    ]  # fmt: skip


# --- closed doors


def test_a_view_that_declares_nothing_is_closed_to_everybody(app: TestApp) -> None:
    assert app.get("/forgotten", status=303).location.startswith("http://localhost/login")
    app.get("/forgotten", headers=as_("ada"), status=404)


@pytest.mark.parametrize("path", ["/house/", "/house/members?x=1", "/house/room/", "/house/nothing", "/house/room/x/y"])
def test_strangers_are_led_to_the_log_in_whether_it_is_there_or_not(app: TestApp, path: str) -> None:
    location = app.get(path, status=303).location
    assert location == "http://localhost/login?next=" + path.replace("?", "%3F").replace("=", "%3D")


def test_what_is_foreign_looks_like_what_is_missing(app: TestApp) -> None:
    answers = [app.get(path, headers=as_("eve"), status=404) for path in ("/house/", "/house/nothing", "/nothing/")]
    pages = [tree(answer) for answer in answers]
    said = {re.sub("[0-9A-F]{4}-[0-9A-F]{4}", "", page.get_element_by_id("main").text_content()) for page in pages}
    assert len(said) == 1
    assert {page.findtext("head/title") for page in pages} == {"Page not found – Senfcall AV"}
    assert not any(page.cssselect(".sub, .crumb") for page in pages)


def test_whoever_may_look_is_told_who_may_do_it(app: TestApp) -> None:
    answer = app.get("/house/edit", headers=as_("grace"), status=403)
    assert "This needs the role Menu, held in your organisation by Ada, &lt;b&gt;." in answer.text
    assert "another role" in app.get("/house/submit", headers=as_("grace"), status=403).text


def test_another_answer_for_strangers_can_be_set() -> None:
    def planted(config: Any) -> None:
        plant(config)
        config.set_login(lambda _request: Response("log in", status=401))

    assert framed(include=planted).get("/house/", status=401).text == "log in"


# --- errors


@pytest.mark.parametrize(
    ("status", "heading"),
    [
        (400, "Das haben wir nicht verstanden"), (404, "Diese Seite gibt es nicht"), (405, "Diese Seite gibt es nicht"),
        (409, "Das hat sich inzwischen geändert"), (413, "Die Datei ist zu groß"), (429, "Einen Moment Geduld"),
        (500, "Da ist bei uns etwas schiefgegangen"), (503, "Kurze Pause"), (406, "Das haben wir nicht verstanden"),
    ],
)  # fmt: skip
def test_every_error_has_its_page_in_the_frame_with_a_reference(app: TestApp, status: int, heading: str) -> None:
    answer = app.get(f"/devtools/fail?status={status}", status=status)
    page = tree(answer)
    assert page.findtext(".//h1") == heading
    assert page.get_element_by_id("reference").text == reference_of(answer.headers["X-Request-Id"])
    assert page.cssselect("header .brand")
    assert "Traceback" not in answer.text


def test_too_many_tries_say_when_it_goes_on(app: TestApp) -> None:
    answer = app.get("/slow-down", status=429)
    assert answer.headers["Retry-After"] == "541"
    assert "Ab 14:40 Uhr geht es weiter." in answer.text
    assert "at 14:40" in app.get("/slow-down", headers={"Accept-Language": "en"}, status=429).text


def test_a_failure_shows_nothing_of_our_inside(app: TestApp) -> None:
    answer = app.get("/explode", status=500)
    assert "secret-in-a-message" not in answer.text
    assert "Anmelden" not in answer.text
    assert tree(answer).xpath("//main//a[@class='btn go']/@href") == [""]  # the same address, repeated nowhere


def test_where_the_frame_fails_the_page_is_said_without_it() -> None:
    def planted(config: Any) -> None:
        plant(config)
        config.add_footer_link(lambda _request: 1 / 0 and "never", "/", order=1)  # type: ignore[arg-type, return-value]  # the fault

    answer = framed(include=planted).get("/nothing", status=404)
    assert "Diese Seite gibt es nicht" in answer.text
    assert "Page not found" in answer.text
    assert dict(answer.headers)["Content-Security-Policy"] == CONTENT_SECURITY


def test_a_broken_identity_still_gives_a_page_for_the_failure() -> None:
    def planted(config: Any) -> None:
        config.add_view(explode, context=Root, name="explode", permission=Permission.PUBLIC)
        config.set_identifier(lambda _request: (_ for _ in ()).throw(RuntimeError("no database")))

    assert "schiefgegangen" in framed(include=planted).get("/explode", status=500).text


def test_redirects_that_are_raised_are_still_redirects() -> None:
    def leave(_context: Any, _request: Any) -> None:
        raise HTTPSeeOther("/elsewhere")

    def refuse(_context: Any, _request: Any) -> None:
        raise HTTPForbidden

    def planted(config: Any) -> None:
        plant(config)
        config.add_view(leave, context=Root, name="leave", permission=Permission.PUBLIC)
        config.add_view(refuse, context=House, name="refuse", permission=Permission.VIEW)

    app = framed(include=planted)
    assert app.get("/leave", status=303).location == "http://localhost/elsewhere"
    app.get("/house/refuse", headers=as_("grace"), status=403)


def test_the_clock_is_the_installations(app: TestApp) -> None:
    assert datetime.now(UTC) != NOW
    assert "14:31 Uhr" in app.get("/devtools/components").text
