"""The texts of all mails, in both languages."""

from __future__ import annotations

import re
import textwrap
from typing import Any

import pytest

from senfcall_avv.mail.catalogue import LANGUAGES, MESSAGES, OPTIONAL, Kind
from senfcall_avv.mail.rendering import FOLDER, PREFIX, Text, placeholders, render
from senfcall_avv.mail.values import written
from tests.factories.mails import PORTAL, TOKEN, values_for

EVERY = [(message, language) for message in MESSAGES for language in LANGUAGES]
LINK = f"{PORTAL}/confirm?token={TOKEN}"


def make(message: str, language: str, **changed: Any) -> Text:
    values = written(message, values_for(message, **changed), "en" if language == "en" else "de")
    return render(message, language, values, portal=f"{PORTAL}/", support="hilfe@example.org")


def template(message: str, language: str, part: str) -> str:
    return (FOLDER / f"{message}.{language}.{part}").read_text()


def test_there_is_a_text_for_every_message_and_none_besides() -> None:
    expected = {f"{message}.{language}.{part}" for message, language in EVERY for part in ("subject", "txt")}
    assert {path.name for path in FOLDER.iterdir()} == expected | {f"footer.{language}.txt" for language in LANGUAGES}


@pytest.mark.parametrize(("message", "language"), EVERY)
def test_a_text_shows_every_value_of_its_message_and_no_other(message: str, language: str) -> None:
    shown = placeholders(template(message, language, "txt"))
    assert shown | placeholders(template(message, language, "subject")) == set(MESSAGES[message])
    assert re.sub(r"\{[a-z_]+(\|[^{}|]+\|[^{}|]+)?\}", "", template(message, language, "txt")).count("{") == 0


@pytest.mark.parametrize(("message", "language"), EVERY)
def test_a_mail_opens_with_its_point_and_one_link(message: str, language: str) -> None:
    made = make(message, language)
    assert made.subject.startswith(PREFIX)
    assert len(made.subject.splitlines()) == 1
    paragraphs = made.body.split("\n\n")
    if any(kind is Kind.LINK for kind in MESSAGES[message].values()):
        assert paragraphs[2 if "name" in MESSAGES[message] else 1] == LINK
    opening = paragraphs[1 if "name" in MESSAGES[message] else 0].replace("e. V.", "Verein").replace("\n", " ")
    assert len(re.findall(r"[.?;](?: |$)", opening)) in {2, 3}, opening


@pytest.mark.parametrize(("message", "language"), EVERY)
def test_lines_are_short_but_for_links(message: str, language: str) -> None:
    made = make(message, language)
    assert [line for line in made.body.splitlines() if len(line) > 72 and line != LINK] == []
    assert "\n\n\n" not in made.body
    assert made.body.endswith("hilfe@example.org.\n")
    assert "\n-- \n" in made.body


@pytest.mark.parametrize(("message", "language"), EVERY)
def test_no_mail_asks_for_or_shows_what_it_must_not(message: str, language: str) -> None:
    text = template(message, language, "subject") + template(message, language, "txt")
    for word in ("Secret", "Steuernummer", "tax number", "Anhang", "attach", "Bitte", "!", "leider", "Sie "):
        assert word not in text


@pytest.mark.parametrize(
    ("language", "hours", "expected"),
    [("de", 1, "1 Stunde."), ("de", 24, "24 Stunden."), ("en", 1, "1 hour."), ("en", 24, "24 hours.")],
)
def test_numbers_have_their_word(language: str, hours: int, expected: str) -> None:
    assert expected in " ".join(make("confirm", language, hours=hours).body.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_paragraph_about_nothing_is_left_out(language: str) -> None:
    assert frozenset({"line"}) == OPTIONAL
    with_line, without = (make("invitation", language, line=line).body for line in ("Komm dazu.", ""))
    assert "Komm dazu." in with_line
    assert without.count("\n\n") == with_line.count("\n\n") - 1


def test_braces_in_a_value_stay_what_they_are() -> None:
    made = make("invitation", "de", organization="{link} {days|x|y}", line="{support}")
    assert "{link} {days|x|y}" in made.subject
    assert "„{support}“" in made.body


def test_a_long_value_does_not_break_the_layout() -> None:
    made = make("member_removed", "de", organization="x" * 500)
    assert textwrap.shorten("x" * 199, 400) + "…" in made.body


def test_values_that_do_not_fit_the_message_are_a_fault() -> None:
    with pytest.raises(KeyError):
        render("reset", "de", {"link": LINK}, portal=PORTAL, support="hilfe@example.org")
    with pytest.raises(KeyError):
        render("password_changed", "fr", {"link": LINK}, portal=PORTAL, support="hilfe@example.org")
