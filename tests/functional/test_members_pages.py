"""Inviting, joining, leaving: the people of an organisation and their pages."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from portal import Person, Portal
from product import Product
from sqlalchemy import select
from webtest import TestResponse

from senfcall_avv.organizations.models import Invitation, Membership, Role


@pytest.fixture
def portal(product: Product) -> Portal:
    return Portal(product.edge)


@pytest.fixture
def ada(portal: Portal) -> Person:
    return portal.person("ada@example.org")


@pytest.fixture
def home(portal: Portal, ada: Person) -> str:
    return f"/organizations/{portal.organization('Stadtgarten', owner=ada)}"


def invite(
    person: Person, home: str, email: str = "gast@example.org", role: str = "technical", line: str = ""
) -> TestResponse:
    form = person.get(f"{home}/members/invite").forms["form"]
    form["email"], form["form-role"], form["line"] = email, role, line
    return form.submit(status="*")


def link(portal: Portal) -> str:
    """Give the path of the newest invitation's link."""
    at = urlsplit(portal.mails("invitation")[-1][1]["link"])
    assert at.netloc == "localhost"
    return f"{at.path}?{at.query}"


def roles(portal: Portal, home: str) -> dict[str, Role]:
    rows = portal.read(
        lambda session: session.scalars(
            select(Membership).where(Membership.organization_id == home.rpartition("/")[2])
        ).all()
    )
    return {row.account_id: row.role for row in rows}


def test_an_invited_person_joins_with_one_button(portal: Portal, ada: Person, home: str) -> None:
    assert invite(ada, home, "Gast@example.org", line="Bis bald").status_int == 303
    ((to, values),) = portal.mails("invitation")
    assert (to, values["role"], values["inviter_role"], values["line"]) == (
        "gast@example.org",
        "Technik",
        "Verwaltung",
        "Bis bald",
    )
    assert "gast@example.org" in ada.get(f"{home}/members").text
    guest = portal.person("gast@example.org")
    page = guest.get(link(portal))
    assert "Stadtgarten" in page.text
    assert "Technik" in page.text
    assert roles(portal, home).keys() == {ada.account.id}
    form = next(form for form in page.forms.values() if "token" in form.fields)
    answer = form.submit("accept")
    assert answer.location == f"http://localhost{home}"
    assert roles(portal, home)[guest.account.id] is Role.TECHNICAL
    assert {to for to, _ in portal.mails("member_added")} == {"ada@example.org", "gast@example.org"}
    guest.get(link(portal), status=404)


def test_opening_the_link_changes_nothing_and_needs_no_account(portal: Portal, ada: Person, home: str) -> None:
    invite(ada, home)
    page = portal.stranger().get(link(portal))
    assert "Stadtgarten" in page.text
    assert page.lxml.xpath("//main//form") == []
    (login,) = page.lxml.xpath("//main//a[text()='Anmelden']/@href")
    assert login.startswith("/login?next=%2Finvitation%3Ftoken%3D")
    assert portal.read(lambda session: session.scalars(select(Invitation)).one()).ended_at is None


def test_an_invitation_used_by_another_account_tells_and_does_nothing(portal: Portal, ada: Person, home: str) -> None:
    invite(ada, home)
    other = portal.person("other@example.org")
    page = other.get(link(portal))
    assert "Stadtgarten" not in page.text
    assert "andere Adresse" in page.text
    token = link(portal).partition("=")[2]
    assert other.post("/invitation", {"token": token, "accept": "1"}).status_int == 303
    assert other.account.id not in roles(portal, home)


def test_an_invitation_can_be_declined_and_taken_back(portal: Portal, ada: Person, home: str) -> None:
    guest = portal.person("gast@example.org")
    invite(ada, home)
    page = guest.get(link(portal))
    next(form for form in page.forms.values() if "token" in form.fields).submit("decline")
    guest.get(link(portal), status=404)
    invite(ada, home)
    page = ada.get(f"{home}/members")
    taking = next(form for form in page.forms.values() if str(form.action).endswith("/withdraw"))
    assert taking.submit().status_int == 303
    guest.get(link(portal), status=404)
    assert roles(portal, home).keys() == {ada.account.id}


def test_a_raised_role_in_the_answer_is_ignored(portal: Portal, ada: Person, home: str) -> None:
    invite(ada, home, role="privacy")
    guest = portal.person("gast@example.org")
    token = link(portal).partition("=")[2]
    guest.post("/invitation", {"token": token, "accept": "1", "role": "owner", "organization_id": "x"})
    assert roles(portal, home)[guest.account.id] is Role.PRIVACY


def test_the_twenty_first_invitation_says_so(portal: Portal, ada: Person, home: str) -> None:
    for number in range(20):
        assert invite(ada, home, f"gast{number}@example.org").status_int == 303
    page = invite(ada, home, "noch-einer@example.org")
    assert page.status_int == 400
    assert "Morgen geht es weiter" in page.text
    assert page.forms["form"]["email"].value == "noch-einer@example.org"


def test_a_name_that_would_be_a_link_is_none_in_the_mail(portal: Portal, ada: Person) -> None:
    home = f"/organizations/{portal.organization('Rechnung offen: http://evil.example.org', owner=ada)}"
    invite(ada, home, line="Siehe https://evil.example.org/x")
    ((_to, values),) = portal.mails("invitation")
    assert "http://" not in values["organization"]
    assert "https://" not in values["line"]


@pytest.mark.parametrize(
    ("email", "role", "target"),
    [
        ("ada@example.org", "privacy", "#form-email"),
        ("a@b", "privacy", "#form-email"),
        ("", "privacy", "#form-email"),
        ("gast@example.org", "operator", "#form-role-0"),
    ],
)
def test_what_cannot_be_invited_is_said_at_its_field(
    portal: Portal, ada: Person, home: str, email: str, role: str, target: str
) -> None:
    form = ada.get(f"{home}/members/invite").forms["form"]
    form["email"] = email
    form["form-role"].force_value(role)
    page = form.submit(status="*")
    assert page.status_int == 400
    assert page.lxml.xpath("//div[@role='alert']//a/@href") == [target]
    assert portal.mails("invitation") == []


def test_the_last_owner_stays_and_is_told_the_way(portal: Portal, ada: Person, home: str) -> None:
    page = ada.get(f"{home}/members")
    assert "letzte Person mit der Rolle" in page.text
    assert ada.post(f"{home}/members/leave").follow().text.count("Gebt die Rolle zuerst noch jemandem") == 1
    mine = f"{home}/members/{ada.account.id}"
    assert ada.post(f"{mine}/remove").status_int == 303
    form = ada.get(mine).forms["form"]
    form["form-role"] = "privacy"
    page = form.submit(status="*")
    assert page.status_int == 400
    assert "Gebt die Rolle zuerst noch jemandem" in page.text
    assert roles(portal, home) == {ada.account.id: Role.OWNER}
    assert "Gebt die" in ada.get(f"{home}/members/leave").text


def test_an_owner_changes_roles_and_removes_people(portal: Portal, ada: Person) -> None:
    ben = portal.person("ben@example.org")
    home = f"/organizations/{portal.organization('Chor', owner=ada, technical=ben)}"
    theirs = f"{home}/members/{ben.account.id}"
    form = ada.get(theirs).forms["form"]
    assert form["form-role"].value == "technical"
    form["form-role"] = "owner"
    assert form.submit().location == f"http://localhost{home}/members/"
    assert roles(portal, home)[ben.account.id] is Role.OWNER
    assert [values["role"] for _, values in portal.mails("role_changed")] == ["Verwaltung"]
    assert ben.post(f"{home}/members/{ada.account.id}/remove").status_int == 303
    assert roles(portal, home) == {ben.account.id: Role.OWNER}
    ada.get(home, status=404)
    assert [to for to, _ in portal.mails("member_removed")] == ["ada@example.org"]


def test_everybody_may_leave_but_the_last_owner(portal: Portal, ada: Person) -> None:
    ben = portal.person("ben@example.org")
    home = f"/organizations/{portal.organization('Chor', owner=ada, privacy=ben)}"
    page = ben.get(f"{home}/members/leave")
    assert next(form for form in page.forms.values() if form.action == "").submit().status_int == 303
    assert roles(portal, home) == {ada.account.id: Role.OWNER}


def test_changing_people_asks_for_the_password_after_a_while(portal: Portal, ada: Person, home: str) -> None:
    now = portal.registry["avv.clock"]()
    portal.registry["avv.clock"] = lambda: now + timedelta(minutes=6)
    mine = f"{home}/members/{ada.account.id}"
    for path in (f"{home}/members/invite", mine, f"{mine}/remove"):
        answer = ada.get(path)
        assert answer.status_int == 303
        assert answer.location.startswith("http://localhost/login/confirm?")
    answer = ada.post(mine, {"role": "privacy"})
    assert answer.location.startswith("http://localhost/login/confirm?")
    assert ada.get(f"{home}/members").status_int == 200


def test_without_an_organization_one_is_made_or_waited_for(portal: Portal, ada: Person) -> None:
    page = ada.get("/organizations")
    assert "Du gehörst noch zu keiner Organisation." in page.text
    assert "ada@example.org" in page.text


def test_one_organization_is_the_front_page_and_several_are_a_list(portal: Portal, ada: Person, home: str) -> None:
    assert ada.get("/organizations").location == f"http://localhost{home}"
    assert "Stadtgarten" in ada.get("/organizations?all=1").text
    portal.organization("Chor", technical=ada)
    text = ada.get("/organizations").text
    assert "Stadtgarten" in text
    assert "Chor" in text


def test_the_history_tells_who_did_what(portal: Portal, ada: Person, home: str) -> None:
    ada.post(f"{home}/apply")
    invite(ada, home)
    text = " ".join(ada.get(f"{home}/history").lxml.xpath("string(//main)").split())
    assert "Verwaltung hat einen Antrag begonnen." in text
    assert "Jemand wurde eingeladen, als Technik." in text
    only = " ".join(ada.get(f"{home}/history?topic=member").lxml.xpath("string(//ol[@class='line'])").split())
    assert "eingeladen" in only
    assert "Antrag" not in only
    table = ada.get(f"{home}/history.csv")
    assert table.content_type == "text/csv"
    rows = table.body.decode("utf-8-sig").split("\r\n")
    assert rows[0] == '"Zeit (UTC)","Wer","Was"'
    assert any(row.endswith('"Verwaltung","Jemand wurde eingeladen, als Technik."') for row in rows)


def test_the_history_has_pages(portal: Portal, ada: Person, home: str) -> None:
    for number in range(19):
        invite(ada, home, f"gast{number}@example.org")
    for _ in range(9):
        page = ada.get(f"{home}/members")
        next(form for form in page.forms.values() if str(form.action).endswith("/withdraw")).submit()
    page = ada.get(f"{home}/history")
    assert len(page.lxml.xpath("//ol[@class='line']/li")) == 25
    older = page.click("Ältere zeigen")
    assert len(older.lxml.xpath("//ol[@class='line']/li")) == 3
    ada.get(f"{home}/history?before=x&topic=%00")
