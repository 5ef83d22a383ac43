"""Values of mails: what people typed stays one harmless line, what we hand over wrongly is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from senfcall_avv.mail.catalogue import MESSAGES, Kind
from senfcall_avv.mail.values import MailRefused, written
from tests.factories.mails import values_for


def text(value: Any) -> str:
    return written("member_removed", {"organization": value}, "de")["organization"]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Chor Beispiel e. V.", "Chor Beispiel e. V."),
        ("Verein „Ä“ & Söhne <b>", "Verein „Ä“ & Söhne <b>"),
        ("x\nBcc: y@z.example", "x Bcc: y@z[.]example"),
        ("x\r\n\r\nzweiter Absatz", "x zweiter Absatz"),
        ("a\u2028b\u2029c\x00d\x85e", "a b c d e"),
        ("links\u202erechts\u200bunsichtbar\ufeff", "links rechts unsichtbar"),
        ("=?utf-8?q?x=0D=0ABcc:_y=40z.example?=", "= ?utf-8?q?x=0D=0ABcc:_y=40z[.]example? ="),
        ("==??==", "== ?? =="),
        ("Jetzt zahlen: http://evil", "Jetzt zahlen: http[:]//evil"),
        ("www.evil.example/pay", "www[.]evil[.]example/pay"),
        ("EVIL.EXAMPLE", "EVIL[.]EXAMPLE"),
        ("192.0.2.7/pay", "192[.]0[.]2[.]7/pay"),
        ('a" <e@x>, "b', 'a" <e@x>, "b'),
        ("{link} {name|a|b} ${7*7} {{7*7}}", "{link} {name|a|b} ${7*7} {{7*7}}"),
        ("u\u0308ber", "über"),
        ("  viel   Platz  ", "viel Platz"),
        ("x" * 500, "x" * 199 + "…"),
    ],
)
def test_what_people_typed_becomes_one_line_without_addresses_to_click_on(typed: str, shown: str) -> None:
    assert text(typed) == shown
    assert len(shown) <= 220


def test_a_family_is_not_torn_apart() -> None:
    """Joiners hold letters and pictures together, and can do no harm."""
    assert text("\N{MAN}\u200d\N{WOMAN}") == "\N{MAN}\u200d\N{WOMAN}"


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "//avv.example.org/x",
        "https://avv.example.org/x y",
        "https://avv.example.org/x\n",
        "https://avv.example.org/ä",
        "https://user@avv.example.org/",
        "https://" + "x" * 500,
        "https:///x",
        None,
        7,
    ],
)
def test_a_link_that_is_none_is_refused(link: object) -> None:
    with pytest.raises(MailRefused) as caught:
        written("password_changed", {"link": link}, "de")
    assert caught.value.reason == "value"


@pytest.mark.parametrize("number", ["24", 2.5, True, None])
def test_a_number_that_is_none_is_refused(number: object) -> None:
    with pytest.raises(MailRefused, match="whole number"):
        written("confirm", values_for("confirm", hours=number), "de")


@pytest.mark.parametrize(
    ("value", "german", "english"),
    [
        (date(2026, 11, 4), "04.11.2026", "4 Nov 2026"),
        (datetime(2026, 11, 24, 13, 31, tzinfo=UTC), "24.11.2026, 14:31 Uhr", "24 Nov 2026, 14:31"),
        (datetime(2026, 7, 24, 23, 31, tzinfo=UTC), "25.07.2026, 01:31 Uhr", "25 Jul 2026, 01:31"),
        ("am Dienstag", "am Dienstag", "am Dienstag"),
    ],
)
def test_days_and_moments_are_told_as_in_berlin(value: object, german: str, english: str) -> None:
    values = values_for("account_deletion", date=value)
    assert written("account_deletion", values, "de")["date"] == german
    assert written("account_deletion", values, "en")["date"] == english


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(MailRefused, match="time zone"):
        written("account_deletion", values_for("account_deletion", date=datetime(2026, 1, 1)), "de")


@pytest.mark.parametrize("message", MESSAGES)
def test_values_that_are_missing_or_too_many_are_refused(message: str) -> None:
    values = values_for(message)
    for wrong in ({**values, "secret": "x"}, dict(list(values.items())[1:])):
        with pytest.raises(MailRefused) as caught:
            written(message, wrong, "de")
        assert caught.value.reason == "values"


@pytest.mark.parametrize(
    ("message", "name"),
    [(message, name) for message, kinds in MESSAGES.items() for name, kind in kinds.items() if kind is Kind.TEXT],
)
def test_a_text_that_says_nothing_is_refused_where_it_is_needed(message: str, name: str) -> None:
    values = values_for(message, **{name: " \n\u200b"})
    if name == "line":
        assert written(message, values, "de")[name] == ""
        return
    with pytest.raises(MailRefused, match=name):
        written(message, values, "de")


def test_an_unknown_message_is_refused() -> None:
    with pytest.raises(MailRefused) as caught:
        written("secret_by_mail", {}, "de")
    assert caught.value.reason == "message"
