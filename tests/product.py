"""Driving the product as plugins do: signed calls in, documents out, and a look at what reached the backend."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

from lxml import etree
from sqlalchemy import select
from webtest import TestApp, TestResponse

from senfcall_avv.bbb.call import FORM
from senfcall_avv.bbb.checksum import sign
from senfcall_avv.bbb.errors import MESSAGES
from senfcall_avv.db import session_scope
from senfcall_avv.edge import Edge
from senfcall_avv.endpoints.models import Endpoint
from senfcall_avv.gateway.upstream import Budgets, Upstream
from senfcall_avv.layout.notice import reference_of
from senfcall_avv.ledger.models import LedgerEntry
from senfcall_avv.simulator.app import Simulator


class Plugin:
    """An organisation's frontend: signs calls with its secret and sends them."""

    def __init__(self, app: TestApp[Any], key: str, secret: str) -> None:
        self.app, self.key, self.secret = app, key, secret
        self.base = f"/b/{key}/bigbluebutton/api/"

    def sign(self, call: str, query: str, *, algorithm: str = "sha256", secret: str | None = None) -> str:
        """Give the query with the checksum at its end."""
        text = self.secret if secret is None else secret
        checksum = sign(call, query, text.encode(), algorithm)
        return f"{query}&checksum={checksum}" if query else f"checksum={checksum}"

    def send(self, call: str, query: str = "", **more: Any) -> TestResponse:
        """Send a query as it stands, unsigned unless it holds a checksum."""
        return self.app.get(f"{self.base}{call}?{query}" if query else self.base + call, status="*", **more)

    def post(self, call: str, query: str, body: Any, content_type: str = FORM) -> TestResponse:
        """Post a body beside a query that stands as it is."""
        url = f"{self.base}{call}?{query}" if query else self.base + call
        return self.app.post(url, body, content_type=content_type, status="*")

    def send_loosely(self, call: str, query: str, environ: dict[str, str], method: str = "GET") -> TestResponse:
        """Send what a careless server may hand over: environments and methods that WSGI's own checker refuses."""
        app = TestApp(self.app.app, lint=False)
        request = app.RequestClass.blank(f"{self.base}{call}?{query}", method=method)
        request.environ.update(environ)
        return app.do_request(request, status="*")

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

    def asked(self, send: Callable[[], TestResponse], upstream: int = 0) -> TestResponse:
        """Send, and assert what holds for every answer to plugins and how many requests reached the backend."""
        before = len(self.simulator.requests)
        response = send()
        assert [request.target for request in self.simulator.requests][before + upstream :] == []
        assert len(self.simulator.requests) == before + upstream
        assert_from_the_door(response)
        return response

    def is_refused(self, send: Callable[[], TestResponse], key: str) -> None:
        """Assert that a call is refused with this messageKey, and that no backend heard of it."""
        assert outcome(self.asked(send)) == key

    def is_unavailable(self, plugin: Plugin, call: str, params: dict[str, str] | None = None) -> None:
        """Assert that a call ends in the words for a server that does not answer, after one request upstream."""
        response = self.asked(lambda: plugin.call(call, params), upstream=1)
        assert outcome(response) == "serverUnavailable"
        assert read(response).findtext("message") == MESSAGES["serverUnavailable"]

    @contextmanager
    def in_a_hurry(self, seconds: float = 0.5) -> Iterator[None]:
        """Wait for a backend only as long as a test likes to. Its connection is made beforehand."""
        assert outcome(self.a.call("getMeetings")) == "SUCCESS"
        upstream: Upstream = self.registry["avv.upstream"]
        budgets, upstream._budgets = upstream._budgets, Budgets(seconds, seconds)
        yield
        upstream._budgets = budgets

    @property
    def log_lines(self) -> list[dict[str, Any]]:
        """The lines of the log so far, each as what it says."""
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    def ledger(self, plugin: Plugin | None = None) -> dict[tuple[str, str, str], int]:
        """What the ledger has, as (call, name, reason) → count."""
        self.registry["avv.recorder"].flush()
        with session_scope(self.registry["avv.session_factory"], write=False) as session:
            rows = session.scalars(select(LedgerEntry)).all()
            return {
                (row.call, row.name, row.reason): row.count for row in rows if plugin is None or row.key == plugin.key
            }


DOCUMENT_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""On every answer to a plugin, beside its type, length and id."""
PAGE_HEADERS = DOCUMENT_HEADERS | {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}
"""On every page for a person who followed a join link."""
ENTER = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
"""What a browser accepts when somebody follows a link."""


def assert_from_the_door(response: TestResponse) -> None:
    """Assert what holds for every answer at the plugins' door: status, headers, nothing of our inside."""
    headers = dict(response.headers)
    assert len(headers) == len(response.headers)
    page = headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.status_int in ({403, 404, 409, 410, 502, 503} if page else {200, 302, 400, 404})
    assert re.fullmatch(r"[0-9a-f]{32}", headers.pop("X-Request-Id"))
    length = int(headers.pop("Content-Length"))
    assert len(response.body) in ({length, 0} if response.request.method == "HEAD" else {length})
    location = headers.pop("Location", None)
    assert (location is not None) is (response.status_int == 302)
    assert headers.pop("Content-Type") in {
        "text/xml;charset=utf-8",
        "application/json;charset=utf-8",
        "text/html; charset=utf-8",
        "text/plain; charset=utf-8",
    }
    assert headers == (PAGE_HEADERS if page else DOCUMENT_HEADERS)
    assert not re.search(rb"Traceback|File &quot;|\.py\b|senfcall_avv|sqlalchemy", response.body)


def without_id(response: TestResponse) -> tuple[str, list[tuple[str, str]], bytes]:
    """Give all of an answer but its id, for comparing it byte by byte with another."""
    request_id = response.headers["X-Request-Id"]
    headers = [(name, value) for name, value in response.headerlist if name != "X-Request-Id"]
    return response.status, headers, response.body.replace(reference_of(request_id).encode(), b"(reference)")


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
