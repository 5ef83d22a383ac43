"""Parameters in a body: they count where the query is empty and a checksum covers them, and nowhere else."""

from __future__ import annotations

import pytest
from product import Plugin, Product, outcome, percent

from senfcall_avv.bbb.call import FORM
from senfcall_avv.bbb.checksum import sign

ROOM = "name=ab&meetingID=x1"


@pytest.mark.parametrize("place", ["query", "body"])
@pytest.mark.parametrize("rule", ["new", "old"])
def test_a_form_counts_where_the_query_is_empty(product: Product, a: Plugin, place: str, rule: str) -> None:
    """By the new rule the checksum is over the empty query, by the old one over the form sorted by name."""
    form = "name=Jour+Fixe&meetingID=x1&moderatorPW=m*p_7&attendeePW=ap77"
    sorted_form = "attendeePW=ap77&meetingID=x1&moderatorPW=m*p_7&name=Jour+Fixe"
    checksum = sign("create", "" if rule == "new" else sorted_form, a.secret.encode())
    query, body = (f"checksum={checksum}", form) if place == "query" else ("", f"{form}&checksum={checksum}")
    assert outcome(product.asked(lambda: a.post("create", query, body), upstream=1)) == "SUCCESS"
    sent = product.last_sent("create")
    assert (sent["name"], sent["meetingID"], sent["moderatorPW"]) == ("Jour Fixe", f"{a.key}-x1", "m*p_7")


@pytest.mark.parametrize("place", ["query", "body", "both"])
def test_a_form_never_mixes_with_a_query(product: Product, a: Plugin, place: str) -> None:
    """A checksum over the form, or over nothing, signs no query."""
    over_nothing = sign("create", "", a.secret.encode())
    query, body = ROOM, "name=cd&meetingID=x2"
    if place in {"query", "both"}:
        query += f"&checksum={over_nothing}"
    if place in {"body", "both"}:
        body += f"&checksum={over_nothing}"
    product.is_refused(lambda: a.post("create", query, body), "checksumError")


def test_a_form_beside_a_signed_query_has_no_effect_and_is_noted(product: Product, a: Plugin) -> None:
    signed = a.sign("create", ROOM)
    body = f"record=true&meetingID=other&name={percent('Ganz anders')}"
    assert outcome(product.asked(lambda: a.post("create", signed, body), upstream=1)) == "SUCCESS"
    sent = product.last_sent("create")
    assert (sent["name"], sent["meetingID"], sent["record"]) == ("ab", f"{a.key}-x1", "false")
    ledger = product.ledger(a)
    assert {name for _, name, reason in ledger if reason == "unsigned"} == {"record", "meetingID", "name"}


def test_a_body_on_get_is_no_form(product: Product, a: Plugin) -> None:
    signed = a.sign("create", ROOM)
    response = product.asked(
        lambda: product.app.request(
            f"{a.base}create?{signed}", method="GET", body=b"record=true", content_type=FORM, status="*"
        ),
        upstream=1,
    )
    assert outcome(response) == "SUCCESS"
    assert product.ledger(a)["create", "(body)", "body_dropped"] == 1
    alone = sign("create", "", a.secret.encode())
    product.is_refused(
        lambda: product.app.request(
            f"{a.base}create?checksum={alone}", method="GET", body=ROOM.encode(), content_type=FORM, status="*"
        ),
        "validationError",
    )
