"""Pages for everybody: they open without a log-in in both languages, lead somewhere, and say what is enforced."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urldefrag, urlsplit

import pytest
from lxml import html
from people import House
from portal import Portal
from product import Product
from webtest import TestApp, TestResponse

from senfcall_avv.db import session_scope
from senfcall_avv.endpoints.models import EndpointState
from senfcall_avv.endpoints.services import create_endpoint
from senfcall_avv.organizations.models import Organization
from senfcall_avv.policy.engine import Outcome
from senfcall_avv.public.guides import guides
from senfcall_avv.public.resources import addresses
from senfcall_avv.public.selfcheck import QUESTIONS

PAGES = list(addresses())
HTML = [path for path in PAGES if path not in {"/api.json", "/.well-known/security.txt"}]
GOOD = {"status": "yes", "proof": "exemption", "frontend": "have", "authority": "yes", "kind": "none"}


def tree(response: TestResponse) -> html.HtmlElement:
    return html.fromstring(response.text)


def words(response: TestResponse) -> str:
    """What a person reads in the page's main part."""
    return " ".join(tree(response).get_element_by_id("main").text_content().split())


def links(response: TestResponse) -> Iterator[str]:
    """The addresses of our own site that a page leads to."""
    for address in tree(response).xpath("//a/@href"):
        parts = urlsplit(address)
        if not parts.scheme and not parts.netloc:
            yield address


@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_for_everybody(house: House, path: str) -> None:
    response = house.browser().get(path)
    assert response.status_int == 200
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", [path for path in HTML if path != "/contract"])
def test_a_page_speaks_both_languages_and_says_which(house: House, path: str) -> None:
    german, english = (house.browser(language=language).get(path) for language in ("de", "en"))
    assert tree(german).get("lang") == "de"
    assert tree(english).get("lang") == "en"
    assert words(german) != words(english)
    for response in (german, english):
        assert len(tree(response).xpath("//h1")) == 1
        ids = tree(response).xpath("//@id")
        assert len(ids) == len(set(ids))


def test_titles_are_unique(house: House) -> None:
    browser = house.browser()
    titles = [tree(browser.get(path)).findtext(".//title") for path in HTML]
    assert len(titles) == len(set(titles))
    assert all(title.endswith(" – Senfcall AV") for title in titles)


@pytest.mark.parametrize("path", HTML)
def test_every_link_of_a_page_leads_somewhere(house: House, path: str) -> None:
    browser = house.browser()
    page = browser.get(path)
    followed = set(links(page))
    assert {"/imprint", "/privacy", "/terms", "/sub-processors", "/accessibility", "/status", "/login"} <= followed
    for link in sorted(followed):
        address, fragment = urldefrag(link)
        response = browser.get(address, status=[200, 303]) if address else page
        if fragment:
            assert tree(response).xpath(f"//*[@id='{fragment}']"), link


@pytest.mark.parametrize("path", [*PAGES, "/help/nextcloud", "/contract"])
def test_behind_a_page_there_is_nothing(house: House, path: str) -> None:
    browser = house.browser()
    below = f"{path.rstrip('/')}/x/y" if path == "/help" else f"{path.rstrip('/')}/x"
    assert browser.get(below if path != "/" else "/x", status="*").status_int == 404
    token = browser.token
    assert browser.post(path, {"csrf_token": token}, status="*").status_int in {404, 405}


def test_the_start_page_says_what_is_next(house: House) -> None:
    page = tree(house.browser().get("/"))
    assert page.xpath("//a[contains(@class, 'btn go')]/@href") == ["/signup"]
    assert [step.text_content() for step in page.xpath("//ol[@class='steps']//h3")] == [
        "Konto anlegen",
        "Angaben und Bescheid",
        "Vertrag lesen und zustimmen",
        "Wir prüfen, ihr legt los",
    ]
    zones = page.xpath("//ul[@class='layers']/li/p")
    assert [zone.text_content() for zone in zones] == ["Bleibt bei euch", "Kommt von Senfcall"]
    assert "%%DIALNUM%%" in page.text_content()
    assert "%%CONFNUM%%#" in page.text_content()


def test_somebody_who_is_logged_in_goes_on_to_the_application(product: Product) -> None:
    page = tree(Portal(product.edge).person().get("/"))
    assert page.xpath("//a[contains(@class, 'btn go')]/@href") == ["/organizations"]
    assert page.xpath("//a[contains(@class, 'btn go')]")[0].text_content().split() == ["Weiter", "zum", "Antrag"]


def test_five_good_answers_lead_to_the_application(house: House) -> None:
    browser = house.browser()
    form = next(form for form in browser.get("/check").forms.values() if form.method.upper() == "GET")
    for name, value in GOOD.items():
        form[name] = value
    result = form.submit()
    assert result.status_int == 200
    assert "Das sieht gut aus." in words(result)
    assert tree(result).xpath("//section[contains(@class, 'outcome')]//a[contains(@class, 'go')]/@href") == ["/signup"]
    kept = next(form for form in result.forms.values() if form.method.upper() == "GET")
    assert {name: kept[name].value for name in GOOD} == GOOD
    assert "Set-Cookie" not in result.headers


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"proof": "older"}, "Klärt vorher einen Punkt:"),
        ({"proof": "older", "authority": "no"}, "Klärt vorher ein paar Punkte:"),
        ({"kind": "school"}, "Dieses Angebot passt wahrscheinlich nicht."),
    ],
)
def test_other_answers_say_what_helps_and_never_block(house: House, change: dict[str, str], said: str) -> None:
    result = house.browser().get("/check", GOOD | change)
    assert said in words(result)
    assert "Trotzdem beginnen" in words(result)
    assert not tree(result).xpath("//section[contains(@class, 'outcome')]//a[contains(@class, 'go')]")


def test_a_question_without_an_answer_is_named_and_linked(house: House) -> None:
    result = house.browser().get("/check", {"status": "yes", "proof": "<script>", "kind": "none"}, status=400)
    page = tree(result)
    assert page.findtext(".//title").startswith("Fehler: ")
    problems = page.xpath("//*[@role='alert']//a")
    assert [problem.text for problem in problems] == [f"Beantworte noch Frage {number}." for number in (2, 3, 4)]
    for problem in problems:
        assert page.get_element_by_id(problem.get("href")[1:]).get("type") == "radio"
    assert page.xpath("//input[@checked]/@id") == ["status-yes", "kind-none"]
    assert "<script>" not in result.text.replace('<script src="', "")


def test_the_years_of_a_proof_come_from_the_settings(house: House) -> None:
    application = house.registry["avv.settings"].application
    text = words(house.browser().get("/check"))
    assert f"jünger als {application.proof_years_exemption} Jahre" in text
    assert f"jünger als {application.proof_years_new} Jahre" in text
    assert len(QUESTIONS) == 5


def test_the_api_page_says_what_the_policy_in_force_says(house: House) -> None:
    """Compared with the policy that the gateway itself decides by, not with a copy of it."""
    told = house.registry["avv.policy"].describe("senfcall")
    response = house.browser().get("/api")
    page = tree(response)
    assert told.revision in words(response)
    for call in told.calls:
        if call.verb is not Outcome.FORWARD:
            assert f"{call.name} " in words(response)
            assert call.message in words(response)
            continue
        section = page.get_element_by_id(f"call-{call.name}").getparent()
        listed = section.xpath(".//tbody/tr/th/code/text()")
        assert listed == [each.name for each in call.parameters if each.value is None]
        needed = section.xpath(".//tbody/tr[.//span[@class='needed']]/th/code/text()")
        assert needed == [each.name for each in call.parameters if each.required]
        fixed = section.xpath("./ul/li/code/text()")
        assert fixed == [f"{each.name}={each.value}" for each in call.parameters if each.value is not None]


def test_the_api_for_programs_names_the_same_revision_and_calls(house: House) -> None:
    told = house.registry["avv.policy"].describe("senfcall")
    response = house.browser().get("/api.json")
    assert response.content_type == "application/json"
    assert response.json["revision"] == told.revision
    assert [call["name"] for call in response.json["calls"]] == [call.name for call in told.calls]


def test_a_checksum_made_as_the_page_says_is_accepted(product: Product) -> None:
    """The words of the page, followed to the letter."""
    page = TestApp(product.edge).get("/api")
    assert "den Namen des Aufrufs, dann die Anfrage genau wie gesendet, dann das Secret" in words(page)
    query = "name=Vorstand&meetingID=vorstand-1"
    checksum = hashlib.sha256(f"create{query}{product.a.secret}".encode()).hexdigest()
    answer = product.a.app.get(f"/b/{product.a.key}/bigbluebutton/api/create?{query}&checksum={checksum}")
    assert "<returncode>SUCCESS</returncode>" in answer.text


def test_an_unknown_guide_says_so_and_offers_the_others(house: House) -> None:
    response = house.browser().get("/help/nosuch", status=404)
    assert "Diese Anleitung haben wir nicht." in words(response)
    assert {f"/help/{name}" for name in guides()} <= set(links(response))
    assert house.browser().get("/help/No%20Such", status=404).text.count("Diese Anleitung haben wir nicht.") == 0


def test_a_stranger_sees_the_form_of_the_address(house: House) -> None:
    text = words(house.browser().get("/help/nextcloud"))
    assert "API URL http://localhost/b/KEY/bigbluebutton/ " in text
    assert "Statt KEY steht" in text


def test_discourse_is_told_that_it_does_not_work(house: House) -> None:
    assert "Das geht hier nicht. Bei create fehlt name." in words(house.browser().get("/help/discourse"))
    assert "Das geht hier nicht" not in words(house.browser().get("/help/moodle"))


@pytest.mark.parametrize(("role", "sees"), [("owner", True), ("technical", True), ("privacy", False)])
def test_members_find_their_own_address_if_they_may_see_it(product: Product, role: str, sees: bool) -> None:
    portal = Portal(product.edge)
    person, other = portal.person(), portal.person()
    own = portal.organization("Chor e. V.", **{role: person})
    foreign = portal.organization("Fremd e. V.", owner=other)
    with session_scope(portal.factory) as session:
        keys = {}
        for organization_id in (own, foreign):
            organization = session.get_one(Organization, organization_id)
            endpoint, secret = create_endpoint(session, portal.registry["avv.key_ring"], organization)
            keys[organization_id] = (endpoint.key, secret)
    response = person.get("/help/mattermost")
    address = f"http://localhost/b/{keys[own][0]}/bigbluebutton/api/"
    assert (address in response.text) is sees
    assert ("Die Adresse gehört zu Chor e. V." in words(response)) is sees
    assert keys[foreign][0] not in response.text
    assert all(secret not in response.text for _, secret in keys.values())


def test_an_access_that_has_ended_is_offered_to_nobody(product: Product) -> None:
    portal = Portal(product.edge)
    person = portal.person()
    own = portal.organization("Chor e. V.", owner=person)
    with session_scope(portal.factory) as session:
        organization = session.get_one(Organization, own)
        endpoint, _ = create_endpoint(session, portal.registry["avv.key_ring"], organization)
        endpoint.state = EndpointState.REVOKED
        key = endpoint.key
    response = person.get("/help/nextcloud")
    assert key not in response.text
    assert "Statt KEY steht" in words(response)


def test_the_status_tells_a_server_that_answers(product: Product) -> None:
    before = len(product.simulator.requests)
    browser = TestApp(product.edge)
    text = words(browser.get("/status"))
    assert "Alles, was wir messen, läuft." in text
    assert "Der Server hat auf unsere Anfrage geantwortet." in text
    browser.get("/status")
    assert len(product.simulator.requests) == before + 1


def test_the_status_tells_a_server_that_does_not(house: House) -> None:
    text = words(house.browser().get("/status"))
    assert "Eingeschränkt: Videokonferenz." in text
    assert "Der Server hat auf unsere Anfrage nicht geantwortet." in text
    assert "Telefon-Einwahl Keine Messung" in text


def test_texts_carry_version_date_and_the_mark_of_a_sample(house: House) -> None:
    for name in ("terms", "privacy", "imprint", "accessibility"):
        text = words(house.browser().get(f"/{name}"))
        assert "Version 1.0, Stand 01.11.2026" in text
        assert "Muster. Diesen Text ersetzt" in text


def test_the_privacy_notice_ends_with_the_times_of_the_settings(house: House) -> None:
    page = tree(house.browser().get("/privacy"))
    rows = {row.xpath("string(th)"): row.xpath("string(td[1])").strip() for row in page.xpath("//section//tbody/tr")}
    application = house.registry["avv.settings"].application
    assert rows["Entwurf eines Antrags"] == f"{application.draft_days} Tage"
    assert rows["Hochgeladene Dateien eines beendeten Antrags"] == f"{application.keep_uploads_days} Tage"
    assert page.get_element_by_id("cookies").tag == "h2"


def test_the_contract_can_be_read_before_anybody_signs(house: House) -> None:
    page = house.browser().get("/contract")
    texts = house.registry["avv.contract_texts"]
    headings = tree(page).xpath("//section[@class='part']/h2/text()")
    assert headings == [*(part.name for part in texts.current.manifest.part), texts.current.terms.name]
    assert "[Name eurer Organisation]" in words(page)
    assert "Muster, nicht unterschrieben." in words(page)
    assert "Nur wenn gewählt: Kirchliches Recht" in words(page)
    version = texts.version
    same = house.browser().get("/contract", {"from": version, "to": version})
    assert "Zwischen diesen Versionen ist der Text gleich." in words(same)
    assert house.browser().get("/contract", {"version": "0.0", "from": "<b>"}).status_int == 200


def test_security_txt_says_where_to_report(house: House) -> None:
    house.now = datetime(2026, 11, 24, 13, 31, tzinfo=UTC)
    response = house.browser().get("/.well-known/security.txt")
    assert response.content_type == "text/plain"
    fields = dict(re.findall(r"^([A-Za-z-]+): (.+)$", response.text, re.MULTILINE))
    assert fields["Contact"] == "mailto:security@example.org"
    assert fields["Canonical"] == "http://localhost/.well-known/security.txt"
    expires = datetime.fromisoformat(fields["Expires"])
    assert timedelta(days=150) < expires - house.now < timedelta(days=365)


def test_mustard_is_spent_once_a_page(house: House) -> None:
    for path in HTML:
        page = tree(house.browser().get(path))
        assert len(page.xpath("//main//*[contains(concat(' ', @class, ' '), ' go ')]")) <= 1, path
