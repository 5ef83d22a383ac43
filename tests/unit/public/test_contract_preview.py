"""The contract's preview: every part, gaps for an organisation's data, and what changed between versions."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from senfcall_avv.contracts.texts import MODULES as KNOWN_MODULES
from senfcall_avv.contracts.texts import VARIABLES, Texts, read_texts
from senfcall_avv.public.contract_preview import GAPS, MODULES, Change, changes, preview

SHIPPED = Path(__file__).parents[3] / "contracts"
TODAY = date(2026, 11, 24)


@pytest.fixture
def two(tmp_path: Path) -> Texts:
    """The shipped version, and one after it with a paragraph more and one less."""
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "contracts"))
    old = next(path for path in sorted(folder.iterdir()) if path.is_dir())
    new = Path(shutil.copytree(old, folder / "99.0"))
    manifest = new / "contract.toml"
    manifest.write_text(manifest.read_text().replace(f'version = "{old.name}"', 'version = "99.0"', 1))
    parties = new / "parties.md"
    kept = parties.read_text().split("\n\n")
    parties.write_text("\n\n".join([*kept[:1], *kept[2:], "Neu für {organization_name}."]) + "\n")
    return read_texts(folder, TODAY)


def test_there_is_a_gap_for_every_variable_and_a_name_for_every_module() -> None:
    assert set(GAPS) == VARIABLES
    assert set(MODULES) == KNOWN_MODULES


def test_every_part_is_shown_with_gaps_and_optional_parts_say_so() -> None:
    version = read_texts(SHIPPED, TODAY).current
    parts = list(preview(version))
    assert [part.name for part in parts] == [*(part.name for part in version.manifest.part), version.terms.name]
    assert len({part.id for part in parts}) == len(parts)
    assert {part.module for part in parts} == {"", *MODULES.values()}
    text = "".join(part.html for part in parts)
    assert "[Name eurer Organisation]" in text
    assert "{" not in text


def test_what_came_and_what_went_is_told_by_part(two: Texts) -> None:
    old, new = two.versions[-2:]
    found = list(changes(old, new))
    part = old.manifest.part[0].name
    assert [change.kind for change in found] == ["gone", "new"]
    assert found[1] == Change("new", part, "Neu für [Name eurer Organisation].")
    assert found[0].part == part
    assert [change.kind for change in changes(new, old)] == ["new", "gone"]
    assert list(changes(old, old)) == []
