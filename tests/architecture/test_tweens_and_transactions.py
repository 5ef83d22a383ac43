"""The layers of a request: what runs under what, and that a plugin's call touches no database, session or cookie."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import transaction
from product import Plugin, Product, outcome
from pyramid.interfaces import ISessionFactory, ITweens
from pyramid.tweens import EXCVIEW, INGRESS, MAIN
from sqlalchemy import event

from senfcall_avv.gateway.configuration import TWEEN

TRANSACTIONS = "pyramid_tm.tm_tween_factory"


class Begun:
    """Hears of every transaction that a request begins or ends, by either door."""

    def __init__(self) -> None:
        self.managers: list[transaction.TransactionManager] = []
        self.heard: list[str] = []

    def make(self, _request: object) -> transaction.TransactionManager:
        """Make a request's manager, as pyramid_tm's own explicit one. The manager holds us weakly."""
        manager = transaction.TransactionManager(explicit=True)
        manager.registerSynch(self)
        self.managers.append(manager)
        return manager

    def newTransaction(self, _transaction: object) -> None:  # noqa: N802  # the transaction package's name
        self.heard.append("begin")

    def beforeCompletion(self, _transaction: object) -> None:  # noqa: N802  # the transaction package's name
        self.heard.append("end")

    def afterCompletion(self, _transaction: object) -> None:  # noqa: N802  # the transaction package's name
        pass


@pytest.fixture
def begun() -> Begun:
    return Begun()


@pytest.fixture
def ini(ini: dict[str, Any], begun: Begun) -> dict[str, Any]:
    return ini | {"tm.manager_hook": begun.make, "pyramid.includes": "planted"}


@pytest.fixture
def statements(begun: Begun, product: Product) -> Iterator[list[str]]:
    """What this thread does with the database; the threads that read endpoints and write the ledger are others."""
    product.a.call("getMeetings")  # endpoints are read at the first call of a process, in its own thread
    assert begun.managers == []
    seen: list[str] = []
    me = threading.get_ident()

    def heard(what: str) -> Callable[..., None]:
        return lambda *_: seen.append(what) if threading.get_ident() == me else None

    listeners = [(name, heard(name)) for name in ("checkout", "begin", "commit", "rollback", "before_cursor_execute")]
    for name, listener in listeners:
        event.listen(product.registry["avv.engine"], name, listener)
    yield seen
    for name, listener in listeners:
        event.remove(product.registry["avv.engine"], name, listener)


def test_the_tweens_run_in_this_order(product: Product) -> None:
    """The gate is outermost: transactions begin behind it, and the pages for people's errors behind those."""
    tweens = product.registry.queryUtility(ITweens)
    assert tweens.explicit == []
    assert [name for name, _ in tweens.implicit()] == [TWEEN, TRANSACTIONS, EXCVIEW]
    listed = [row["introspectable"] for row in product.registry.introspector.get_category("tweens")]
    assert {row["name"] for row in listed} == {TWEEN, TRANSACTIONS, EXCVIEW}
    gate = next(row for row in listed if row["name"] == TWEEN)
    assert (gate["under"], gate["over"]) == (INGRESS, TRANSACTIONS)
    assert MAIN not in {row["name"] for row in listed}


def test_a_plugins_call_touches_neither_database_nor_transaction_nor_cookie(
    product: Product, a: Plugin, begun: Begun, statements: list[str]
) -> None:
    cookie = {"Cookie": "session=planted; JSESSIONID=planted", "Authorization": "Basic cGxhbnRlZA=="}
    person = {"fullName": "Ada", "meetingID": "room", "password": "mp77"}
    answers = [
        a.call("create", {"name": "Vorstand", "meetingID": "room", "moderatorPW": "mp77"}, headers=cookie),
        a.call("join", person, headers=cookie),
        a.call("join", {**person, "redirect": "false"}, headers=cookie),
        a.call("join", {**person, "meetingID": "never-was"}, headers={**cookie, "Accept": "text/html"}),
        a.call("isMeetingRunning", {"meetingID": "room"}, headers=cookie),
        a.call("getMeetingInfo", {"meetingID": "room"}, headers=cookie),
        a.call("getMeetings", headers=cookie),
        a.call("getRecordings", headers=cookie),
        a.call("end", {"meetingID": "room"}, headers=cookie),
        a.send("create", "name=x", headers=cookie),
        a.app.get(a.base, headers=cookie),
        a.app.get("/b", headers=cookie),
    ]
    assert [answer.status_int for answer in answers] == [200, 302, 200, 404, *[200] * 8]
    assert outcome(answers[0]) == "SUCCESS"
    assert not any("Set-Cookie" in answer.headers for answer in answers)
    assert (begun.managers, begun.heard) == ([], [])
    assert statements == []
    for request in product.simulator.requests:
        assert not {name.lower() for name, _ in request.headers} & {"cookie", "authorization"}


def test_a_failing_call_begins_no_transaction_either(
    product: Product, a: Plugin, begun: Begun, statements: list[str]
) -> None:
    product.simulator.faults.set("*", "close")
    assert outcome(a.call("getMeetings")) == "serverUnavailable"
    del product.registry["avv.upstream"]
    assert outcome(a.call("getMeetings")) == "internalError"
    assert (begun.heard, statements) == ([], [])


def test_a_page_of_the_portal_has_one_transaction_and_a_connection_only_if_it_asks(
    product: Product, begun: Begun, statements: list[str]
) -> None:
    product.app.get("/imprint")
    assert (begun.heard, statements) == (["begin", "end"], [])
    product.app.get("/planted/reading")
    assert begun.heard == ["begin", "end"] * 2
    assert "checkout" in statements
    assert "begin" in statements


def test_there_is_no_session_that_a_plugin_could_open(product: Product) -> None:
    assert product.registry.queryUtility(ISessionFactory) is None
