"""What the pages of the tasks take, keep and refuse."""

from __future__ import annotations

from typing import Any

import pytest
from portal import OURS, Person, Portal, enter, task_form
from product import Product
from sqlalchemy import select
from webtest import TestResponse

from senfcall_avv.organizations.models import Answers, Application, Organization
from tests.factories.applications import FILLED


@pytest.fixture
def portal(product: Product) -> Portal:
    return Portal(product.edge)


@pytest.fixture
def ada(portal: Portal) -> Person:
    return portal.person("ada@example.org")


@pytest.fixture
def base(ada: Person) -> str:
    form = ada.get("/organizations/new").forms["form"]
    form["name"] = "Stadtgarten"
    return str(form.submit().location.removeprefix("http://localhost"))


def saved(portal: Portal, task: str) -> dict[str, Any] | None:
    return portal.read(
        lambda session: session.scalars(select(Answers.fields).where(Answers.task == task)).one_or_none()
    )


def send(person: Person, base: str, task: str, **values: Any) -> TestResponse:
    form = task_form(person.get(f"{base}/{task}"))
    enter(form, values)
    return form.submit("overview", status="*")


@pytest.mark.parametrize(
    "task", ["organization", "contact", "register", "use", "people", "privacy", "proof", "contract"]
)
def test_a_page_with_nothing_on_it_can_be_saved(portal: Portal, ada: Person, base: str, task: str) -> None:
    form = task_form(ada.get(f"{base}/{task}"))
    if task == "organization":
        form["legal_name"] = ""
    assert form.submit("save").status_int == 303
    assert not any((saved(portal, task) or {}).get(name) for name in FILLED[task] if not name.endswith("_version"))


def test_half_a_page_is_kept_and_shown_as_begun(portal: Portal, ada: Person, base: str) -> None:
    assert send(ada, base, "contact", street="Gartenweg 3", town="Darmstadt").status_int == 303
    assert (saved(portal, "contact") or {})["town"] == "Darmstadt"
    page = ada.get(base)
    assert "Angefangen" in page.lxml.xpath("string(//*[@id='task-contact-state'])")
    assert "Darmstadt" in page.text
    assert task_form(ada.get(f"{base}/contact"))["street"].value == "Gartenweg 3"


def test_a_page_that_fails_keeps_everything_that_was_typed(portal: Portal, ada: Person, base: str) -> None:
    page = send(ada, base, "contact", street="Gartenweg 3", postcode="6428", land="HE", website="x.de", phone="abc")
    assert page.status_int == 400
    form = task_form(page)
    assert {name: form[name].value for name in ("street", "postcode", "land", "website", "phone")} == {
        "street": "Gartenweg 3",
        "postcode": "6428",
        "land": "HE",
        "website": "x.de",
        "phone": "abc",
    }
    assert page.lxml.xpath("//div[@role='alert']//a/@href") == ["#form-postcode", "#form-website", "#form-phone"]
    assert page.lxml.xpath("string(//title)").startswith("Fehler: ")
    assert saved(portal, "contact") is None
    enter(form, {"postcode": "64283", "website": "", "phone": ""})
    assert form.submit("save").status_int == 303


@pytest.mark.parametrize(
    ("task", "name", "value"),
    [
        ("contact", "postcode", "64289\n1"),
        ("contact", "postcode", "٦٤٢٨٩"),
        ("contact", "postcode", "６４２８９"),
        ("contact", "postcode", "642890"),
        ("proof", "date", "29.02.2023"),
        ("proof", "date", "1.1.0"),
        ("proof", "date", "1.1.9999"),
        ("proof", "date", "2024-1-1;"),
        ("proof", "date", "31.12.1989"),
        ("proof", "year_from", "１９９９"),
        ("proof", "purpose_numbers", "1, 99"),
        ("contact", "website", "x.de"),
        ("contact", "website", 'https://x.de/"onclick='),
        ("contact", "website", "javascript:1"),
        ("contact", "website", "https://user@x.de"),
        ("contact", "website", "http://x.de"),
        ("contact", "website", "https://localhost"),
        ("contact", "email", "a@b"),
        ("contact", "email", "a@b.de,c@d.de"),
        ("contact", "email", '"x y"@b.de'),
        ("contact", "email", "a@[127.0.0.1]"),
        ("contact", "email", "a@b.de>"),
        ("contact", "email", "a" * 250 + "@b.de"),
        ("contact", "email", "a%0a@b"),
        ("register", "tax_number", "123"),
        ("register", "tax_number", "007 250 1234x"),
        ("register", "register_number", "0"),
        ("register", "business_number", "DE12"),
        ("organization", "legal_name", "x" * 201),
        ("use", "purpose", "x" * 1001),
        ("privacy", "instructors", "a\nb\nc\nd\ne\nf"),
    ],
)
def test_what_is_none_of_its_kind_is_refused_beside_its_field(
    portal: Portal, ada: Person, base: str, task: str, name: str, value: str
) -> None:
    before = saved(portal, task)
    form = task_form(ada.get(f"{base}/{task}"))
    form[name].force_value(value)
    page = form.submit("save", status="*")
    assert page.status_int == 400
    assert page.lxml.xpath("//div[@role='alert']//a/@href") == [f"#form-{name}"]
    described = page.lxml.xpath(f"string(//*[@id='form-{name}']/@aria-describedby)")
    assert f"form-{name}-error" in described.split()
    assert saved(portal, task) == before


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("A@B.DE", "a@b.de"), ("info@bücher.example", "info@xn--bcher-kva.example"), (" a@b.de ", "a@b.de")],
)
def test_addresses_have_one_spelling(portal: Portal, ada: Person, base: str, typed: str, kept: str) -> None:
    assert send(ada, base, "contact", email=typed).status_int == 303
    assert (saved(portal, "contact") or {})["email"] == kept


@pytest.mark.parametrize("typed", ["1.3.22", "01.03.2022", "2022-03-01", "1. 3. 2022"])
def test_days_are_read_as_people_write_them(portal: Portal, ada: Person, base: str, typed: str) -> None:
    form = task_form(ada.get(f"{base}/proof"))
    form["date"] = typed
    assert form.submit("overview").status_int == 303
    assert (saved(portal, "proof") or {})["date"] == "2022-03-01"
    assert task_form(ada.get(f"{base}/proof"))["date"].value == "01.03.2022"


@pytest.mark.parametrize("name", ["<b>Garten</b>", "{{7*7}}", "${7*7}", "=cmd()", 'O\'Hara & "Söhne"'])
def test_names_are_shown_as_they_were_typed(portal: Portal, ada: Person, base: str, name: str) -> None:
    assert send(ada, base, "organization", legal_name=name, legal_form="ev").status_int == 303
    for path in (
        base,
        f"{base}/answers",
        f"{base}/contract",
        "/organizations?all=1",
        base.removesuffix("/application"),
    ):
        page = ada.get(path)
        assert name in page.lxml.xpath("string(/)"), path
        assert page.lxml.xpath("//main//b[text()='Garten']") == []


@pytest.mark.parametrize("dirt", ["\x00", "\u202e", "\u2028", "\u200b", "\r\n"])
def test_nothing_invisible_gets_into_a_name(portal: Portal, ada: Person, base: str, dirt: str) -> None:
    form = task_form(ada.get(f"{base}/organization"))
    form["legal_name"].force_value(f"Gar{dirt}ten")
    page = form.submit("save", status="*")
    assert page.status_int == 400
    assert (saved(portal, "organization") or {})["legal_name"] == "Stadtgarten"


def test_fields_that_the_page_does_not_have_are_ignored(portal: Portal, ada: Person, base: str) -> None:
    form = task_form(ada.get(f"{base}/contact"))
    fields = [(name, value) for name, value in form.submit_fields() if name] + [("town", "Darmstadt")]
    extra = [
        ("role", "operator"),
        ("state", "approved"),
        ("organization_id", "x" * 22),
        ("email_confirmed", "1"),
        ("valid_until", "2099-01-01"),
        ("tax_number", "1"),
    ]
    fields = [(name, value) for name, value in fields if name != "town" or value]
    assert ada.app.post(f"{base}/contact", [*fields, *extra, ("save", "1")], headers=OURS).status_int == 303
    assert not (saved(portal, "contact") or {}).keys() & dict(extra).keys()
    row = portal.read(lambda session: session.scalars(select(Application)).one())
    assert (row.state.value, row.valid_until) == ("draft", None)


@pytest.mark.parametrize("value", ["", "off", "nein", "0", "1", "on", "True"])
def test_a_declaration_is_made_by_its_box_alone(portal: Portal, ada: Person, base: str, value: str) -> None:
    form = task_form(ada.get(f"{base}/contract"))
    fields = [(name, given) for name, given in form.submit_fields() if name and name != "text"]
    assert ada.app.post(f"{base}/contract", [*fields, ("text", value), ("save", "1")], headers=OURS).status_int == 303
    assert (saved(portal, "contract") or {})["text"] is False
    assert not task_form(ada.get(f"{base}/contract"))["text"].checked


def test_a_declaration_sent_as_a_list_is_none(portal: Portal, ada: Person, base: str) -> None:
    form = task_form(ada.get(f"{base}/contract"))
    fields = [(name, given) for name, given in form.submit_fields() if name and name != "text"]
    listed = [("__start__", "text:sequence"), ("text", "true"), ("__end__", "text:sequence")]
    assert (
        ada.app.post(f"{base}/contract", [*fields, *listed, ("save", "1")], status="*", headers=OURS).status_int == 400
    )
    assert saved(portal, "contract") is None


def test_an_unusual_number_is_asked_about_once_and_kept(portal: Portal, ada: Person, base: str) -> None:
    send(ada, base, "contact", land="SN")
    values = {"tax_number": "007 250 12345", "register_type": "VR", "court": "Darmstadt", "register_number": "1"}
    form = task_form(ada.get(f"{base}/register"))
    enter(form, values)
    answer = form.submit("save")
    assert answer.location == f"http://localhost{base}/register/"
    page = answer.follow()
    assert "ungewöhnlich" in page.text
    assert (saved(portal, "register") or {})["tax_number"] == "007 250 12345"
    assert task_form(page).submit("save").location != f"http://localhost{base}/register/"


def test_the_legal_form_decides_what_is_asked(ada: Person, base: str) -> None:
    assert "tax_number" in task_form(ada.get(f"{base}/register")).fields
    send(ada, base, "organization", legal_form="kdoer")
    fields = task_form(ada.get(f"{base}/register")).fields
    assert not {"tax_number", "tax_office", "register_number"} & fields.keys()


def test_only_germany_is_asked_about_unless_others_are_enabled(ada: Person, base: str) -> None:
    assert "country" not in task_form(ada.get(f"{base}/contact")).fields


@pytest.mark.parametrize("name", ["", " ", "x", "x" * 201, "a\u202eb"])
def test_an_organization_needs_a_real_name(portal: Portal, ada: Person, name: str) -> None:
    form = ada.get("/organizations/new").forms["form"]
    form["name"] = name
    page = form.submit(status="*")
    assert page.status_int == 400
    assert page.lxml.xpath("//div[@role='alert']//a/@href") == ["#form-name"]
    assert len(portal.read(lambda session: session.scalars(select(Organization)).all())) == 2


def test_a_double_click_makes_no_second_application(portal: Portal, ada: Person, base: str) -> None:
    home = base.removesuffix("/application")
    assert ada.post(f"{home}/apply").status_int == 303
    assert ada.post(f"{home}/apply").status_int == 303
    assert len(portal.read(lambda session: session.scalars(select(Application)).all())) == 1
