"""How often each page of organisations asks the database; a page must not ask once for each row that it shows."""

from __future__ import annotations

import pytest
from portal import PDF, Person, Portal, Queries, fill_everything, upload
from product import Product

PAGES = {
    # path below the organisation, and the statements that it may take
    "": 14,
    "/members": 12,
    "/history": 10,
    "/application": 16,
    "/application/contact": 12,
    "/application/proof": 12,
    "/application/contract": 12,
    "/application/check": 12,
    "/application/answers": 12,
}


@pytest.fixture
def portal(product: Product) -> Portal:
    return Portal(product.edge)


def count(portal: Portal, person: Person, path: str) -> int:
    with Queries(portal) as queries:
        assert person.get(path).status_int == 200
    # BEGIN and its like are no questions.
    return sum(
        statement.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE")) for statement in queries.statements
    )


def test_pages_ask_a_bounded_number_of_times(portal: Portal) -> None:
    ada = portal.person()
    small = portal.organization("Klein", owner=ada)
    ada.post(f"/organizations/{small}/apply")
    fill_everything(ada, f"/organizations/{small}/application")
    home = f"/organizations/{small}"
    before = {path: count(portal, ada, home + path) for path in PAGES}
    assert {path: asked for path, asked in before.items() if asked > PAGES[path]} == {}

    for number in range(3):
        upload(ada.get(f"{home}/application/proof"), (f"seite{number}.pdf", PDF + b"%" * number))
        form = ada.get(f"{home}/members/invite").forms["form"]
        form["email"], form["form-role"] = f"gast{number}@example.org", "privacy"
        form.submit()
    after = {path: count(portal, ada, home + path) for path in PAGES}
    assert after == before


def test_the_list_asks_as_often_for_ten_as_for_two(portal: Portal) -> None:
    ada = portal.person()
    for number in range(2):
        portal.organization(f"Verein {number}", owner=ada)
    few = count(portal, ada, "/organizations")
    for number in range(8):
        portal.organization(f"Chor {number}", owner=ada)
    assert count(portal, ada, "/organizations") == few <= 8
