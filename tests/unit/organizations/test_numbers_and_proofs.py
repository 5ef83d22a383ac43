from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from senfcall_avv.organizations.numbers import (
    business_number,
    court_name,
    number_warnings,
    register_number,
    tax_number,
)
from senfcall_avv.organizations.proof import proof_warnings, valid_until, window_of
from senfcall_avv.organizations.schemas.checks import NotValid, day, https_url
from senfcall_avv.organizations.schemas.fields import Facts, Rules

TODAY = Rules(date(2026, 11, 2))


def warned(land: str = "HE", form: str = "ev", **register: str) -> list[str]:
    facts = Facts({"contact": {"land": land}, "organization": {"legal_form": form}, "register": register}, {}, TODAY)
    return [warning.field for warning in number_warnings(facts)]


@pytest.mark.parametrize(
    ("land", "number"),
    [
        ("HE", "007 250 12345"),
        ("BY", "143/815/08155"),
        ("NW", "133/8150/8159"),
        ("TH", "151/815/08156"),
        ("BE", "21/815/08150"),
        ("TH", "4151081508156"),
    ],
)
def test_a_usual_number_is_not_remarked_on(land: str, number: str) -> None:
    assert tax_number(number) == number
    assert warned(land, tax_number=number) == []


@pytest.mark.parametrize(("land", "number"), [("SN", "007 250 12345"), ("HE", "143/815/08155"), ("HE", "07 250 12345")])
def test_an_unusual_number_is_a_warning(land: str, number: str) -> None:
    assert tax_number(number) == number
    assert warned(land, tax_number=number) == ["tax_number"]


def test_a_missing_zero_is_named() -> None:
    facts = Facts({"contact": {"land": "HE"}, "register": {"tax_number": "07 250 12345"}}, {}, TODAY)
    (warning,) = number_warnings(facts)
    assert "Null" in warning.message


def test_without_a_state_there_is_nothing_to_compare() -> None:
    assert warned("", tax_number="007 250 12345") == []


@pytest.mark.parametrize(
    ("kind", "court", "number", "found"),
    [
        ("VR", "Amtsgericht Darmstadt", "1234", []),
        ("VR", "Darmstadt", "1234", []),
        ("VR", "Amtsgericht Charlottenburg", "1234 B", []),
        ("VR", "Freiburg i. Br.", "1234", []),
        ("VR", "Amtsgericht Entenhausen", "1234", ["court"]),
        ("foundations", "Regierungspräsidium Darmstadt", "12", ["register_type"]),
        ("HRB", "Darmstadt", "1234", ["register_type"]),
        ("none", "", "", ["register_type"]),
    ],
)
def test_courts_are_compared_as_people_write_them(kind: str, court: str, number: str, found: list[str]) -> None:
    assert warned(register_type=kind, court=court, register_number=number) == found


def test_a_courts_name_loses_what_the_list_does_not_have() -> None:
    assert court_name("Amtsgericht Freiburg i. Breisgau") == "Freiburg"
    assert court_name("AG Frankfurt a. M.") == "Frankfurt am main"


@pytest.mark.parametrize(("number", "found"), [("DE136695976", []), ("DE136695978", ["business_number"]), ("", [])])
def test_the_check_digit_is_computed(number: str, found: list[str]) -> None:
    assert warned(business_number=number) == found


@pytest.mark.parametrize(
    ("check", "typed", "kept"),
    [
        (register_number, "VR 1234", "1234"),
        (register_number, "1234b", "1234 B"),
        (register_number, "HRB 9 HL", "9 HL"),
        (business_number, "de 123456788-00001", "DE123456788-00001"),
        (business_number, "DE12345678800001", "DE123456788-00001"),
    ],
)
def test_numbers_get_their_usual_form(check: Callable[[str], str], typed: str, kept: str) -> None:
    assert check(typed) == kept


@pytest.mark.parametrize(
    ("check", "typed"),
    [
        (tax_number, "12345678"),
        (tax_number, "123456789012"),
        (tax_number, "٠٠٧٢٥٠١٢٣٤٥"),
        (tax_number, "007 250 12345 b"),
        (register_number, "0123"),
        (register_number, "1234567"),
        (register_number, "12 ABCD"),
        (business_number, "DE1234"),
        (business_number, "AT123456789"),
        (https_url, "https://x.de:0/"),
        (https_url, "https://x.de/a b"),
        (https_url, "https://[::1]/"),
        (https_url, "https://x.de\n"),
        (day, "31.11.2024"),
        (day, "1.1.24 "),
        (day, "١.١.٢٠٢٤"),
    ],
)
def test_what_no_such_number_can_have_is_refused(check: Callable[[str], object], typed: str) -> None:
    with pytest.raises(NotValid) as caught:
        check(typed)
    assert caught.value.message


@pytest.mark.parametrize(
    ("of", "years", "last"),
    [
        (date(2022, 3, 15), 5, date(2027, 3, 15)),
        (date(2024, 1, 10), 3, date(2027, 1, 10)),
        (date(2024, 2, 29), 3, date(2027, 2, 28)),
        (date(2024, 2, 29), 4, date(2028, 2, 29)),
    ],
)
def test_a_notice_counts_to_the_day(of: date, years: int, last: date) -> None:
    assert valid_until(of, years) == last


def proof(today: date, **answers: str) -> Facts:
    return Facts({"proof": answers}, {}, Rules(today))


def test_the_window_ends_after_its_last_day() -> None:
    answers = {"kind": "freistellungsbescheid", "date": "2021-11-02"}
    assert window_of(proof(date(2026, 11, 2), **answers)) == date(2026, 11, 2)
    assert proof_warnings(proof(date(2026, 11, 2), **answers)) == []
    assert [found.field for found in proof_warnings(proof(date(2026, 11, 3), **answers))] == ["date"]
    newer = answers | {"kind": "feststellung_60a"}
    assert [found.field for found in proof_warnings(proof(date(2026, 11, 2), **newer))] == ["date"]


@pytest.mark.parametrize("answers", [{}, {"kind": "kdoer", "date": "2001-01-01"}, {"kind": "freistellungsbescheid"}])
def test_without_kind_or_date_there_is_no_window(answers: dict[str, str]) -> None:
    assert window_of(proof(date(2026, 11, 2), **answers)) is None
    assert proof_warnings(proof(date(2026, 11, 2), **answers)) == []


def test_years_the_wrong_way_round_are_remarked_on() -> None:
    found = proof_warnings(proof(date(2026, 11, 2), year_from="2022", year_to="2019"))
    assert [warning.field for warning in found] == ["year_to"]
