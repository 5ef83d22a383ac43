"""Engines are found by their entry point's name, and by nothing else."""

from pathlib import Path

import pytest

from senfcall_avv.policy.declarative import Declarative
from senfcall_avv.policy.engines import EngineNotFound, find, known


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a distribution with three engines where Python looks for distributions."""
    metadata = tmp_path / "other_engines-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: other-engines\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        "[senfcall_avv.policy_engines]\n"
        "later = other_engines:Later\nmissing = other_engines:Missing\nnowhere = no_such_module:Engine\n"
    )
    (tmp_path / "other_engines.py").write_text("class Later:\n    api = 2\n    name = 'later'\n")
    monkeypatch.syspath_prepend(tmp_path)


def test_the_shipped_engine_is_found() -> None:
    assert isinstance(find("declarative"), Declarative)


@pytest.mark.parametrize("name", ["cedar", "", "Declarative"])
def test_an_unknown_engine_is_an_error_that_names_the_known_ones(name: str) -> None:
    with pytest.raises(EngineNotFound, match="declarative"):
        find(name)


@pytest.mark.usefixtures("install")
def test_every_installed_engine_is_known() -> None:
    assert set(known()) >= {"declarative", "later", "missing", "nowhere"}


@pytest.mark.usefixtures("install")
@pytest.mark.parametrize(
    ("name", "words"), [("later", "interface 2"), ("missing", "does not load"), ("nowhere", "no_such_module")]
)
def test_an_engine_that_cannot_be_used_is_an_error(name: str, words: str) -> None:
    with pytest.raises(EngineNotFound, match=words):
        find(name)
