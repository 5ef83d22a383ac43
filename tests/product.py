"""Driving the product as plugins do: signed calls in, documents out, and a look at what reached the backend."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

from lxml import etree
from sqlalchemy import select
from webtest import TestApp, TestResponse

from senfcall_avv.bbb.checksum import sign
from senfcall_avv.db import session_scope
from senfcall_avv.edge import Edge
from senfcall_avv.endpoints.models import Endpoint
from senfcall_avv.ledger.models import LedgerEntry
from senfcall_avv.simulator.app import Simulator


class Plugin:
    """An organisation's frontend: signs calls with its secret and sends them."""

    def __init__(self, app: TestApp, key: str, secret: str) -> None:
        self.app, self.key, self.secret = app, key, secret
        self.base = f"/b/{key}/bigbluebutton/api/"

    def sign(self, call: str, query: str, *, algorithm: str = "sha256", secret: str | None = None) -> str:
        """Give the query with the checksum at its end."""
        text = self.secret if secret is None else secret
        checksum = sign(call, query, text.encode(), algorithm)
        return f"{query}&checksum={checksum}" if query else f"checksum={checksum}"

    def raw(self, call: str, query: str = "", **more: Any) -> TestResponse:
        """Send a query as it stands, signed."""
        return self.app.get(self.base + call + "?" + self.sign(call, query), status="*", **more)

    def call(self, call: str, params: dict[str, str] | None = None, **more: Any) -> TestResponse:
        """Send parameters, signed."""
        query = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in (params or {}).items())
        return self.raw(call, query, **more)

    def create(self, meeting_id: str = "room", name: str = "Vorstand", **params: str) -> etree._Element:
        """Create a meeting; give the answer's root."""
        return read(self.call("create", {"name": name, "meetingID": meeting_id, **params}))


class Product:
    """The application with two organisations, its backend, and what it wrote."""

    def __init__(self, edge: Edge, simulator: Simulator, log: io.StringIO, plugins: list[tuple[str, str]]) -> None:
        self.edge, self.simulator, self.log = edge, simulator, log
        self.app = TestApp(edge)
        self.a, self.b = (Plugin(self.app, key, secret) for key, secret in plugins)

    @property
    def registry(self) -> Any:
        return self.edge.registry

    @property
    def sent(self) -> list[tuple[str, dict[str, str]]]:
        """The calls that reached the backend: name and parameters, each parameter once."""
        calls = []
        for request in self.simulator.requests:
            pairs = parse_qsl(request.query, keep_blank_values=True, strict_parsing=bool(request.query))
            assert len({name for name, _ in pairs}) == len(pairs), request.query
            calls.append((urlsplit(request.target).path.rpartition("/")[2], dict(pairs)))
        return calls

    def last_sent(self, call: str) -> dict[str, str]:
        """The parameters of the last such call, without our checksum and marks."""
        params = next(params for name, params in reversed(self.sent) if name == call)
        return {name: value for name, value in params.items() if name != "checksum" and not name.startswith("meta_avv")}

    def ledger(self, plugin: Plugin | None = None) -> dict[tuple[str, str, str], int]:
        """What the ledger has, as (call, name, reason) → count."""
        self.registry["avv.recorder"].flush()
        with session_scope(self.registry["avv.session_factory"], write=False) as session:
            rows = session.scalars(select(LedgerEntry)).all()
            return {(row.call, row.name, row.reason): row.count for row in rows if plugin is None or row.key == plugin.key}


def read(response: TestResponse) -> etree._Element:
    """Read an answer to a plugin: always HTTP 200 and XML."""
    assert response.status_int == 200
    assert response.headers["Content-Type"].startswith("text/xml")
    return etree.fromstring(response.body)


def outcome(response: TestResponse) -> str:
    """Say SUCCESS, or the messageKey of a failure."""
    root = read(response)
    code = root.findtext("returncode")
    return code if code == "SUCCESS" else root.findtext("messageKey") or ""


def percent(text: str) -> str:
    """Encode as clients that write ``%20`` do."""
    return quote(text, safe="")


def endpoint_of(product: Product, plugin: Plugin) -> Endpoint:
    """Load a plugin's endpoint."""
    with session_scope(product.registry["avv.session_factory"], write=False) as session:
        found = session.scalars(select(Endpoint).where(Endpoint.key == plugin.key)).one()
        _ = found.secrets
        return found
