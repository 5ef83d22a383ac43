"""What people type, before anything looks at it: one form for equal texts, no traps, and validators that hold."""

from __future__ import annotations

import colander
import pytest

from senfcall_avv.layout import texts

NODE = colander.SchemaNode(colander.String(), name="field")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Verein  ", "Verein"),
        ("Mu\N{COMBINING DIAERESIS}ller", "M\N{LATIN SMALL LETTER U WITH DIAERESIS}ller"),
        ("a\u202eb\u2066c\u200ed\u061ce", "abcde"),
        ("a\u200bb\ufeffc\u00add", "abcd"),
        ("eins\r\nzwei\tdrei", "eins zwei drei"),
        ("eins\u2028zwei", "eins zwei"),
        ("می\N{ZERO WIDTH NON-JOINER}خواهم", "می\N{ZERO WIDTH NON-JOINER}خواهم"),
        ("\N{ZERO WIDTH JOINER}a\N{ZERO WIDTH JOINER} 1\N{ZERO WIDTH JOINER}", "a 1"),
        ("", colander.null),
        (" \u200b\t ", colander.null),
        (7, 7),
    ],
)  # fmt: skip
def test_a_line_has_one_form(typed: object, kept: object) -> None:
    assert texts.clean(typed) == kept


def test_lines_keep_their_ends_and_lose_what_stands_behind() -> None:
    assert texts.clean_lines("  eins  \r\n\r\nzwei\u2029drei\u202e \n") == "eins\n\nzwei\ndrei"
    assert texts.clean_lines(" \n ") is colander.null
    assert texts.clean_lines(None) is None


def test_a_password_keeps_its_spaces() -> None:
    assert (
        texts.clean_password("  geheim u\N{COMBINING DIAERESIS} ")
        == "  geheim \N{LATIN SMALL LETTER U WITH DIAERESIS} "
    )
    assert texts.clean_password("") is colander.null
    assert texts.clean_password(colander.null) is colander.null


@pytest.mark.parametrize("character", ["\0", "\x1b", "\x7f", "\ud800", "\ue000", "\U000e0fff"])
def test_what_cannot_be_read_is_refused(character: str) -> None:
    with pytest.raises(colander.Invalid):
        texts.readable(NODE, f"a{character}b")


def test_readable_texts_pass() -> None:
    texts.readable(NODE, "Ein Text\nin zwei Zeilen\tmit ß, é, 漢字 und 🌻.")
    texts.readable(NODE, None)


def test_no_field_takes_any_amount() -> None:
    texts.not_too_long(NODE, "x" * texts.MOST_CHARACTERS)
    with pytest.raises(colander.Invalid):
        texts.not_too_long(NODE, "x" * (texts.MOST_CHARACTERS + 1))


@pytest.mark.parametrize("address", ["a@example.org", "vor.name+zusatz@müll-verein.example", "o'neill@a.b.example"])
def test_mail_addresses_pass(address: str) -> None:
    texts.mail_address(NODE, address)


@pytest.mark.parametrize(
    "address",
    [
        "a@example.org\n", "a", "a@", "@example.org", "a b@example.org", "a@example", "a@-x.example", "a@exa mple.org",
        "a@b@example.org", ".a@example.org", "a.@example.org", "a..b@example.org", "a@example.123", "a@127.0.0.1",
        f"{'x' * 65}@example.org", f"a@{'x' * 64}.example", f"a@{'.'.join(['x' * 60] * 5)}.example", '"a"@example.org',
        "a@example.org>", "a,b@example.org", "a@exa\u202emple.org",
    ],
)  # fmt: skip
def test_what_is_no_mail_address_is_refused(address: str) -> None:
    with pytest.raises(colander.Invalid):
        texts.mail_address(NODE, address)


@pytest.mark.parametrize(
    "address", ["https://www.example.org", "http://example.org/pfad?x=1#y", "https://müll.example"]
)
def test_web_addresses_pass(address: str) -> None:
    texts.web_address(NODE, address)


@pytest.mark.parametrize(
    "address",
    [
        "x.de", 'https://x.de/"onclick=', "javascript:1", "https://user@x.de", "https://x.de:8080", "//x.de",
        "https://", "https://x.de/ y", "https://x.de/\n", "https://x.de/<b>", "ftp://x.de", "https://127.0.0.1/",
        "https://[::1]/", "https://localhost/", "https://x.de\\@y.de", f"https://x.de/{'x' * 500}", "https://[x/", "https://x.de:99999",
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_refused(address: str) -> None:
    with pytest.raises(colander.Invalid):
        texts.web_address(NODE, address)


@pytest.mark.parametrize("value", ["64289\n", "٦٤٢٨٩", "6428", " 64289", "642890"])
def test_a_form_is_matched_whole_and_in_ascii(value: str) -> None:
    check = texts.matching(r"\d{5}", "Die Postleitzahl hat fünf Ziffern.")
    check(NODE, "64289")
    with pytest.raises(colander.Invalid) as caught:
        check(NODE, value)
    assert caught.value.msg == "Die Postleitzahl hat fünf Ziffern."


def test_a_declaration_must_be_ticked() -> None:
    texts.must_be_true(NODE, True)
    for value in (False, None, "true", colander.null):
        with pytest.raises(colander.Invalid):
            texts.must_be_true(NODE, value)
