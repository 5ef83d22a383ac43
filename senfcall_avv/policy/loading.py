"""From a directory to texts, and from texts to a policy: the only place here that touches the disk.

A directory is read once, whole, into ``Sources``; everything after that works on the texts. Whoever watches a directory
reads it again and compares ``Sources``.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from senfcall_avv.bbb.catalog import Catalogue
from senfcall_avv.policy.documents import NAME, SUFFIX, make_place, quoted
from senfcall_avv.policy.engine import Policy, PolicyEngine, Sources
from senfcall_avv.policy.errors import Diagnostic, Level, Place, PolicyError
from senfcall_avv.policy.positions import Span

MAX_FILES: Final = 64
MAX_BYTES: Final = 256 * 1024
TESTS: Final = "tests"
TEST_SUFFIX: Final = ".test.toml"
DATA_SUFFIX: Final = ".txt"
"""Files for engines other than the declarative one; they follow the same rules but for their content."""
_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY | os.O_NOFOLLOW


class Reading(NamedTuple):
    """A directory as it was read. ``unreadable`` names the policies whose files broke a rule."""

    sources: Sources
    diagnostics: list[Diagnostic]
    unreadable: frozenset[str]


class _Refused(Exception):
    """A file that is not read; ``args[0]`` says why."""


def read_directory(directory: Path, *, production: bool) -> Reading:
    """Read all policy files of a directory; hidden files, folders and other kinds of files are left alone.

    ``production``: a file that others may change is an error there, a warning elsewhere (P004). Raises PolicyError if
    there is no such directory or it holds too many files.
    """
    shown = directory.name or str(directory)
    diagnostics: list[Diagnostic] = []
    files: dict[str, str] = {}
    unreadable: set[str] = set()
    for name in _names(directory, shown, (SUFFIX, DATA_SUFFIX)):
        problem = _check_name(name)
        if problem is None:
            text, problems = _read(directory, name, shown, production=production)
            diagnostics += problems
            if text is not None:
                files[name] = text
                continue
        else:
            diagnostics.append(problem)
        unreadable.add(name.removesuffix(SUFFIX))
    diagnostics += _check_mode(directory.stat().st_mode, "", f"the directory {shown}/", production=production)
    return Reading(Sources(files, shown), diagnostics, frozenset(unreadable))


def load(directory: Path, engine: PolicyEngine, catalogue: Catalogue, *, production: bool) -> Policy:
    """Read a directory and compile what it holds. Raises PolicyError with every mistake at once."""
    from senfcall_avv.policy.language import check

    reading = read_directory(directory, production=production)
    if any(diagnostic.level == "error" for diagnostic in reading.diagnostics):
        _, found = check(reading.sources, catalogue, unreadable=reading.unreadable)
        raise PolicyError([*reading.diagnostics, *found], reading.sources.directory)
    return engine.compile(reading.sources, catalogue)


def read_tests(directory: Path) -> tuple[Mapping[str, str], list[Diagnostic]]:
    """Read the test files beside a policy, from the folder ``tests`` if there is one; by name within the directory.

    Raises PolicyError if the folder cannot be listed or holds too many files.
    """
    folder = directory / TESTS
    if not folder.is_dir():
        return {}, []
    shown = directory.name or str(directory)
    diagnostics: list[Diagnostic] = []
    files: dict[str, str] = {}
    for name in _names(folder, f"{shown}/{TESTS}", (TEST_SUFFIX,)):
        text, problems = _read(directory, f"{TESTS}/{name}", shown, production=False)
        diagnostics += (problem for problem in problems if problem.level == "error")
        if text is not None:
            files[f"{TESTS}/{name}"] = text
    return files, diagnostics


def _names(directory: Path, shown: str, suffixes: tuple[str, ...]) -> list[str]:
    try:
        with os.scandir(directory) as entries:
            names = sorted(entry.name for entry in entries)
            found = [name for name in names if name.endswith(suffixes) and not name.startswith(".")]
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise PolicyError([_problem("P003", "", f"{shown}/ cannot be read: {reason}")], shown) from error
    if len(found) > MAX_FILES:
        message = f"{shown}/ holds {len(found)} policy files, and {MAX_FILES} is the most"
        raise PolicyError([_problem("P003", "", message)], shown)
    return found


def _problem(code: str, file: str, message: str, note: str | None = None, level: Level = "error") -> Diagnostic:
    return Diagnostic(code, level, Place(file), "", message, None, note)


def _check_name(name: str) -> Diagnostic | None:
    stem = name.removesuffix(SUFFIX).removesuffix(DATA_SUFFIX)
    if NAME.fullmatch(stem):
        return None
    note = "tests of a policy belong into the folder tests/" if stem.endswith(".test") else None
    message = f"{quoted(name)} is no name for a policy: small letters, digits and hyphens, 40 at most, then {SUFFIX}"
    return _problem("P009", name, message, note)


def _read(directory: Path, name: str, shown: str, *, production: bool) -> tuple[str | None, list[Diagnostic]]:
    try:
        data, mode = _bytes(directory, name, shown)
    except _Refused as refused:
        return None, [_problem("P003", name, f"{shown}/{name} {refused.args[0]}")]
    except OSError as error:
        return None, [_problem("P003", name, f"{shown}/{name} cannot be read: {(error.strerror or '').lower()}")]
    problems = list(_check_mode(mode, name, name, production=production))
    try:
        return data.decode("utf-8"), problems
    except UnicodeDecodeError as error:
        return None, [*problems, _not_utf8(name, data, error.start)]


def _bytes(directory: Path, name: str, shown: str) -> tuple[bytes, int]:
    """Give a regular file's bytes and mode. Never waits: a pipe is refused before it is opened, and again after."""
    path = directory / name
    if path.is_symlink():
        target = _real(path)  # a circle of links is not resolved, and refused by stat()
        if not target.is_relative_to(_real(directory)):
            raise _Refused(f"is a link to a place outside {shown}/")
        path = target
    if not stat.S_ISREG(path.stat().st_mode):
        raise _Refused("is not a regular file")
    descriptor = os.open(path, _FLAGS)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):  # exchanged since
            raise _Refused("is not a regular file")
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise _Refused(f"is larger than {MAX_BYTES // 1024} KiB")
    return data, status.st_mode


def _real(path: Path) -> Path:
    """Follow all links; unlike ``Path.resolve`` it raises nothing for a circle."""
    return Path(os.path.realpath(path))


def _check_mode(mode: int, file: str, subject: str, *, production: bool) -> Iterator[Diagnostic]:
    others = "any user of this machine" if mode & stat.S_IWOTH else "every member of its group"
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        level: Level = "error" if production else "warning"
        note = f"chmod go-w {file or 'the directory'}"
        yield _problem("P004", file, f"{subject} can be changed by {others}", note, level)


def _not_utf8(name: str, data: bytes, start: int) -> Diagnostic:
    lines = tuple(data.decode("utf-8", "replace").split("\n"))
    row = data.count(b"\n", 0, start)
    column = len(data[data.rfind(b"\n", 0, start) + 1 : start].decode("utf-8", "replace"))
    place = make_place(name, lines, Span(row + 1, column + 1, column + 2), {})
    return Diagnostic("P001", "error", place, "", "the file is not UTF-8", None, "save it as plain UTF-8")
