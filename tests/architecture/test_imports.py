"""Imports run one way, as the contracts in ``setup.cfg`` say; and the contracts notice when they don't."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "senfcall_avv"
CHECK = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports('setup.cfg', no_cache=True))"


def lint(folder: Path) -> tuple[int, str]:
    """Check the package in a folder against the contracts there; give exit code and report."""
    done = subprocess.run(
        [sys.executable, "-c", CHECK],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package and its contracts, to plant imports in."""
    shutil.copytree(PACKAGE, tmp_path / "senfcall_avv", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    return tmp_path


def plant(folder: Path, module: str, line: str) -> None:
    """Add an import at the end of a module."""
    with (folder / module).open("a") as file:
        file.write(f"\n{line}\n")


def contracts() -> ConfigParser:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    return config


def test_the_package_keeps_its_contracts() -> None:
    code, report = lint(ROOT)
    assert code == 0, report
    assert "0 broken" in report
    sections = [name for name in contracts().sections() if name.startswith("importlinter:contract:")]
    assert f"{len(sections)} kept" in report


def test_planted_imports_against_the_direction_are_found(copy: Path) -> None:
    plant(copy, "senfcall_avv/bbb/call.py", "from senfcall_avv.policy import engine")
    plant(copy, "senfcall_avv/policy/spelling.py", "import sqlalchemy")
    plant(copy, "senfcall_avv/simulator/style.py", "from senfcall_avv import sealing")
    plant(copy, "senfcall_avv/ledger/notes.py", "from senfcall_avv.endpoints import keys")
    plant(copy, "senfcall_avv/gateway/notes.py", "from senfcall_avv.public import views")
    plant(copy, "senfcall_avv/db.py", "from senfcall_avv import simulator")
    code, report = lint(copy)
    assert code == 1
    assert "4 broken" in report
    for found in (
        "senfcall_avv.bbb.call -> senfcall_avv.policy.engine",
        "senfcall_avv.policy.spelling -> sqlalchemy",
        "senfcall_avv.simulator.style -> senfcall_avv.sealing",
        "senfcall_avv.ledger.notes -> senfcall_avv.endpoints.keys",
        "senfcall_avv.gateway.notes -> senfcall_avv.public.views",
        "senfcall_avv.db -> senfcall_avv.simulator",
    ):
        assert found in report, report


def test_a_room_without_a_place_is_found(copy: Path) -> None:
    (copy / "senfcall_avv" / "attic").mkdir()
    (copy / "senfcall_avv" / "attic" / "__init__.py").write_text("")
    code, report = lint(copy)
    assert code == 1
    assert "senfcall_avv.attic" in report


def test_the_simulators_contract_names_every_other_room() -> None:
    listed = contracts()["importlinter:contract:aside"]["forbidden_modules"].split()
    rooms = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert {name.removeprefix("senfcall_avv.") for name in listed} == rooms - {"__init__", "bbb", "simulator"}
