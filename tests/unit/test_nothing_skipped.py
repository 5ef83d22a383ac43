"""Where the whole suite must run, a test that skips itself is a failure."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
SKIPPING = """
import pytest

@pytest.mark.skipif(True, reason="there is no server")
def test_by_mark():
    pass

def test_by_call():
    pytest.skip("there is no program")

@pytest.mark.xfail(reason="known", strict=True)
def test_expected():
    assert False

def test_plain():
    pass
"""
SKIPPED_WHOLE = 'import pytest\n\npytest.skip("there is no library", allow_module_level=True)\n'


def run(folder: Path, text: str, **more: str) -> str:
    """Run a file of tests beside our own conftest; give the report."""
    (folder / "conftest.py").write_text((TESTS / "conftest.py").read_text())
    (folder / "test_sample.py").write_text(text)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AVV_", "PYTEST_"))}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-ra",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        ".",
        "-c",
        "none.ini",
    ]
    (folder / "none.ini").write_text("[pytest]\n")
    result = subprocess.run(command, cwd=folder, env=environment | more, capture_output=True, text=True, check=False)
    return result.stdout


def counts(report: str) -> dict[str, int]:
    return {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", report.splitlines()[-1].split(" in ")[0])}


def test_skipping_is_allowed_where_nobody_forbids_it(tmp_path: Path) -> None:
    assert counts(run(tmp_path, SKIPPING)) == {"passed": 1, "skipped": 2, "xfailed": 1}


def test_skipped_tests_fail_where_nothing_may_be_skipped(tmp_path: Path) -> None:
    report = run(tmp_path, SKIPPING, AVV_TEST_NOTHING_SKIPPED="1")
    # What a mark skips ends before the test begins: pytest calls such a failure an error.
    assert counts(report) == {"passed": 1, "failed": 1, "error": 1, "xfailed": 1}
    assert "Nothing may be skipped here, and this was. Skipped: there is no server" in report
    assert "Nothing may be skipped here, and this was. Skipped: there is no program" in report


def test_a_file_that_skips_itself_is_no_exception(tmp_path: Path) -> None:
    assert counts(run(tmp_path, SKIPPED_WHOLE, AVV_TEST_NOTHING_SKIPPED="1")) == {"error": 1}
