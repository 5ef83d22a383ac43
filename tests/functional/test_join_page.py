"""What a person sees whose join link does not lead into a meeting."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

import pytest
from lxml import html
from product import ENTER, Plugin, Product, endpoint_of, outcome, read, without_id
from webtest import TestResponse

from senfcall_avv.db import session_scope
from senfcall_avv.endpoints.services import pause, revoke
from senfcall_avv.layout.notice import reference_of

JOIN = {"fullName": "Ada", "meetingID": "jour-fixe-7", "password": "mp77"}
MARKED = {**JOIN, "fullName": "<svg onload=alert(1)>MARK", "userID": "MARK", "logoutURL": "https://evil.example.org/"}


class Page(NamedTuple):
    """A page as it is promised: status, headings in both languages, whether there is a link to try again."""

    status: int
    de: str
    en: str
    again: bool = False


NOT_RUNNING = Page(404, "Die Konferenz läuft gerade nicht", "The meeting is not running", again=True)
INVALID = Page(403, "Dieser Link gilt nicht mehr", "This link is no longer valid")
EARLIER = Page(410, "Dieser Link gehört zu einer früheren Konferenz", "This link belongs to an earlier meeting")
NOT_ALLOWED = Page(404, "Mit diesem Link kommt man nicht hinein", "This link does not let you in")
FULL = Page(409, "Der Raum ist voll", "The room is full", again=True)
NO_SERVER = Page(502, "Der Videokonferenz-Server antwortet nicht", "The conference server does not answer", again=True)


def follow(plugin: Plugin, params: dict[str, str], language: str = "", accept: str = ENTER) -> TestResponse:
    return plugin.call("join", params, headers={"Accept": accept, "Accept-Language": language})


def shows(response: TestResponse, page: Page, first: str = "de") -> None:
    """Assert that it is this page, whole and in order, with nothing on it but its own."""
    assert response.status_int == page.status
    root = html.fromstring(response.body.decode())
    assert root.get("lang") == first
    halves = root.findall(".//section")
    assert [half.get("lang") for half in halves] == (["de", "en"] if first == "de" else ["en", "de"])
    headings = {half.get("lang"): half.findtext("h1") or half.findtext("h2") for half in halves}
    assert headings == {"de": page.de, "en": page.en}
    assert all(half.findtext("p") for half in halves)
    assert halves[0].find("h1") is not None
    assert halves[1].find("h2") is not None
    assert [link.get("href") for link in root.iter("a")] == ["", ""] * page.again
    assert [link.get("href") for link in root.iter("link")] == ["/static/avv.css"]
    assert not list(root.iter("script", "form", "img", "iframe", "svg", "style", "input"))
    assert not re.search(r'\son\w+=|https?:|//|http-equiv|style="', response.text)
    assert root.findtext(".//code") == reference_of(response.headers["X-Request-Id"])


def ready(product: Product) -> None:
    product.a.create("jour-fixe-7", moderatorPW="mp77", attendeePW="ap77", maxParticipants="1")


def _wrong_checksum(plugin: Plugin) -> TestResponse:
    query = f"fullName=MARK&meetingID=jour-fixe-7&password=mp77&checksum={'0' * 64}"
    return plugin.send("join", query, headers={"Accept": ENTER})


def _full(product: Product) -> None:
    ready(product)
    product.simulator.join(f"{product.a.key}-jour-fixe-7", "Grace", userID="grace")


def _failing(mode: str) -> Callable[[Product], None]:
    def prepare(product: Product) -> None:
        ready(product)
        product.simulator.faults.set("getMeetingInfo", mode)

    return prepare


def _ended(product: Product) -> None:
    ready(product)
    product.simulator.end(f"{product.a.key}-jour-fixe-7")


def _nothing(_product: Product) -> None:
    """No meeting at all."""


class Case(NamedTuple):
    """What is there, what the link asks for, what page comes, how many requests go to the backend."""

    prepare: Callable[[Product], None]
    params: dict[str, str]
    page: Page
    upstream: int = 0


CASES = {
    "B16-unknown-meeting": Case(_nothing, MARKED, NOT_RUNNING, 1),
    "ended": Case(_ended, MARKED, NOT_RUNNING, 1),
    "earlier-start": Case(ready, MARKED | {"createTime": "1"}, EARLIER, 1),
    "full": Case(_full, MARKED, FULL, 1),
    "no-name": Case(ready, {"meetingID": "jour-fixe-7", "password": "mp77"}, NOT_ALLOWED),
    "no-meeting-named": Case(ready, {"fullName": "MARK", "password": "mp77"}, NOT_RUNNING),
    "B20-unknown-role": Case(ready, MARKED | {"role": "ADMIN"}, NOT_ALLOWED),
    "short-password": Case(ready, MARKED | {"password": "m"}, NOT_ALLOWED),
    "strange-start": Case(ready, MARKED | {"createTime": "MARK"}, NOT_ALLOWED),
    "strange-guest": Case(ready, MARKED | {"guest": "MARK"}, NOT_ALLOWED),
    "control-character": Case(ready, MARKED | {"userID": "MARK\n"}, NOT_ALLOWED),
    **{
        f"backend-{mode}": Case(_failing(mode), MARKED, NO_SERVER, 1)
        for mode in ("500", "truncated", "html", "bomb", "no_returncode", "redirect")
    },
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_every_refusal_has_its_page_in_both_languages(product: Product, case: Case) -> None:
    case.prepare(product)
    for language, first in (("", "de"), ("en-GB,en;q=0.9,de;q=0.5", "en"), ("de-AT,en;q=0.5", "de"), ("fr,en", "en")):
        response = product.asked(partial(follow, product.a, case.params, language), upstream=case.upstream)
        shows(response, case.page, first)
        for planted in ("MARK", "evil", "Ada", "jour-fixe-7", "mp77", product.a.key, "Verein A", "svg"):
            assert planted not in response.text


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize(
    ("accept", "redirect"), [("*/*", ""), ("application/xml", ""), (ENTER, "false"), (ENTER, "0"), ("", "")]
)
def test_a_program_gets_a_document_in_place_of_the_page(
    product: Product, case: Case, accept: str, redirect: str
) -> None:
    case.prepare(product)
    params = case.params | ({"redirect": redirect} if redirect else {})
    response = product.asked(lambda: follow(product.a, params, accept=accept), upstream=case.upstream)
    root = read(response)
    assert root.findtext("returncode") == "FAILED"
    assert root.findtext("messageKey")
    assert "MARK" not in response.text


def test_a_wrong_checksum_an_unknown_and_a_blocked_access_are_one_page(product: Product, a: Plugin, b: Plugin) -> None:
    wrong = product.asked(lambda: _wrong_checksum(a))
    shows(wrong, INVALID)
    stranger = Plugin(product.app, "zzzzzzzzzzzzzzzz", a.secret)
    with session_scope(product.registry["avv.session_factory"]) as session:
        pause(session.merge(endpoint_of(product, b)))
    product.registry["avv.snapshot"].refresh()
    for plugin in (stranger, b):
        assert without_id(product.asked(partial(_wrong_checksum, plugin))) == without_id(wrong)
        assert without_id(product.asked(partial(follow, plugin, JOIN))) == without_id(wrong)
    with session_scope(product.registry["avv.session_factory"]) as session:
        revoke(session, session.merge(endpoint_of(product, b)), datetime.now(UTC))
    product.registry["avv.snapshot"].refresh()
    assert without_id(product.asked(lambda: follow(b, JOIN))) == without_id(wrong)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("role=VIEWER", "role=MODERATOR"),
        ("password=ap77", "password=mp77"),
        ("meetingID=jour-fixe-7", "meetingID=other"),
        ("userID=u1", "userID=u2"),
        ("&userID=u1", ""),
        ("fullName=Ada", "fullName=Eve"),
        ("role=VIEWER", "role=VIEWER&role=MODERATOR"),
        ("fullName=Ada", "redirect=true&fullName=Ada"),
    ],
)
def test_a_join_link_cannot_be_edited(product: Product, a: Plugin, before: str, after: str) -> None:
    ready(product)
    good = a.sign("join", "fullName=Ada&meetingID=jour-fixe-7&password=ap77&role=VIEWER&userID=u1")
    enter = {"Accept": ENTER}
    assert product.asked(lambda: a.send("join", good, headers=enter), upstream=1).status_int == 302
    assert before in good
    edited = good.replace(before, after)
    shows(product.asked(lambda: a.send("join", edited, headers=enter)), INVALID)


@pytest.mark.parametrize("name", ["existingUserID", "replaceSessionToken", "sessionName", "configToken"])
def test_nobody_takes_another_persons_place(product: Product, a: Plugin, name: str) -> None:
    ready(product)
    response = product.asked(lambda: follow(a, {**JOIN, name: "w_abcdefghijkl"}), upstream=1)
    assert response.status_int == 302
    assert "w_abcdefghijkl" not in response.headers["Location"]
    assert product.ledger(a)["join", name, "reserved"] == 1


def test_who_is_in_the_room_may_come_back_although_it_is_full(product: Product, a: Plugin) -> None:
    _full(product)
    assert product.asked(lambda: follow(a, {**JOIN, "userID": "grace"}), upstream=1).status_int == 302
    shows(product.asked(lambda: follow(a, {**JOIN, "userID": "ada"}), upstream=1), FULL)


def test_the_links_own_start_lets_people_in(product: Product, a: Plugin) -> None:
    created = a.create("jour-fixe-7", moderatorPW="mp77").findtext("createTime", "")
    assert product.asked(lambda: follow(a, {**JOIN, "createTime": created}), upstream=1).status_int == 302


def test_a_refused_method_is_no_page(product: Product, a: Plugin) -> None:
    signed = a.sign("join", "fullName=Ada&meetingID=jour-fixe-7&password=mp77")
    response = product.asked(
        lambda: product.app.post(f"{a.base}join?{signed}", "", headers={"Accept": ENTER}, status="*")
    )
    assert outcome(response) == "unsupportedRequest"


@pytest.mark.parametrize("call", ["create", "getMeetings", "end", "nosuchcall", ""])
def test_only_join_has_pages(product: Product, a: Plugin, call: str) -> None:
    response = product.asked(lambda: a.send(call, f"checksum={'0' * 64}", headers={"Accept": ENTER}))
    assert read(response).findtext("returncode")


def test_a_fault_of_ours_is_a_page_too(product: Product, a: Plugin) -> None:
    ready(product)
    del product.registry["avv.upstream"]
    shows(product.asked(lambda: follow(a, MARKED)), NO_SERVER)
    product.registry["avv.gate"] = product.registry["avv.gate"]._replace(snapshot=None)
    shows(product.asked(lambda: follow(a, MARKED)), NO_SERVER)
    assert "MARK" not in product.log.getvalue()
