"""The operators' folder: what is read, what is refused at start, and what the shipped samples promise."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from senfcall_avv.public.texts import NAMES, Texts, TextsError, load

SHIPPED = Path(__file__).parents[3] / "texts"
SETTLED = {
    "portal_url": "https://a.example.org",
    "gateway_url": "https://a.example.org",
    "support_mail": "a@example.org",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "texts"))


def refused(folder: Path) -> list[str]:
    with pytest.raises(TextsError) as caught:
        load(folder, SETTLED)
    assert all(problem in str(caught.value) for problem in caught.value.problems)
    return caught.value.problems


def write(folder: Path, name: str, text: str) -> Texts:
    (folder / name).write_text(text)
    return load(folder, SETTLED)


def test_every_shipped_text_is_there_in_both_languages_and_marked_as_a_sample() -> None:
    texts = load(SHIPPED, SETTLED)
    assert set(texts.documents) == {(name, language) for name in NAMES for language in ("de", "en")}
    assert set(texts.samples) == {
        "site.toml",
        "sub-processors.toml",
        *(f"{language}/{name}.md" for name in NAMES for language in ("de", "en")),
    }


def test_places_that_other_pages_link_to_exist_in_both_languages() -> None:
    texts = load(SHIPPED, SETTLED)
    for language in ("de", "en"):
        assert "cookies" in {heading.id for heading in texts.document("privacy", language).contents}
        assert "frontends" in {heading.id for heading in texts.document("terms", language).contents}


def test_an_english_text_that_is_missing_is_shown_in_german(folder: Path) -> None:
    (folder / "en" / "terms.md").unlink()
    texts = load(folder, SETTLED)
    assert texts.document("terms", "en").language == "de"
    assert texts.document("imprint", "en").language == "en"


def test_a_text_has_title_version_date_and_the_settings_values(folder: Path) -> None:
    text = write(
        folder, "de/terms.md", '+++\ntitle = "T"\nversion = "2.1"\ndate = 2027-01-02\n+++\n\n{portal_url}\n'
    ).document("terms", "de")
    assert (text.title, text.version, text.date, text.sample) == ("T", "2.1", date(2027, 1, 2), False)
    assert text.html == "<p>https://a.example.org</p>\n"


def test_everything_that_is_wrong_is_told_at_once_with_file_and_line(folder: Path) -> None:
    (folder / "de" / "imprint.md").unlink()
    (folder / "de" / "privacy.md").write_text("## Ohne Kopf\n")
    (folder / "de" / "terms.md").write_text('+++\ntitle = "T"\nversion = "1"\ndate = 2026-01-01\n+++\n\n\n{nobody}\n')
    (folder / "en" / "terms.md").write_bytes(b"\xff")
    (folder / "announcements.toml").write_text("announcements = [")
    (folder / "sub-processors.toml").write_text('version = "1"\ndate = 2026-01-01\nentry = []\n')
    found = refused(folder)
    assert "de/imprint.md: is missing" in found
    assert "de/privacy.md:1: the file begins with a head between two lines of +++" in found
    assert any(
        problem.startswith("de/terms.md:8: there is no variable {nobody}; known are authority") for problem in found
    )
    assert "en/terms.md: cannot be read (UnicodeDecodeError)" in found
    assert any(problem.startswith("announcements.toml: ") for problem in found)
    assert "sub-processors.toml: entry: Extra inputs are not permitted" in found


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("support_mail = 'x@example.org'", "site.toml: support_mail"),
        ("privacy_mail = 'nobody'", "site.toml"),
    ],
)
def test_the_sites_values_are_checked(folder: Path, line: str, told: str) -> None:
    (folder / "site.toml").write_text((SHIPPED / "site.toml").read_text() + line + "\n")
    assert refused(folder)[0].startswith(told)


def announcement(begin: str, end: str = "", down: str = "") -> str:
    lines = ["[[announcements]]", 'words.de = "Arbeiten"', f"begin = {begin}"]
    return "\n".join([*lines, *([f"end = {end}"] if end else []), *([f"down = {down}"] if down else [])]) + "\n"


def test_an_announcement_is_shown_from_its_begin_to_its_end(folder: Path) -> None:
    text = announcement("2026-11-24T10:00:00+01:00", "2026-11-24T11:00:00+01:00") + announcement("2026-11-20")
    news = write(folder, "announcements.toml", text).announcements
    shown = [
        len(news.now(datetime(2026, 11, 24, hour, minute, tzinfo=UTC))) for hour, minute in ((8, 59), (9, 0), (10, 0))
    ]
    assert shown == [1, 2, 1]
    assert news.now(datetime(2026, 11, 24, 9, 30, tzinfo=UTC))[0].begin.hour == 9


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (announcement("2026-11-24T10:00:00"), "must say its offset"),
        (announcement("2026-11-24", "2026-11-23"), "end must lie after begin"),
        (announcement("2026-11-24", down='["power"]'), "Input should be"),
    ],
)
def test_announcements_that_cannot_be_meant_are_refused(folder: Path, text: str, told: str) -> None:
    (folder / "announcements.toml").write_text(text)
    assert told in refused(folder)[0]


def test_the_readme_names_every_variable_and_every_file() -> None:
    readme = (SHIPPED / "README.md").read_text()
    texts = load(SHIPPED, SETTLED)
    for name in (*texts.site.model_dump(exclude={"sample"}), *SETTLED):
        assert f"`{name}`" in readme, name
    for name in ("site.toml", "sub-processors.toml", "announcements.toml", *(f"de/{name}.md" for name in NAMES)):
        assert f"`{name}`" in readme, name
