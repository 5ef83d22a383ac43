"""People at the portal who come in by its front door: real pages, forms, cookies, and the mails that they get."""

from __future__ import annotations

import io
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from webtest import TestApp, TestResponse

from senfcall_avv import logs, make_app
from senfcall_avv.accounts.models import Account, LoginSession, Role, StaffRole
from senfcall_avv.accounts.sessions import end_all
from senfcall_avv.audit.models import AuditEntry
from senfcall_avv.db import session_scope
from senfcall_avv.edge import Edge
from senfcall_avv.mail.models import OutgoingMail
from senfcall_avv.mail.services import values_of
from senfcall_avv.sealing import KeyRing, generate_key_line
from senfcall_avv.settings import load_settings
from tests.factories.accounts import PASSWORD, code_of, give_authenticator, make_person

POLICIES = Path(__file__).parents[1] / "policies"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class House:
    """The application, its clock and what it wrote."""

    def __init__(self, edge: Edge, log: io.StringIO) -> None:
        self.edge, self.log = edge, log
        self.registry: Any = edge.registry
        self.factory = self.registry["avv.session_factory"]
        self.ring: KeyRing = self.registry["avv.key_ring"]
        self.now = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
        self.registry["avv.clock"] = lambda: self.now

    @property
    def url(self) -> str:
        address: str = self.registry["avv.settings"].public_url
        return address

    def wait(self, **length: float) -> None:
        """Let time pass."""
        self.now += timedelta(**length)

    def browser(self, address: str = "192.0.2.7", agent: str = FIREFOX, language: str = "de") -> Browser:
        return Browser(self, address, agent, language)

    def account(self, email: str = "lena@example.org", *, authenticator: bool = False, **more: Any) -> str:
        """Make somebody with a confirmed account; gives the authenticator's key, if one is asked for."""
        with session_scope(self.factory) as session:
            account = make_person(session, email, now=self.now, **more)
            return give_authenticator(session, self.ring, account, self.now) if authenticator else ""

    def mails(self, message: str | None = None, to: str | None = None) -> list[dict[str, str]]:
        """Give the values of the mails so far, the oldest first."""
        with session_scope(self.factory, write=False) as session:
            rows = session.scalars(select(OutgoingMail)).all()
            found = [row for row in rows if message in {None, row.message} and to in {None, row.recipient}]
            found.sort(key=lambda row: row.created_at)
            return [{**(values_of(self.ring, row) or {}), "message": row.message, "to": row.recipient} for row in found]

    def link(self, message: str, to: str | None = None) -> str:
        """Give the path of the newest such mail's link."""
        return self.mails(message, to)[-1]["link"].removeprefix(self.url)

    def audit(self) -> list[str]:
        """Give the actions that were recorded."""
        with session_scope(self.factory, write=False) as session:
            return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.number)))

    def sessions(self) -> int:
        """Count the sessions of everybody."""
        with session_scope(self.factory, write=False) as session:
            return len(session.scalars(select(LoginSession)).all())

    def find(self, session: Session, email: str = "lena@example.org") -> Account:
        return session.scalars(select(Account).where(Account.email == email)).one()

    def hire(self, email: str, role: Role) -> None:
        """Make somebody a member of the staff."""
        with session_scope(self.factory) as session:
            account = self.find(session, email)
            session.add(StaffRole(account_id=account.id, role=role, created_at=self.now))
            end_all(session, account.id)


class Browser(TestApp):
    """A browser without script, with its own cookies."""

    def __init__(self, house: House, address: str, agent: str, language: str) -> None:
        scheme, _, host = house.url.partition("://")
        environ = {
            "REMOTE_ADDR": address,
            "HTTP_USER_AGENT": agent,
            "HTTP_ACCEPT_LANGUAGE": language,
            "HTTP_ORIGIN": house.url,
            "HTTP_HOST": host,
            "wsgi.url_scheme": scheme,
        }
        super().__init__(house.edge, extra_environ=environ)
        self.house = house

    def fill(self, path: str, button: str, *, status: int = 303, **fields: str) -> TestResponse:
        """Open a page, fill its form in and send it."""
        return self.send(self.get(path), button, status=status, **fields)

    def send(self, page: TestResponse, button: str, *, status: int = 303, **fields: str) -> TestResponse:
        """Fill a page's form in and send it."""
        form = page.forms["form"]
        for name, value in fields.items():
            form[name] = value
        return form.submit(button, status=status)

    def sign_up(self, email: str = "lena@example.org", password: str = PASSWORD, **more: str) -> TestResponse:
        values = {"name": "Lena Muster", "form-language": "de", **more}
        return self.fill("/signup", "signup", email=email, password=password, **values)

    def sign_up_with(self, password: str, email: str = "lena@example.org") -> TestResponse:
        """Sign up with whatever it is, and give the answer as it is."""
        form = self.get("/signup").forms["form"]
        form["password"], form["name"], form["form-language"] = password, "Lena Muster", "de"
        form["email"].force_value(email)
        return form.submit("signup", status="*")

    def confirm(self, email: str = "lena@example.org") -> TestResponse:
        """Press the button behind the newest link."""
        return self.send(self.get(self.house.link("confirm", email)), "confirm")

    def log_in(
        self, email: str = "lena@example.org", password: str = PASSWORD, *, path: str = "/login", status: int = 303
    ) -> TestResponse:
        return self.fill(path, "login", status=status, email=email, password=password)

    def log_in_again(self) -> TestResponse:
        """Log out, and in again."""
        self.press(self.get("/account"), "/logout")
        return self.log_in()

    def log_in_with_code(self, key: str, email: str = "lena@example.org") -> TestResponse:
        """Log in with password and authenticator."""
        self.log_in(email)
        return self.fill("/login/second-factor", "check", code=code_of(key, self.house.now))

    def press(self, page: TestResponse, action: str, **fields: str) -> TestResponse:
        """Send the form of a page that goes to a path, with these values of its fields or buttons."""
        form = next(form for form in page.forms.values() if form.action == action)
        token = form["csrf_token"].value
        return self.post(action, {"csrf_token": token, **fields}, status="*")

    @property
    def token(self) -> str:
        """This browser's form token."""
        value: str = self.get("/reset").forms["form"]["csrf_token"].value
        return value

    @property
    def logged_in(self) -> bool:
        return self.get("/account", status="*").status_int == 200

    @property
    def session_cookie(self) -> str | None:
        return self.cookies.get("session") or self.cookies.get("__Host-session")


@contextmanager
def opened_house(
    folder: Path, template: Path, public_url: str = "http://localhost", **settings: str
) -> Iterator[House]:
    """Run the application on a database of its own."""
    ini = {
        "avv.environment": "development",
        "avv.public_url": public_url,
        "avv.database_url": f"sqlite:///{shutil.copy(template, folder / 'house.sqlite')}",
        "avv.keys": generate_key_line(),
        "avv.policy.directory": str(POLICIES),
        "avv.backend.url": "http://127.0.0.1:1/bigbluebutton",
        "avv.backend.secret": "secret-of-a-backend-that-nobody-calls",
        "avv.accounts.hash_kib": "8",
        "avv.accounts.hash_passes": "1",
        "avv.accounts.hash_lanes": "1",
        **settings,
    }
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    edge = make_app(load_settings(ini, {}), ini)
    log = io.StringIO()
    logs.configure(log)
    try:
        yield House(edge, log)
    finally:
        edge.close()
        edge.registry["avv.engine"].dispose()
        logging.getLogger().handlers[:] = handlers
        logging.getLogger().setLevel(level)
        logs.configure()
