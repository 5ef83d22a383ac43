"""One policy file as a document: its text, its values and the place of each, or what keeps it from being read."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final

from senfcall_avv.policy.errors import WARNINGS, Diagnostic, Level, Place
from senfcall_avv.policy.positions import Entry, Path, Positions, Span, locate
from senfcall_avv.policy.ruleset import Origin
from senfcall_avv.policy.schema import VERSION, Misfit, PolicyFile, shape
from senfcall_avv.policy.spelling import did_you_mean

MOST: Final = 100
"""Mistakes of one kind that are reported of a file at most: nobody reads more, and suggestions take time."""
NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
SUFFIX: Final = ".toml"
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
SECRETS: Final = frozenset(("attendeePW", "moderatorPW", "password"))
"""Parameters whose values in ``set`` and ``default`` are never printed."""
_LARGEST: Final = 2**63 - 1
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_START: Final = Span(1, 1, 2)


def dotted(path: Path) -> str:
    """Write a key path as TOML would: ``calls.create.families."meta_*".names``; list indices are left out."""
    keys = [part for part in path if isinstance(part, str)]
    return ".".join(key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False) for key in keys)


def quoted(value: object) -> str:
    """Show a value of a file as it is written there, shortened."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value if len(value) <= 60 else value[:59] + "…", ensure_ascii=False)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(quoted(item) for item in value[:5]) + (", …]" if len(value) > 5 else "]")
    return "a table" if isinstance(value, dict) else str(value)


@dataclass(frozen=True, slots=True)
class Document:
    """A file that has the shape of a policy. ``name`` is the file's name without its ending."""

    name: str
    lines: tuple[str, ...]
    model: PolicyFile
    positions: Positions
    masked: Mapping[int, tuple[Span, ...]] = field(default_factory=dict)

    @property
    def file(self) -> str:
        return self.name + SUFFIX

    def _entry(self, path: Path) -> Entry:
        return self.positions.nearest(path) or Entry(_START, _START)

    def origin(self, path: Path) -> Origin:
        """Give the line where a key stands."""
        return Origin(self.file, self._entry(path).key.line)

    def place(self, path: Path, of: str = "key") -> Place:
        """Give the place of a key, or of its value (``of="value"``), for a message."""
        entry = self._entry(path)
        return make_place(self.file, self.lines, entry.value if of == "value" else entry.key, self.masked)

    def report(
        self,
        code: str,
        path: Path,
        message: str,
        *,
        of: str = "key",
        hint: str | None = None,
        note: str | None = None,
        second: Place | None = None,
    ) -> Diagnostic:
        """Make a message about a place of this file."""
        level: Level = "warning" if code in WARNINGS else "error"
        return Diagnostic(code, level, self.place(path, of), dotted(path), message, hint, note, second)


def make_place(file: str, lines: tuple[str, ...], span: Span, masked: Mapping[int, tuple[Span, ...]]) -> Place:
    """Make a place with its line of text; the tokens in ``masked`` (by line) are blanked out."""
    text = lines[span.line - 1] if span.line <= len(lines) else ""
    for secret in masked.get(span.line, ()):
        start, end = secret.column - 1, secret.end_column - 1
        text = text[:start] + "*" * (min(end, len(text)) - start) + text[end:]
    return Place(file, span.line, span.column, span.end_column, text)


def _secrets(lines: tuple[str, ...], positions: Positions) -> Mapping[int, tuple[Span, ...]]:
    """Give the places of passwords in ``set`` and ``default``, by line: they are never printed."""
    found: dict[int, list[Span]] = {}
    for path, entry in positions.entries.items():
        if len(path) >= 4 and path[2] in {"set", "default"} and path[3] in SECRETS:
            span = entry.value
            found.setdefault(span.line, []).append(span)
            if lines[span.line - 1 : span.line] and span.end_column > len(lines[span.line - 1]):
                _hide_following(lines, span, found)
    return {line: tuple(spans) for line, spans in found.items()}


def _hide_following(lines: tuple[str, ...], span: Span, found: dict[int, list[Span]]) -> None:
    """Hide the rest of a text in triple quotes, up to the line that closes it."""
    opening = lines[span.line - 1][span.column - 1 : span.column + 2]
    if opening not in {'"""', "'''"}:
        return
    for number in range(span.line + 1, len(lines) + 1):
        text = lines[number - 1]
        found.setdefault(number, []).append(Span(number, 1, len(text) + 1))
        if opening in text:
            return


def read_document(file: str, text: str) -> Document | list[Diagnostic]:
    """Read one file's text: the document, or every mistake of syntax and shape (P001, P002, P005 to P008, P064)."""
    lines = tuple(text.split("\n"))
    try:
        return _read(file, text, lines)
    except RecursionError:
        return [_plain("P001", file, lines, _START, "the file nests too deeply to be read")]


def _read(file: str, text: str, lines: tuple[str, ...]) -> Document | list[Diagnostic]:
    if text.startswith("\ufeff"):
        return [
            _plain("P001", file, lines, _START, "the file begins with a byte order mark", note="save it as plain UTF-8")
        ]
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return [_syntax(file, text, lines, error)]
    except ValueError:  # int() refuses more than a few thousand digits
        return [_plain("P001", file, lines, _START, "a number in the file has too many digits to be read")]
    positions = locate(text)
    read = shape(data)
    if isinstance(read, PolicyFile):
        document = Document(file.removesuffix(SUFFIX), lines, read, positions, _secrets(lines, positions))
        return list(_values(document, data)) or document
    # The model of an empty file stands in: only places are asked of this document.
    stand_in = PolicyFile(schema=VERSION, title=file)
    document = Document(file.removesuffix(SUFFIX), lines, stand_in, positions, _secrets(lines, positions))
    return [_misfit(document, misfit) for misfit in read[:MOST]]


_SECRET_LINE: Final = re.compile(rf"\b(?:{'|'.join(sorted(SECRETS))})\b[\"']?\s*=\s*(?P<value>.*)")


def _plain(
    code: str, file: str, lines: tuple[str, ...], span: Span, message: str, *, note: str | None = None
) -> Diagnostic:
    """Make a message about a text that is no TOML, so that only the look of a line tells that it holds a password."""
    found = _SECRET_LINE.search(lines[span.line - 1]) if span.line <= len(lines) else None
    masked = {}
    if found is not None:
        masked[span.line] = (Span(span.line, found.start("value") + 1, found.end("value") + 1),)
    return Diagnostic(code, "error", make_place(file, lines, span, masked), "", message, None, note)


_AT: Final = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)
_TWICE: Final = re.compile(r"(?i)cannot (overwrite|declare|redefine|mutate)|duplicate")
_SYNTAX: Final = (
    ("Expected '='", 'expected "=" after a key'),
    ("Expected newline or end of document", "expected the end of the line after a value"),
    ("Invalid initial character for a key", "a key or a table was expected here"),
    ("Invalid value", "this is no TOML value; text stands in quotes"),
    ("Unclosed array", 'a list is not closed with "]"'),
    ("Unclosed inline table", 'a table in one line is not closed with "}"'),
    ("Unterminated string", "a text is not closed with a quote"),
    ("Expected \"'''\"", "a text is not closed with three quotes"),
    ("Illegal character", "there is a character here that TOML does not allow, perhaps a line break inside quotes"),
    ("Unescaped '\\'", 'a backslash in a text in double quotes must be doubled ("\\\\")'),
    ("Invalid hex value", "an escape like \\u00e4 needs exactly its hexadecimal digits"),
    ("Escaped character is not a Unicode scalar", "this escape stands for no character"),
    ("Invalid date", "this is no date"),
)


def _syntax(file: str, text: str, lines: tuple[str, ...], error: tomllib.TOMLDecodeError) -> Diagnostic:
    found = _AT.fullmatch(str(error))
    said = found[1] if found else str(error)
    line = int(found[2]) if found and found[2] else len(lines)
    column = int(found[3]) if found and found[3] else len(lines[-1]) + 1
    if _TWICE.search(said):
        return _twice(file, text, lines, Span(line, column, column + 1))
    if line == len(lines) and not lines[-1].strip() and line > 1:  # the end: show the last line that says something
        line = max((number for number, row in enumerate(lines, 1) if row.strip()), default=1)
        column = len(lines[line - 1]) + 1
    words = next((ours for theirs, ours in _SYNTAX if said.startswith(theirs)), "this is not TOML")
    return _plain("P001", file, lines, Span(line, column, column + 1), words)


def _twice(file: str, text: str, lines: tuple[str, ...], fallback: Span) -> Diagnostic:
    positions = locate(text)
    repeated = [(path, entry) for path, entry in positions.repeated if entry.key.line <= fallback.line]
    if not repeated:
        return _plain("P002", file, lines, fallback, "a key is defined a second time, or as something else before")
    path, entry = repeated[0]
    masked = _secrets(lines, positions)
    first = make_place(file, lines, positions.entries[path].key, masked)
    place = make_place(file, lines, entry.key, masked)
    return Diagnostic(
        "P002", "error", place, dotted(path), f'"{dotted(path)}" is defined a second time', None, None, first
    )


def _misfit(document: Document, misfit: Misfit) -> Diagnostic:
    path, key = misfit.path, str(misfit.path[-1])
    if misfit.kind == "unknown_key":
        hint = did_you_mean(key, misfit.keys)
        note = None if hint or not misfit.keys else "known here: " + ", ".join(misfit.keys)
        return document.report("P006", path, f"unknown key {quoted(key)}", hint=hint, note=note)
    if path == ("schema",):
        return document.report("P005", path, _schema_words(misfit), of="value")
    if misfit.kind == "missing":
        if path == ("title",):
            return document.report("P008", (), "a policy needs a title")
        return document.report("P007", path, f'{dotted(path[:-1])} needs "{key}"')
    secret = len(path) >= 4 and path[3] in SECRETS
    given = "this" if secret else _type_words(misfit.value)
    expected = misfit.expected
    if path[0] == "limits" and len(path) == 2:
        expected = "an integer, or a table with default and max"
    hint = did_you_mean(misfit.value, misfit.keys) if isinstance(misfit.value, str) else None
    subject = dotted(path) if isinstance(path[-1], str) else f"each entry of {dotted(path)}"
    return document.report("P007", path, f"{subject} must be {expected}, not {given}", of="value", hint=hint)


def _schema_words(misfit: Misfit) -> str:
    if misfit.kind == "missing":
        return f'the first key must say which language this is: "schema = {VERSION}"'
    if isinstance(misfit.value, int) and not isinstance(misfit.value, bool) and misfit.value > VERSION:
        return f"schema {misfit.value} is newer than this program ({VERSION})"
    return f"schema must be {VERSION}, not {quoted(misfit.value)}"


def _type_words(value: object) -> str:
    if isinstance(value, datetime | date | time):
        return "a date or time"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return quoted(value)


def _values(document: Document, data: Mapping[str, object]) -> Iterator[Diagnostic]:
    """Find what pydantic cannot know: empty titles, dates among values, control characters, numbers beyond 64 bits."""
    if not document.model.title.strip():
        yield document.report("P008", ("title",), "a policy needs a title", of="value")
    if "valid" in data:
        note = "until then: keep a second profile, and assign it when the time has come"
        yield document.report("P064", ("valid",), "this version of the program knows no time windows", note=note)
        data = {key: value for key, value in data.items() if key != "valid"}
    for path, value in _leaves((), data):
        if isinstance(value, float | datetime | date | time):
            shown = "a password" if SECRETS & set(path) else _type_words(value)
            yield document.report(
                "P007", path, f"{dotted(path)} must be no number with a point and no date: {shown}", of="value"
            )
        elif isinstance(value, int) and abs(value) > _LARGEST:
            yield document.report("P007", path, f"{dotted(path)} is larger than any integer can be", of="value")
        elif isinstance(value, str) and _CONTROL.search(value):
            yield document.report("P007", path, f"{dotted(path)} holds a control character", of="value")
        elif isinstance(path[-1], str) and _CONTROL.search(path[-1]):
            yield document.report("P006", path, f"unknown key {quoted(path[-1])}")


def _leaves(path: Path, value: object) -> Iterator[tuple[Path, object]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves((*path, key), inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves((*path, index), inner)
    else:
        yield path, value
