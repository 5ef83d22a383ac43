"""Files of an application: each judged by itself, none lost, none shown to others."""

from __future__ import annotations

import pytest
from portal import PDF, Person, Portal, enter, task_form, upload
from product import Product
from sqlalchemy import select

from senfcall_avv.audit.models import AuditEntry
from senfcall_avv.documents.models import Document
from senfcall_avv.organizations.models import Answers


@pytest.fixture
def portal(product: Product) -> Portal:
    return Portal(product.edge)


@pytest.fixture
def ada(portal: Portal) -> Person:
    return portal.person("ada@example.org")


@pytest.fixture
def base(portal: Portal, ada: Person) -> str:
    home = f"/organizations/{portal.organization('Stadtgarten', owner=ada)}"
    ada.post(f"{home}/apply")
    return f"{home}/application"


def documents(portal: Portal) -> list[Document]:
    return list(portal.read(lambda session: session.scalars(select(Document).order_by(Document.number)).all()))


def test_a_good_file_stays_beside_a_bad_one(portal: Portal, ada: Person, base: str) -> None:
    answer = upload(ada.get(f"{base}/proof"), ("bescheid.pdf", PDF), ("brief.pdf", b"kein PDF"), ("leer.pdf", b""))
    assert answer.location == f"http://localhost{base}/proof/#files"
    page = answer.follow()
    assert [document.accepted for document in documents(portal)] == [True, False, False]
    listed = [" ".join(row.xpath("string()").split()) for row in page.lxml.xpath("//ul[@class='uploads']/li")]
    assert len(listed) == 3
    assert "bescheid.pdf" in listed[0]
    assert "Fehler:" not in listed[0]
    assert "Fehler:" in listed[1]
    assert "leer" in listed[2]
    said = page.lxml.xpath("string(//div[@role='status'])")
    assert "1 Datei ist da." in said
    assert "2 Dateien konnten wir nicht annehmen." in said


def test_uploading_leaves_the_answers_alone(portal: Portal, ada: Person, base: str) -> None:
    form = task_form(ada.get(f"{base}/proof"))
    enter(form, {"date": "2024-03-01"})
    form.submit("overview")
    upload(ada.get(f"{base}/proof"), ("bescheid.pdf", PDF))
    kept = portal.read(lambda session: session.scalars(select(Answers).where(Answers.task == "proof")).one())
    assert (kept.fields["date"], kept.version) == ("2024-03-01", 1)


def test_nothing_chosen_says_so(portal: Portal, ada: Person, base: str) -> None:
    page = ada.post(f"{base}/proof/upload").follow()
    assert "Wähl zuerst eine Datei aus." in page.text
    assert documents(portal) == []


def test_files_are_removed_by_a_button(portal: Portal, ada: Person, base: str) -> None:
    page = upload(ada.get(f"{base}/proof"), ("bescheid.pdf", PDF), ("brief.pdf", b"kein PDF")).follow()
    for left in (1, 0):
        removing = next(form for form in page.forms.values() if str(form.action).endswith("/remove"))
        answer = removing.submit()
        assert answer.location == f"http://localhost{base}/proof#files"
        page = answer.follow()
        assert len(documents(portal)) == left


def test_a_file_is_saved_and_never_shown(portal: Portal, ada: Person, base: str) -> None:
    page = upload(ada.get(f"{base}/proof"), ("bescheid.pdf", PDF)).follow()
    (address,) = page.lxml.xpath("//ul[@class='uploads']//a/@href")
    assert address == f"{base}/documents/{documents(portal)[0].number}"
    file = ada.get(address)
    assert file.content_type == "application/pdf"
    assert file.headers["Content-Disposition"].startswith("attachment;")
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert file.headers["Cache-Control"] == "no-store"
    viewed = portal.read(
        lambda session: session.scalars(select(AuditEntry).where(AuditEntry.action == "document.viewed")).all()
    )
    assert len(viewed) == 1


@pytest.mark.parametrize("number", ["0", "01", "-1", "%D9%A3", "99", "1.pdf", "x", "9" * 30, "1/2"])
def test_other_numbers_are_no_documents(ada: Person, base: str, number: str) -> None:
    upload(ada.get(f"{base}/proof"), ("bescheid.pdf", PDF))
    ada.get(f"{base}/documents/{number}", status=404)


def test_a_power_of_attorney_is_asked_for_on_its_own_page(portal: Portal, ada: Person, base: str) -> None:
    upload(ada.get(f"{base}/people"), ("vollmacht.pdf", PDF))
    assert [document.kind.value for document in documents(portal)] == ["authority"]
    assert ada.get(f"{base}/proof").lxml.xpath("//ul[@class='uploads']/li") == []
    assert len(ada.get(f"{base}/people").lxml.xpath("//ul[@class='uploads']/li")) == 1


def test_other_pages_take_no_files(ada: Person, base: str) -> None:
    assert ada.post(f"{base}/contact/upload").status_int == 404


def test_a_file_of_one_organization_is_none_of_another(portal: Portal, ada: Person, base: str) -> None:
    upload(ada.get(f"{base}/proof"), ("bescheid.pdf", PDF))
    ben = portal.person("ben@example.org")
    home = f"/organizations/{portal.organization('Chor', owner=ben)}"
    ben.post(f"{home}/apply")
    number = documents(portal)[0].number
    ben.get(f"{home}/application/documents/{number}", status=404)
    ben.get(f"{base}/documents/{number}", status=404)
    assert ben.post(f"{home}/application/documents/{number}/remove").status_int == 404
    assert len(documents(portal)) == 1
