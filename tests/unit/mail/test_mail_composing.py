"""The bytes of a mail: exactly the headers that were meant, one recipient, whatever people are called."""

from __future__ import annotations

import email
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from senfcall_avv.mail.composing import Envelope, NotComposed, compose
from senfcall_avv.mail.rendering import Text, render
from senfcall_avv.mail.values import written
from tests.factories.mails import PORTAL, values_for

ENVELOPE = Envelope(
    "av@example.org", "ada@example.org", "hilfe@example.org", "m" * 22, datetime(2026, 11, 24, 13, 31, tzinfo=UTC)
)
HEADERS = {
    "From": "Senfcall AV <av@example.org>",
    "To": "ada@example.org",
    "Reply-To": "hilfe@example.org",
    "Date": "Tue, 24 Nov 2026 13:31:00 +0000",
    "Message-ID": f"<{'m' * 22}@example.org>",
    "Auto-Submitted": "auto-generated",
    "X-Auto-Response-Suppress": "All",
    "MIME-Version": "1.0",
    "Content-Type": 'text/plain; charset="utf-8"',
    "Content-Transfer-Encoding": "quoted-printable",
}
HOSTILE = [
    "=?utf-8?q?x=0D=0ABcc:_y=40z.example?=",
    "=?utf-8?b?DQpCY2M6IHlAei5leGFtcGxl?=",
    'a" <e@x>, "b',
    "x\nBcc: y@z.example",
    "x\r\n\r\nBody",
    "\u2028Bcc: y@z.example",
    "x" * 500,
    "ä" * 500,
    "\N{PILE OF POO}" * 100,
    "zu\u202elesen",
    "a, b@c.example; d@e.example",
    "Vereinsname mit  vielen Leerzeichen, ein sehr langer Name der über eine Zeile geht und Umlaute hat: äöü",
]


def read(made: bytes) -> EmailMessage:
    parsed = email.message_from_bytes(made, policy=SMTP)
    assert isinstance(parsed, EmailMessage)
    return parsed


def test_a_mail_has_these_headers_and_no_other() -> None:
    made = compose(Text("[Senfcall AV] Größe", "Grüße\n"), ENVELOPE)
    parsed = read(made)
    assert {name: str(value) for name, value in parsed.items()} == HEADERS | {"Subject": "[Senfcall AV] Größe"}
    assert parsed.get_content() == "Grüße\r\n"
    assert made.isascii()
    assert max(len(line) for line in made.split(b"\r\n")) <= 78
    assert b"\n" not in made.replace(b"\r\n", b"")


def test_a_second_attempt_is_the_same_mail() -> None:
    text = Text("[Senfcall AV] Größe", "Grüße\n")
    assert compose(text, ENVELOPE) == compose(text, ENVELOPE)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("language", ["de", "en"])
def test_no_name_of_an_organisation_gets_into_the_headers(name: str, language: str) -> None:
    values = written("invitation", values_for("invitation", organization=name, line=name), "de")
    text = render("invitation", language, values, portal=f"{PORTAL}/", support="hilfe@example.org")
    parsed = read(compose(text, ENVELOPE))
    assert sorted(parsed.keys()) == sorted([*HEADERS, "Subject"])
    assert parsed["Subject"] == text.subject
    assert [address.addr_spec for address in parsed["To"].addresses] == ["ada@example.org"]
    assert parsed.get_content().replace("\r\n", "\n") == text.body


@pytest.mark.parametrize(
    "body",
    [
        "a\n.\nb\n",
        "a\r\n.\r\nMAIL FROM:<x@example.org>\r\n",
        "From da an\nFrom x\n",
        " vorn und hinten \n\n\n",
        "ohne Schluss",
        "-- \n",
        "x" * 5000 + "\n",
        "=20=\n=3D\n",
    ],
)
def test_a_text_arrives_as_it_was_written(body: str) -> None:
    parsed = read(compose(Text("[Senfcall AV] x", body), ENVELOPE))
    assert parsed.get_content().replace("\r\n", "\n") == body.replace("\r\n", "\n")
    assert set(parsed.keys()) == {*HEADERS, "Subject"}


@pytest.mark.parametrize(
    "subject", ["a\nBcc: y@z.example", "a\rb", "=?utf-8?q?x?=", "a\u2028b", "a\x00b", "a\x85b", "\ud800"]
)
def test_a_header_that_could_become_two_is_never_made(subject: str) -> None:
    with pytest.raises(NotComposed) as caught:
        compose(Text(subject, "x\n"), ENVELOPE)
    assert caught.value.reason == "header"


@pytest.mark.parametrize("recipient", ["a@example.org\nBcc: y@z.example", "=?utf-8?q?a?=@example.org"])
def test_an_address_that_could_become_two_is_never_made(recipient: str) -> None:
    with pytest.raises((NotComposed, ValueError)):
        compose(Text("x", "x\n"), ENVELOPE._replace(recipient=recipient))


def test_a_mail_as_large_as_a_book_is_not_made() -> None:
    with pytest.raises(NotComposed) as caught:
        compose(Text("x", "Zeile\n" * 200_000), ENVELOPE)
    assert caught.value.reason == "size"


def test_what_a_reader_would_see_differently_is_not_sent() -> None:
    with pytest.raises(NotComposed) as caught:
        compose(Text(" x", "x\n"), ENVELOPE)
    assert caught.value.reason == "changed"
