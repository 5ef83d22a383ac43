"""Every page of organisations × every kind of person. The expected answers are written down here by hand; the pages
are those that are configured, so that a new one without an expectation fails.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pytest
from portal import PDF, Person, Portal, upload
from product import Product

from senfcall_avv.accounts.models import Role as StaffRoleName
from senfcall_avv.accounts.models import StaffRole
from senfcall_avv.db import session_scope
from senfcall_avv.organizations import invitations
from senfcall_avv.organizations.members import Acting
from senfcall_avv.organizations.models import Role

EXPECTED = """
OrganizationResource            GET   OTD
OrganizationResource apply      POST  O
OrganizationResource history    GET   OD
OrganizationResource history.csv GET  OD
MembersResource                 GET   OTD
MembersResource invite          GET   O
MembersResource invite          POST  O
MembersResource leave           GET   OTD
MembersResource leave           POST  OTD
MemberResource                  GET   O
MemberResource                  POST  O
MemberResource remove           GET   O
MemberResource remove           POST  O
InvitationResource withdraw     POST  O
ApplicationResource             GET   OTD
ApplicationResource answers     GET   OTD
ApplicationResource submitted   GET   O
ApplicationResource status      GET   OTD
ApplicationResource outcome     GET   O
ApplicationResource withdraw    GET   O
ApplicationResource withdraw    POST  O
ApplicationResource discard     GET   O
ApplicationResource discard     POST  O
TaskResource                    GET   O
TaskResource                    POST  O
UploadTaskResource upload       POST  O
ContractTaskResource            GET   O
ContractTaskResource            POST  O
CheckTaskResource               GET   O
CheckTaskResource               POST  O
DocumentResource                GET   OD
DocumentResource remove         POST  O
""".strip().splitlines()
"""Resource, view, method, and who may: Owner, Technical, Data protection."""
DESTRUCTIVE = ("withdraw", "remove", "discard", "leave")
"""These come last, in this order, so that every other page is still there when it is asked for."""


class Cell(NamedTuple):
    """A page, and who may see it."""

    resource: str
    view: str
    method: str
    who: str

    @property
    def rank(self) -> int:
        destroys = self.view in DESTRUCTIVE and self.method == "POST"
        # A member page's own POST changes a role; it is as harmless as a page that is looked at.
        return DESTRUCTIVE.index(self.view) + 1 if destroys else 0


def cells() -> list[Cell]:
    found = []
    for line in EXPECTED:
        resource, *view, method, who = line.split()
        found.append(Cell(resource, view[0] if view else "", method, who))
    return sorted(found, key=lambda cell: cell.rank)


class Place(NamedTuple):
    """An organisation with one of everything, and its people."""

    paths: dict[str, str]
    people: dict[str, Person]


@pytest.fixture
def portal(product: Product) -> Portal:
    return Portal(product.edge)


@pytest.fixture
def place(portal: Portal) -> Place:
    owner, technical, privacy = (portal.person(f"{name}@example.org") for name in ("owner", "technical", "privacy"))
    outsider = portal.person("outsider@example.org")
    portal.organization("Other", owner=outsider)
    reviewer = portal.person("reviewer@example.org")
    organization_id = portal.organization("Here", owner=owner, technical=technical, privacy=privacy)
    now = portal.registry["avv.clock"]()
    with session_scope(portal.factory) as session:
        session.add(StaffRole(account_id=reviewer.account.id, role=StaffRoleName.REVIEWER, created_at=now))
        invitation = invitations.invite(
            session,
            portal.registry["avv.settings"],
            organization_id=organization_id,
            acting=Acting(owner.account.id, Role.OWNER),
            address="gast@example.org",
            role=Role.PRIVACY,
            line="",
            language="de",
            now=now,
        )
    reviewer.log_in(second_factor=True)
    home = f"/organizations/{organization_id}"
    owner.post(f"{home}/apply")
    upload(owner.get(f"{home}/application/proof"), ("bescheid.pdf", PDF))
    application = f"{home}/application"
    return Place(
        {
            "OrganizationResource": home,
            "MembersResource": f"{home}/members",
            "MemberResource": f"{home}/members/{technical.account.id}",
            "InvitationResource": f"{home}/members/invitations/{invitation.id}",
            "ApplicationResource": application,
            "TaskResource": f"{application}/contact",
            "UploadTaskResource": f"{application}/proof",
            "ContractTaskResource": f"{application}/contract",
            "CheckTaskResource": f"{application}/check",
            "DocumentResource": f"{application}/documents/1",
        },
        {"O": owner, "T": technical, "D": privacy, "outsider": outsider, "reviewer": reviewer},
    )


def configured(portal: Portal) -> set[tuple[str, str, str]]:
    """Give the pages of organisations as they are configured: resource, view, method."""
    found = set()
    for row in portal.registry.introspector.get_category("views"):
        view: Any = row["introspectable"]
        context = view["context"]
        if getattr(context, "__module__", "") != "senfcall_avv.organizations.resources":
            continue
        methods = view["request_methods"] or ("GET",)
        for method in (methods,) if isinstance(methods, str) else methods:
            if method != "HEAD":
                found.add((context.__name__, view["name"], method))
    return found


def test_every_page_has_an_expected_answer(portal: Portal) -> None:
    """Of the list of all organisations everybody sees his own; the rest is in the table above."""
    listed = {(cell.resource, cell.view, cell.method) for cell in cells()}
    everybodys = {("OrganizationsResource", "", "GET")} | {
        ("OrganizationsResource", "new", method) for method in ("GET", "POST")
    }
    assert configured(portal) == listed | everybodys


def ask(person: Person, cell: Cell, paths: dict[str, str], token: str) -> tuple[int, bytes]:
    path = f"{paths[cell.resource]}/{cell.view}".rstrip("/")
    if cell.method == "GET":
        answer = person.app.get(path, status="*")
    else:
        answer = person.app.post(path, {"csrf_token": token}, headers={"Origin": "http://localhost"}, status="*")
    return answer.status_int, answer.body


@pytest.mark.parametrize("letter", ["T", "D", "O"])
def test_members_may_what_their_role_may(portal: Portal, place: Place, letter: str) -> None:
    person = place.people[letter]
    token = person.token()
    wrong = []
    for cell in cells():
        status, _body = ask(person, cell, place.paths, token)
        # An outcome exists after a decision only: to those who may, it is not there yet.
        fine = {200, 303, 400, 404} if cell.view == "outcome" else {200, 303, 400}
        if status not in (fine if letter in cell.who else {403}):
            wrong.append((*cell, status))
        if (cell.view, cell.method) == ("leave", "POST"):
            break
    assert wrong == []


@pytest.mark.parametrize("who", ["outsider", "reviewer"])
def test_to_others_there_is_no_such_organization(portal: Portal, place: Place, who: str) -> None:
    """Nothing distinguishes it from one that does not exist, not even the page."""
    person = place.people[who]
    token = person.token()
    elsewhere = {
        name: path.replace(place.paths["OrganizationResource"], f"/organizations/{'x' * 22}")
        for name, path in place.paths.items()
    }
    for cell in cells():
        status, body = ask(person, cell, place.paths, token)
        other_status, other_body = ask(person, cell, elsewhere, token)
        assert status == other_status == 404, cell
        assert without_reference(body) == without_reference(other_body), cell


def without_reference(body: bytes) -> bytes:
    """Give a page without what each answer has of its own: its reference, and where it is."""
    text = re.sub(rb"<code[^>]*>[0-9A-F]{4}-[0-9A-F]{4}</code>", b"", body)
    return re.sub(rb'name="(?:to|csrf_token)" value="[^"]*"', b"", text)


def test_strangers_log_in_first_whatever_they_ask_for(portal: Portal, place: Place) -> None:
    app = portal.stranger()
    for cell in cells():
        if cell.method != "GET":
            continue
        path = f"{place.paths[cell.resource]}/{cell.view}".rstrip("/")
        answers = [
            app.get(at, status="*")
            for at in (path, path.replace(place.paths["OrganizationResource"], f"/organizations/{'x' * 22}"))
        ]
        assert answers[0].status_int == answers[1].status_int
        assert answers[0].status_int in {303, 403}, (cell, answers[0].status)


@pytest.mark.parametrize(
    "name",
    ["1", "-1", "%D9%A3", "x" * 10_000, "x" * 21, "x" * 23, "x" * 22, "..%2Freview", "%20" * 22, "'" * 22],
)
def test_a_name_that_is_no_organizations_is_not_there(portal: Portal, name: str) -> None:
    person = portal.person()
    assert person.get(f"/organizations/{name}", status="*").status_int in {400, 404, 414}
    assert person.get(f"/organizations/{name}/application", status="*").status_int in {400, 404, 414}


def test_technical_people_see_answers_but_no_documents(portal: Portal, place: Place) -> None:
    answers = {
        letter: place.people[letter].get(f"{place.paths['ApplicationResource']}/answers").text for letter in "OTD"
    }
    assert "bescheid.pdf" in answers["O"]
    assert "bescheid.pdf" in answers["D"]
    assert "bescheid.pdf" not in answers["T"]


def test_a_refusal_inside_ones_organization_says_who_may(portal: Portal, place: Place) -> None:
    page = place.people["T"].get(f"{place.paths['MembersResource']}/invite", status=403)
    assert "Verwaltung" in page.text
    assert place.people["O"].account.name in page.text
