"""Dates, numbers, sizes and spans in German and in English, in Berlin's time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from senfcall_avv.layout.formats import Formats, local

WINTER = datetime(2026, 11, 24, 13, 31, tzinfo=UTC)
SUMMER = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
DE, EN = Formats("de"), Formats("en")


def test_days() -> None:
    assert (DE.date(date(2026, 3, 1)), EN.date(date(2026, 3, 1))) == ("01.03.2026", "1 Mar 2026")


def test_a_moments_day_is_berlins() -> None:
    assert DE.date(SUMMER) == "02.07.2026"


def test_moments() -> None:
    assert (DE.datetime_(WINTER), EN.datetime_(WINTER)) == ("24.11.2026, 14:31 Uhr", "24 Nov 2026, 14:31")
    assert (DE.datetime_(SUMMER), DE.time_of_day(SUMMER)) == ("02.07.2026, 00:30 Uhr", "00:30 Uhr")
    assert EN.time_of_day(WINTER) == "14:31"


def test_a_naive_moment_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="time zone"):
        local(datetime(2026, 1, 1))


def test_stamps_are_read_by_programs_too() -> None:
    assert DE.stamp(WINTER) == '<time datetime="2026-11-24T14:31+01:00">24.11.2026, 14:31 Uhr</time>'
    assert EN.stamp(date(2026, 11, 24)) == '<time datetime="2026-11-24">24 Nov 2026</time>'
    assert hasattr(DE.stamp(WINTER), "__html__")


def test_numbers() -> None:
    assert (DE.number(1204), EN.number(1204), DE.number(0.5), DE.number(-3)) == ("1.204", "1,204", "0,5", "-3")


@pytest.mark.parametrize(
    ("count", "german"),
    [(0, "0 Byte"), (999, "999 Byte"), (1000, "1 kB"), (1_234_567, "1,2 MB"), (999_600, "1 MB"), (12_345_678, "12 MB"),
     (10_000_000, "10 MB"), (5_000_000_000_000, "5.000 GB")],
)  # fmt: skip
def test_sizes(count: int, german: str) -> None:
    assert DE.size(count).replace("\N{NO-BREAK SPACE}", " ") in {german, german.replace(".", "")}


@pytest.mark.parametrize(
    ("passed", "german", "english"),
    [
        (timedelta(seconds=59), "gerade eben", "just now"),
        (timedelta(minutes=1), "vor 1 Minute", "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "vor 59 Minuten", "59 minutes ago"),
        (timedelta(hours=1), "vor 1 Stunde", "1 hour ago"),
        (timedelta(hours=23, minutes=59), "vor 23 Stunden", "23 hours ago"),
        (timedelta(days=1), "24.11.2026, 14:31 Uhr", "24 Nov 2026, 14:31"),
        (-timedelta(minutes=5), "24.11.2026, 14:31 Uhr", "24 Nov 2026, 14:31"),
    ],
)
def test_how_long_ago(passed: timedelta, german: str, english: str) -> None:
    assert (DE.ago(WINTER, WINTER + passed), EN.ago(WINTER, WINTER + passed)) == (german, english)


def test_durations() -> None:
    assert [DE.duration(seconds) for seconds in (0, 59, 60, 3600, 8100, 3_600_000)] == [
        "0 Min.", "0 Min.", "1 Min.", "1 Std.", "2 Std. 15 Min.", "1.000 Std.",
    ]  # fmt: skip
    assert EN.duration(8100) == "2 h 15 min"
