from __future__ import annotations

import hashlib
import shutil
from datetime import date
from pathlib import Path

import pytest

from senfcall_avv.contracts.texts import MODULES, VARIABLES, Texts, TextsRefused, read_texts
from senfcall_avv.organizations import contract_data
from senfcall_avv.organizations.schemas.fields import Facts, Rules
from tests.factories.applications import FILLED

CONTRACTS = Path(__file__).parents[3] / "contracts"
TODAY = date(2026, 11, 2)
VALUES = {name: f"value of {name}" for name in VARIABLES}
NONE: frozenset[str] = frozenset()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "contracts"
    shutil.copytree(CONTRACTS, made)
    return made


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / "1.0" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


def texts() -> Texts:
    return read_texts(CONTRACTS, TODAY)


def test_the_shipped_text_says_that_it_is_a_sample() -> None:
    filled = texts().filled(VALUES, NONE)
    assert filled.sample
    assert "Muster" in filled.canonical
    assert filled.version == "1.0"


def test_the_hash_is_of_the_canonical_text() -> None:
    filled = texts().filled(VALUES, NONE)
    assert filled.sha256 == hashlib.sha256(filled.canonical.encode()).hexdigest()
    assert filled == texts().filled(VALUES, NONE)


@pytest.mark.parametrize("name", sorted(VARIABLES - {"church_authority", "regime"}))
def test_another_value_is_another_text(name: str) -> None:
    before, after = (texts().filled(VALUES | more, NONE) for more in ({}, {name: "something else"}))
    assert before.sha256 != after.sha256
    assert "something else" in after.canonical


def test_parts_for_some_stand_only_with_them() -> None:
    lengths = [len(texts().filled(VALUES, frozenset(chosen)).parts) for chosen in ((), ("church",), tuple(MODULES))]
    assert lengths == [lengths[0], lengths[0] + 1, lengths[0] + 2]
    assert VALUES["church_authority"] not in texts().filled(VALUES, NONE).canonical
    assert VALUES["church_authority"] in texts().filled(VALUES, frozenset(("church",))).canonical


@pytest.mark.parametrize(
    "value",
    ["<script>x()</script>", "**fett**", "| a | b |", "{regime}", "# Titel", "[x](https://example.org)", "&amp;"],
)
def test_what_is_filled_in_is_text_and_nothing_else(value: str) -> None:
    filled = texts().filled(VALUES | {"organization_name": value}, NONE)
    html = filled.parts[0].html
    expected = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert expected in html
    assert value in filled.canonical
    plain = texts().filled(VALUES, NONE).parts[0].html
    assert html.replace(expected, VALUES["organization_name"]) == plain


def test_line_ends_in_a_value_are_spaces() -> None:
    filled = texts().filled(VALUES | {"instructors": "Ada\n\n# Titel"}, NONE)
    assert "Ada # Titel" in filled.canonical


def test_headings_leave_the_first_level_to_the_page() -> None:
    assert "<h1" not in "".join(part.html for part in texts().filled(VALUES, NONE).parts)
    assert "<h2" in texts().filled(VALUES, NONE).parts[0].html


@pytest.mark.parametrize("values", [{}, VALUES | {"more": "x"}, {**VALUES, "town": "x"} | {"Town": "x"}])
def test_exactly_the_variables_are_filled_in(values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="variables"):
        texts().filled(values, NONE)


def test_an_organizations_answers_give_every_variable() -> None:
    for answers in ({}, FILLED):
        facts = Facts(answers, {}, Rules(TODAY))
        assert contract_data.variables(facts).keys() == VARIABLES
        assert contract_data.modules(facts) <= MODULES
        assert texts().filled(contract_data.variables(facts), contract_data.modules(facts)).sha256
    assert (
        contract_data.modules(Facts({"privacy": {"regime": "kdg", "professional_secrecy": True}}, {}, Rules(TODAY)))
        == MODULES
    )


MISTAKES = [
    ("contract.md", "# Vertragstext", "# {organisation}", r"contract\.md:1: there is no variable \{organisation\}"),
    ("contract.md", "## Präambel", "## Prä{ambel", r"contract\.md:3: a brace"),
    ("contract.md", "## Präambel", "## ![x](y.png)", r"contract\.md:3: image"),
    ("contract.md", "## Präambel", "## [x](https://example.org)", r"contract\.md:3: link"),
    ("contract.md", "## Präambel", "```\ncode\n```", r"contract\.md:3: fence"),
    ("contract.md", "## Präambel", "> quoted", r"contract\.md:3: blockquote"),
    ("contract.toml", 'version = "1.0"', 'version = "1.1"', r"contract\.toml: version"),
    ("contract.toml", 'version = "1.0"', 'version = "eins"', r"contract\.toml: version"),
    ("contract.toml", "sample = true", "sample = 1", r"contract\.toml: sample"),
    ("contract.toml", "sample = true", "sample = true\nmore = 1", r"contract\.toml: more"),
    ("contract.toml", 'module = "church"', 'module = "school"', r"no module school"),
    ("contract.toml", 'file = "annex-2.md"', 'file = "../annex-2.md"', r"contract\.toml: part\.4\.file"),
    ("contract.toml", 'file = "annex-2.md"', 'file = "annex-9.md"', r"annex-9\.md: cannot be read"),
    ("contract.toml", "[[part]]", "[[part", r"contract\.toml: cannot be read"),
    ("contract.toml", "2026-01-01", "2027-01-01", r"no version of the contract is valid yet"),
]


@pytest.mark.parametrize(("file", "old", "new", "message"), MISTAKES)
def test_a_mistake_is_told_with_its_place(folder: Path, file: str, old: str, new: str, message: str) -> None:
    change(folder, file, old, new)
    with pytest.raises(TextsRefused, match=message):
        read_texts(folder, TODAY)


def test_html_in_a_text_is_shown_as_it_stands(folder: Path) -> None:
    change(folder, "contract.md", "## Präambel", "## <b>Präambel</b>")
    assert "&lt;b&gt;Präambel" in read_texts(folder, TODAY).filled(VALUES, NONE).parts[1].html


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TextsRefused, match="no version"):
        read_texts(tmp_path, TODAY)


def test_the_highest_version_whose_day_has_come_is_offered(folder: Path) -> None:
    for version, first_day in (("1.10", "2026-02-01"), ("1.9", "2026-03-01"), ("2.0", "2027-01-01")):
        shutil.copytree(folder / "1.0", folder / version)
        path = folder / version / "contract.toml"
        text = path.read_text().replace('version = "1.0"', f'version = "{version}"', 1)
        path.write_text(text.replace("2026-01-01", first_day))
    assert read_texts(folder, TODAY).version == "1.10"
    assert read_texts(folder, date(2027, 1, 1)).version == "2.0"
