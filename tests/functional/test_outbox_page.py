"""The page with the mails that would have been sent, in development alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from product import Product

from senfcall_avv.jobs import jobs_of
from senfcall_avv.jobs.runner import Runner
from tests.factories.mails import make_mail

HOSTILE = '<script>alert(1)</script> http://evil.example =?utf-8?q?x?= {link} "><b>'


@pytest.fixture
def ini(ini: dict[str, str]) -> dict[str, str]:
    return ini | {"avv.mail.transport": "outbox"}


def put(product: Product, message: str, **values: str) -> str:
    link = product.registry["avv.settings"].public_url + "/signup?token=abc"
    now = datetime.now(UTC)
    return make_mail(product.registry["avv.session_factory"], message, now=now, **({"link": link} | values))


def test_an_empty_outbox_says_so(product: Product) -> None:
    assert "Noch keine." in product.app.get("/devtools/outbox").text


@pytest.mark.parametrize("sent", [False, True])
def test_a_mail_is_found_and_its_link_can_be_followed(product: Product, sent: bool) -> None:
    put(product, "password_changed")
    if sent:
        Runner(product.registry).run(jobs_of(product.registry)["mail-delivery"])
    listed = product.app.get("/devtools/outbox")
    assert ("abgeholt" if sent else "wartet") in listed.text
    page = listed.click("Dein Passwort ist geändert")
    assert "ada@example.org" in page.text
    assert [link["href"] for link in page.html.select("pre a")] == [
        "http://localhost/signup?token=abc",
        "http://localhost/",
    ]
    raw = page.click("Wie sie verschickt würde")
    assert raw.content_type == "text/plain"
    assert "\nTo: ada@example.org\r\n" in raw.body.decode()


def test_what_people_typed_is_shown_as_it_is(product: Product) -> None:
    put(product, "member_added", organization=HOSTILE, link="http://localhost/organizations/x")
    page = product.app.get("/devtools/outbox").click("Du gehörst jetzt zu")
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert [link["href"] for link in page.html.select("pre a")] == [
        "http://localhost/organizations/x",
        "http://localhost/",
    ]


@pytest.mark.parametrize("path", ["nothing", "x" * 22, "x" * 22 + "/raw", "..%2f", "raw"])
def test_a_mail_that_is_not_there_is_not_found(product: Product, path: str) -> None:
    assert product.app.get(f"/devtools/outbox/{path}", status="*").status_int in {400, 404}


def test_production_has_no_such_page(ini: dict[str, str], make_product: Callable[[], Product]) -> None:
    ini |= {"avv.environment": "production", "avv.public_url": "https://localhost", "avv.mail.transport": "file"}
    product = make_product()
    product.app.extra_environ |= {"HTTP_HOST": "localhost", "wsgi.url_scheme": "https"}
    assert product.app.get("/", status="*").status_int == 200
    assert product.app.get("/devtools/outbox", status="*").status_int == 404
