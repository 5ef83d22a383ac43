"""The whole way of an application, page by page, as its people go it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from portal import Person, Portal, fill_everything, submit_application, task_form
from product import Product
from sqlalchemy import select

from senfcall_avv.audit.services import verify
from senfcall_avv.db import session_scope
from senfcall_avv.organizations.lifecycle import State
from senfcall_avv.organizations.models import Application
from tests.factories.applications import FILLED

NAME = "Stadtgarten Beispielhausen e. V."


@pytest.fixture
def portal(product: Product) -> Portal:
    return Portal(product.edge)


@pytest.fixture
def ada(portal: Portal) -> Person:
    return portal.person("ada@example.org")


def begin(person: Person, name: str = NAME) -> str:
    """Make an organisation as a person does; give the path of its application."""
    form = person.get("/organizations").click("Organisation anlegen").forms["form"]
    form["name"] = name
    answer = form.submit()
    assert answer.status_int == 303
    return str(answer.location.removeprefix("http://localhost"))


def sent(person: Person) -> str:
    """Go the whole way to a sent application; give its path."""
    base = begin(person)
    fill_everything(person, base)
    assert submit_application(person, base).status_int == 303
    return base


def state_of(portal: Portal) -> list[State]:
    return list(
        portal.read(lambda session: session.scalars(select(Application.state).order_by(Application.created_at)))
    )


def press(person: Person, path: str) -> None:
    """Press the one button of a page that asks whether it is meant."""
    page = person.get(path)
    assert next(form for form in page.forms.values() if form.action == "").submit().status_int == 303


def test_from_a_name_to_a_number(portal: Portal, ada: Person) -> None:
    base = begin(ada)
    assert "0 von 9" in ada.get(base).lxml.xpath("string(//main)").replace("\n", " ")
    fill_everything(ada, base)
    assert "8 von 9" in " ".join(ada.get(base).lxml.xpath("string(//main)").split())
    page = submit_application(ada, base).follow()
    text = " ".join(page.lxml.xpath("string(//main)").split())
    assert "Euer Antrag ist da" in text
    assert "Nummer 2026-0001, eingereicht am" in text
    assert "ada@example.org" in text
    assert ada.get(f"{base}/submitted").text == page.text
    assert [to for to, _ in portal.mails("submitted")] == ["ada@example.org"]
    ((_to, values),) = portal.mails("submitted")
    assert values["number"] == "2026-0001"
    assert values["link"] == f"http://localhost{base}/status"
    assert portal.read(verify) is None


def test_the_tasks_lead_from_one_to_the_next(ada: Person) -> None:
    base = begin(ada)
    page = ada.get(base).click("Name und Rechtsform angeben")
    form = task_form(page)
    assert form["legal_name"].value == NAME
    form["legal_form"] = "ev"
    answer = form.submit("save")
    assert answer.location == f"http://localhost{base}/contact"
    assert "Gespeichert." in answer.follow().text
    assert task_form(ada.get(f"{base}/use")).submit("overview").location == f"http://localhost{base}/"


def test_everything_is_shown_before_it_is_sent(ada: Person) -> None:
    base = begin(ada)
    fill_everything(ada, base)
    text = " ".join(ada.get(f"{base}/check").lxml.xpath("string(//main)").split())
    for shown in (
        "Stadtgarten Beispielhausen e. V.",
        "eingetragener Verein (e. V.)",
        "007 250 12345",
        "Ada Beispiel",
        "01.03.2024",
        "Gültig bis 01.03.2029",
        "bescheid.pdf",
        "1 Seite",
    ):
        assert shown in text, shown


def test_the_check_opens_when_all_else_is_done(ada: Person) -> None:
    base = begin(ada)
    page = ada.get(base)
    assert page.lxml.xpath("//*[@id='task-check-state']/..//a") == []
    assert ada.get(f"{base}/check").location == f"http://localhost{base}/"
    assert ada.post(f"{base}/check", {"text": "0" * 64}).location == f"http://localhost{base}/"


def test_one_next_step_on_the_way(portal: Portal, ada: Person) -> None:
    base = begin(ada)
    home = base.removesuffix("/application")

    def step() -> str:
        return str(ada.get(home).lxml.xpath("string(//section[@class='next']//h2)"))

    assert step() == "Weiter mit: Name und Rechtsform"
    fill_everything(ada, base)
    assert step() == "Weiter mit: Angaben prüfen"
    submit_application(ada, base)
    assert step() == "Wir lesen euren Antrag. Ihr müsst nichts tun."
    assert len(ada.get(home).lxml.xpath("//section[@class='next']")) == 1
    press(ada, f"{base}/withdraw")
    assert step() == "Zurzeit läuft kein Antrag."
    with session_scope(portal.factory) as session:
        row = session.scalars(select(Application)).one()
        row.state, row.reason = State.DECLINED, "proof_illegible"
    assert step() == "Euer Antrag wurde nicht angenommen."


def test_taking_back_and_applying_again(portal: Portal, ada: Person) -> None:
    base = sent(ada)
    page = ada.get(f"{base}/status").click("Antrag zurückziehen")
    assert "löschen wir am" in page.text
    press(ada, f"{base}/withdraw")
    assert state_of(portal) == [State.WITHDRAWN]
    assert [to for to, _ in portal.mails("withdrawn")] == ["ada@example.org"]
    page = ada.get(f"{base}/status")
    again = next(form for form in page.forms.values() if str(form.action).endswith("/apply"))
    assert again.submit().location == f"http://localhost{base}"
    assert state_of(portal) == [State.WITHDRAWN, State.DRAFT]
    form = task_form(ada.get(f"{base}/register"))
    assert form["tax_number"].value == FILLED["register"]["tax_number"]
    contract = task_form(ada.get(f"{base}/contract"))
    assert not any(contract[name].checked for name in ("authority", "text", "terms", "truth", "own_frontend"))
    assert ada.get(f"{base}/proof").lxml.xpath("//ul[@class='uploads']/li") == []


def test_a_discarded_draft_leaves_the_organization(portal: Portal, ada: Person) -> None:
    base = begin(ada)
    home = base.removesuffix("/application")
    press(ada, f"{base}/discard")
    assert state_of(portal) == []
    assert ada.get(base, status=404)
    page = ada.get(home)
    assert "Zurzeit läuft kein Antrag." in page.text
    start = next(form for form in page.forms.values() if str(form.action).endswith("/apply"))
    assert start.submit().location == f"http://localhost{base}"


def test_a_refusal_says_what_would_help(portal: Portal, ada: Person) -> None:
    base = sent(ada)
    with session_scope(portal.factory) as session:
        row = session.scalars(select(Application)).one()
        row.state, row.reason, row.reason_text = State.DECLINED, "proof_illegible", "Seite 2 fehlt."
        row.decided_at = portal.registry["avv.clock"]() - timedelta(days=1)
    page = ada.get(base).follow()
    assert page.request.path == f"{base}/outcome"
    for words in ("Die Datei ist unvollständig", "Seite 2 fehlt.", "Ein Scan aller Seiten als PDF.", "neu beantragen"):
        assert words in page.text
    with session_scope(portal.factory) as session:
        row = session.scalars(select(Application)).one()
        row.reason, row.reason_text, row.help_text = "misuse", "Eigene Worte.", ""
    page = ada.get(f"{base}/outcome")
    assert "Eigene Worte." in page.text
    assert "neu beantragen" not in page.text


def test_there_is_no_outcome_before_a_decision(ada: Person) -> None:
    base = sent(ada)
    ada.get(f"{base}/outcome", status=404)


def test_the_time_line_tells_nothing_from_inside(portal: Portal, ada: Person) -> None:
    base = sent(ada)
    with session_scope(portal.factory) as session:
        row = session.scalars(select(Application)).one()
        row.state = State.DEFERRED
    page = ada.get(f"{base}/status")
    assert "In Prüfung" in page.text
    assert len(page.lxml.xpath("//ol[@class='line']/li")) == 2
    assert "zurückgestellt" not in page.text.lower()


def test_pages_come_in_english(ada: Person) -> None:
    base = sent(ada)
    home = base.removesuffix("/application")
    assert ada.get(home).forms[0].submit("language", value="en").status_int == 303
    for path, words in {
        home: "We are reading your application. Nothing to do for you.",
        f"{base}/status": "Your application is waiting to be read.",
        f"{base}/answers": "registered association (e. V.)",
        f"{home}/members": "May do everything: application, contract, access, members.",
        f"{home}/history": "Administration submitted application 2026-0001.",
        "/organizations/new": "Exactly as in the register",
    }.items():
        page = ada.get(path)
        assert words in page.text, path
        assert page.lxml.xpath("string(/html/@lang)") == "en"
