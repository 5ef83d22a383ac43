"""Talking to clamd: what is sent, and which answers count."""

from __future__ import annotations

from pathlib import Path

import pytest

from senfcall_avv.documents.scanner import CHUNK_BYTES, Scan, is_available, scan
from tests.clamd import VIRUS, Scanner, scanner

__all__ = ["scanner"]


@pytest.mark.parametrize("size", [1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_a_file_of_any_size_arrives_whole(scanner: Scanner, size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    assert scan(data[:size], scanner.path, 5) is Scan.CLEAN
    assert scanner.scanned == [data[:size]]


def test_a_virus_across_two_chunks_is_found(scanner: Scanner) -> None:
    assert scan(bytes(CHUNK_BYTES - 10) + VIRUS, scanner.path, 5) is Scan.FOUND


@pytest.mark.parametrize("mood", ["silent", "error", "nonsense", "gone"])
def test_only_a_verdict_is_a_verdict(scanner: Scanner, mood: str) -> None:
    scanner.mood = mood
    assert scan(VIRUS, scanner.path, 0.2) is Scan.NOT_AVAILABLE
    assert not is_available(scanner.path, 0.2)
    scanner.mood = "well"
    assert scan(VIRUS, scanner.path, 5) is Scan.FOUND
    assert is_available(scanner.path, 5)


def test_no_time_is_no_verdict(scanner: Scanner) -> None:
    assert scan(VIRUS, scanner.path, 0) is Scan.NOT_AVAILABLE


def test_a_socket_that_is_none_is_no_verdict(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "nothing", tmp_path / "file", tmp_path, tmp_path / ("x" * 200)):
        assert scan(VIRUS, path, 1) is Scan.NOT_AVAILABLE
        assert not is_available(path, 1)
    assert scan(VIRUS, None, 1) is Scan.NOT_AVAILABLE
