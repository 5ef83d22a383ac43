"""Driving the portal as people do: with a browser of their own, links and forms."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Self, TypeVar

from sqlalchemy import event, select
from sqlalchemy.orm import Session
from webtest import Form, TestApp, TestResponse, Upload

from senfcall_avv.accounts import sessions
from senfcall_avv.accounts.client import Client
from senfcall_avv.accounts.models import Account, Stage
from senfcall_avv.db import session_scope
from senfcall_avv.edge import Edge
from senfcall_avv.mail.models import OutgoingMail
from senfcall_avv.mail.services import values_of
from senfcall_avv.organizations.models import Membership, Organization, Role
from senfcall_avv.organizations.services import create_organization
from tests.factories.applications import FILLED, make_account

OURS = {"Origin": "http://localhost"}
"""What a browser says about a form of ours."""
Result = TypeVar("Result")
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\nxref\n0 4\n0000000000 65535 f \n"
    b"0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \ntrailer<</Size 4/Root 1 0 R>>\n"
    b"startxref\n164\n%%EOF\n"
)
"""A whole, empty page."""


class Portal:
    """The application, and the people in front of it."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.registry: Any = edge.registry
        self.factory = self.registry["avv.session_factory"]

    def stranger(self) -> TestApp:
        """Give a browser that nobody has logged in with."""
        return TestApp(self.edge)

    def person(self, email: str | None = None, **more: Any) -> Person:
        """Give somebody with a confirmed account, logged in."""
        with session_scope(self.factory) as session:
            account = make_account(session, email, **more)
        return Person(self, account)

    def organization(self, name: str, **roles: Person) -> str:
        """Make an organisation with people by role (``owner technical privacy``); give its id."""
        now = self.registry["avv.clock"]()
        with session_scope(self.factory) as session:
            organization = create_organization(session, name)
            for role, person in roles.items():
                session.add(
                    Membership(
                        organization_id=organization.id, account_id=person.account.id, role=Role(role), created_at=now
                    )
                )
        return organization.id

    def read(self, function: Callable[[Session], Result]) -> Result:
        """Look into the database."""
        with session_scope(self.factory, write=False) as session:
            return function(session)

    def mails(self, message: str) -> list[tuple[str, dict[str, str]]]:
        """Give the mails of a kind that wait to be sent: to whom, with which values."""
        ring = self.registry["avv.key_ring"]
        with session_scope(self.factory, write=False) as session:
            rows = session.scalars(
                select(OutgoingMail).where(OutgoingMail.message == message).order_by(OutgoingMail.created_at)
            ).all()
            return [(row.recipient, values_of(ring, row) or {}) for row in rows]


class Person:
    """Somebody with a browser that is logged in."""

    def __init__(self, portal: Portal, account: Account) -> None:
        self.portal, self.account = portal, account
        self.app = TestApp(portal.edge)
        self.log_in()

    def log_in(self, *, second_factor: bool = False) -> None:
        """Begin a log-in, as the pages for it would after the right proofs."""
        now = self.portal.registry["avv.clock"]()
        client = Client(network="192.0.2.0/24", device="Browser", browser="0" * 64)
        with session_scope(self.portal.factory) as session:
            value = sessions.start(
                session, self.account.id, client, now, stage=Stage.COMPLETE, second_factor=second_factor
            )
        self.app.set_cookie("session", value)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.app.get(path, **more)

    def post(self, path: str, fields: dict[str, Any] | None = None, status: Any = "*", **more: Any) -> TestResponse:
        """Send a form by hand, with the token that our forms have."""
        filled = {"csrf_token": self.token(), **(fields or {})}
        return self.app.post(path, filled, headers=OURS, status=status, **more)

    def token(self) -> str:
        """Give the token of this browser's forms, as any page with one has it."""
        page = self.app.get("/organizations/new")
        found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert found
        return found[1]


def task_form(page: TestResponse) -> Form:
    """Give the form of a task's fields."""
    form = page.forms["form"]
    assert isinstance(form, Form)
    return form


def enter(form: Form, values: dict[str, Any]) -> None:
    """Fill fields in by the names of the answers."""
    for name, value in values.items():
        if name in {"text_version", "terms_version"}:
            continue
        if name == "date":
            year, month, day = value.split("-")
            form[name] = f"{day}.{month}.{year}"
        elif isinstance(value, bool):
            form[name].checked = value
        elif isinstance(value, list):
            _tick(form, name, value)
        else:
            _field(form, name).force_value(value)


def _field(form: Form, name: str) -> Any:
    """Give a text field or select by its name, radios by the id of their group."""
    return form[name] if name in form.fields else form[f"form-{name}"]


def _tick(form: Form, name: str, values: list[str]) -> None:
    for box in form.fields["checkbox"]:
        if box._value in values and str(box.id).startswith(f"form-{name}-"):
            box.checked = True


def upload_form(page: TestResponse) -> Form:
    """Give the form that takes files."""
    return next(form for form in page.forms.values() if "files" in form.fields)


def upload(page: TestResponse, *files: tuple[str, bytes]) -> TestResponse:
    """Send files with the form that takes them."""
    form = upload_form(page)
    form["files"] = [Upload(name, content, "application/octet-stream") for name, content in files]
    return form.submit()


def fill_everything(person: Person, base: str, name: str = "Stadtgarten Beispielhausen e. V.") -> None:
    """Fill in every task of a draft through its pages, and upload a notice."""
    for task, values in FILLED.items():
        page = person.get(f"{base}/{task}")
        if task == "proof":
            page = upload(page, ("bescheid.pdf", PDF)).follow()
        form = task_form(page)
        enter(form, {**values, "legal_name": name} if task == "organization" else values)
        answer = form.submit("overview")
        assert answer.status_int == 303, (task, answer.text)


def submit_application(person: Person, base: str) -> TestResponse:
    """Send a draft that is filled in."""
    page = person.get(f"{base}/check")
    form = next(form for form in page.forms.values() if "text" in form.fields)
    return form.submit()


class Queries:
    """Counts the statements that reach the database while it is open."""

    def __init__(self, portal: Portal) -> None:
        self._engine = portal.registry["avv.engine"]
        self.statements: list[str] = []

    def __enter__(self) -> Self:
        event.listen(self._engine, "before_cursor_execute", self._note)
        return self

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        self.statements.append(statement)

    def __exit__(self, *_error: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._note)


def organization_named(portal: Portal, name: str) -> str:
    """Give the id of the organisation with this name."""
    return portal.read(lambda session: session.scalars(select(Organization.id).where(Organization.name == name)).one())
