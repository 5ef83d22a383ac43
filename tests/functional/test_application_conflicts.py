"""Two people, two tabs, and a text that changes in between: nothing is lost, and nothing is agreed to unseen."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from portal import Person, Portal, enter, fill_everything, submit_application, task_form
from product import Product
from sqlalchemy import select

from senfcall_avv.organizations.models import Answers, Application
from tests.factories.applications import FILLED

CONTRACTS = Path(__file__).parents[2] / "contracts"


@pytest.fixture
def portal(product: Product) -> Portal:
    return Portal(product.edge)


@pytest.fixture
def ada(portal: Portal) -> Person:
    return portal.person("ada@example.org")


@pytest.fixture
def ben(portal: Portal) -> Person:
    return portal.person("ben@example.org")


@pytest.fixture
def base(portal: Portal, ada: Person, ben: Person) -> str:
    """The draft of an organisation that both run."""
    home = f"/organizations/{portal.organization('Stadtgarten', owner=ada)}"
    assert ada.post(f"{home}/apply").status_int == 303
    from senfcall_avv.db import session_scope
    from senfcall_avv.organizations.models import Membership, Role

    with session_scope(portal.factory) as session:
        session.add(
            Membership(
                organization_id=home.rpartition("/")[2],
                account_id=ben.account.id,
                role=Role.OWNER,
                created_at=portal.registry["avv.clock"](),
            )
        )
    return f"{home}/application"


def town(portal: Portal) -> object:
    rows = portal.read(lambda session: session.scalars(select(Answers.fields).where(Answers.task == "contact")).all())
    return rows[0]["town"] if rows else None


def test_of_two_tabs_the_second_is_shown_the_difference_and_keeps_its_own(
    portal: Portal, ada: Person, ben: Person, base: str
) -> None:
    one, two = task_form(ada.get(f"{base}/contact")), task_form(ben.get(f"{base}/contact"))
    enter(one, {"town": "Darmstadt", "street": "Gartenweg 3"})
    assert one.submit("save").status_int == 303
    enter(two, {"town": "Berlin", "street": "Gartenweg 3"})
    page = two.submit("save", status="*")
    assert page.status_int == 409
    warning = page.lxml.xpath("string(//section[@role='alert'])")
    assert "Darmstadt" in warning
    assert ada.account.name in warning
    assert "Gartenweg 3" not in warning
    assert task_form(page)["town"].value == "Berlin"
    assert town(portal) == "Darmstadt"
    assert task_form(page).submit("save").status_int == 303
    assert town(portal) == "Berlin"


def test_two_people_work_on_two_tasks(portal: Portal, ada: Person, ben: Person, base: str) -> None:
    one, two = task_form(ada.get(f"{base}/contact")), task_form(ben.get(f"{base}/use"))
    enter(one, {"town": "Darmstadt"})
    enter(two, {"purpose": "Vorstand"})
    assert one.submit("save").status_int == 303
    assert two.submit("save").status_int == 303
    assert "von Person" in " ".join(ada.get(base).lxml.xpath("string(//aside)").split())


@pytest.mark.parametrize("seen", ["", "x", "-1", "٣", "9" * 30])
def test_a_version_that_no_page_had_saves_nothing(portal: Portal, ada: Person, base: str, seen: str) -> None:
    form = task_form(ada.get(f"{base}/contact"))
    enter(form, {"town": "Darmstadt"})
    form["seen"].force_value(seen)
    answer = form.submit("save", status="*")
    assert (answer.status_int, town(portal)) in {(400, None), (303, "Darmstadt")}
    assert answer.status_int == 400 or not seen


def test_what_changed_since_it_was_shown_is_not_sent(portal: Portal, ada: Person, ben: Person, base: str) -> None:
    fill_everything(ada, base)
    check = ada.get(f"{base}/check")
    form = task_form(ben.get(f"{base}/contact"))
    enter(form, {"street": "Anderswo 1"})
    assert form.submit("save").status_int == 303
    sending = next(form for form in check.forms.values() if "text" in form.fields)
    page = sending.submit(status="*")
    assert page.status_int == 409
    assert "abgeschickt ist nichts" in page.text
    assert "Anderswo 1" in page.text
    again = next(form for form in page.forms.values() if "text" in form.fields)
    assert again.submit().location == f"http://localhost{base}/submitted"


@pytest.mark.parametrize("shown", ["", "0" * 64, "x"])
def test_a_checksum_that_was_not_shown_sends_nothing(portal: Portal, ada: Person, base: str, shown: str) -> None:
    fill_everything(ada, base)
    assert ada.post(f"{base}/check", {"text": shown}).status_int == 409
    assert portal.read(lambda session: session.scalars(select(Application)).one()).number is None


def test_sent_twice_it_is_sent_once(portal: Portal, ada: Person, ben: Person, base: str) -> None:
    fill_everything(ada, base)
    pages = ada.get(f"{base}/check"), ben.get(f"{base}/check")
    first, second = (next(form for form in page.forms.values() if "text" in form.fields) for page in pages)
    assert first.submit().location == f"http://localhost{base}/submitted"
    assert second.submit().location == f"http://localhost{base}/status"
    assert len(portal.mails("submitted")) == 2
    assert portal.read(lambda session: session.scalars(select(Application)).one()).number == "2026-0001"


def test_a_page_left_open_over_the_sending_changes_nothing(portal: Portal, ada: Person, ben: Person, base: str) -> None:
    fill_everything(ada, base)
    late = task_form(ben.get(f"{base}/contact"))
    submit_application(ada, base)
    enter(late, {"town": "Berlin"})
    answer = late.submit("save")
    assert answer.location == f"http://localhost{base}/status"
    assert "schon abgeschickt" in answer.follow().text
    assert town(portal) == FILLED["contact"]["town"]
    assert ben.get(f"{base}/contact").location == f"http://localhost{base}/status"


def test_a_new_text_asks_for_new_ticks(
    ini: dict[str, str], portal: Portal, ada: Person, base: str, tmp_path: Path
) -> None:
    from datetime import date

    from senfcall_avv.contracts.texts import read_texts

    fill_everything(ada, base)
    folder = tmp_path / "contracts"
    shutil.copytree(CONTRACTS, folder)
    shutil.copytree(folder / "1.0", folder / "1.1")
    manifest = folder / "1.1" / "contract.toml"
    manifest.write_text(manifest.read_text().replace('version = "1.0"', 'version = "1.1"', 1))
    portal.registry["avv.contract_texts"] = read_texts(folder, date(2026, 11, 2))
    page = ada.get(base)
    assert "Bitte ändern" in page.lxml.xpath("string(//*[@id='task-contract-state'])")
    page = ada.get(f"{base}/contract")
    assert "Der Text ist neu" in page.text
    form = task_form(page)
    assert not form["text"].checked
    enter(form, FILLED["contract"])
    assert form.submit("save").location == f"http://localhost{base}/check"
    submit_application(ada, base)
    assert portal.read(lambda session: session.scalars(select(Application)).one()).text_version == "1.1"
