"""What is wrong with a policy, said once, with its place: the only words an operator sees when a file does not load."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

Level = Literal["error", "warning"]

WARNINGS: Final = frozenset(("P014", "P023", "P028", "P046", "P082", "P090"))
"""Codes that do not keep a policy from loading. P004 is one or the other, by where the program runs."""
WIDEST: Final = 160
"""Characters of a line that are shown; of a longer one the part around the token."""
MANUAL: Final = "docs/policy.md"


class Place(NamedTuple):
    """A token in a file. Lines and columns count from 1, in characters; ``end_column`` is the first one after it.

    ``excerpt`` is the text of the line, with secrets blanked out by whoever made the place. None for a place that has
    no line (a file that is missing or cannot be read); then ``line`` and the columns are 1.
    """

    file: str
    line: int = 1
    column: int = 1
    end_column: int = 1
    excerpt: str | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake, one message.

    ``path`` is the dotted key path within the file, empty for the file as a whole. ``hint`` stands beside the marker
    ("did you mean …"), ``note`` explains below. ``second`` is the other place of a conflict.
    """

    code: str
    level: Level
    place: Place
    path: str
    message: str
    hint: str | None = None
    note: str | None = None
    second: Place | None = None

    @property
    def file(self) -> str:
        return self.place.file

    @property
    def line(self) -> int:
        return self.place.line

    @property
    def column(self) -> int:
        return self.place.column

    @property
    def end_column(self) -> int:
        return self.place.end_column

    @property
    def doc(self) -> str:
        """Where the manual explains this code."""
        return f"{MANUAL}#{self.code.lower()}"

    @property
    def sort_key(self) -> tuple[str, int, int, str]:
        return (self.file, self.line, self.column, self.code)

    @property
    def reference(self) -> str:
        """Place and code in a few characters, for health pages and logs: ``senfcall.toml:8:25 P021``."""
        return f"{self.file}:{self.line}:{self.column} {self.code}"

    def as_json(self) -> Mapping[str, object]:
        """Give the diagnostic for ``--json``; keys are only ever added."""
        return {
            "code": self.code,
            "level": self.level,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "end_column": self.end_column,
            "path": self.path,
            "message": self.message,
            "hint": self.hint,
            "note": self.note,
            "second": None if self.second is None else {"file": self.second.file, "line": self.second.line},
            "doc": self.doc,
        }

    def brief(self) -> str:
        """Give the message in one line, without an excerpt."""
        where = self.file if self.place.excerpt is None else f"{self.file}:{self.line}"
        return printable(f"{self.level}[{self.code}] {where}  {self.message}")

    def render(self, directory: str = "policies") -> str:
        """Give the message with its lines of text, the token marked, and where to read on."""
        lines = [printable(f"{self.level}[{self.code}]: {self.message}")]
        width = max(len(str(place.line)) for place in (self.place, self.second) if place is not None)
        lines += _lines(self.place, "-->", "^", self.hint, directory, width)
        if self.second is not None:
            lines += _lines(self.second, ":::", "-", None, directory, width)
        margin = " " * (width + 2)
        if self.hint and self.place.excerpt is None:
            lines.append(f"{margin}= {printable(self.hint)}")
        if self.note:
            lines.append(f"{margin}= {printable(self.note)}")
        lines.append(f"{margin}= {self.doc}")
        return "\n".join(lines)


def _lines(place: Place, arrow: str, mark: str, hint: str | None, directory: str, width: int) -> Iterable[str]:
    margin = " " * (width + 2)
    position = "" if place.excerpt is None else f":{place.line}:{place.column}"
    yield printable(f"{margin[:-1]}{arrow} {directory}/{place.file}{position}")
    if place.excerpt is None:
        return
    # Tabs and control characters take one column each, so the marker stays under its token.
    shown = "".join(character if character.isprintable() else " " for character in place.excerpt)
    start, length = place.column - 1, max(1, place.end_column - place.column)
    if len(shown) > WIDEST:
        cut = max(0, start - WIDEST // 3)
        shown, start = ("…" if cut else "") + shown[cut : cut + WIDEST], start - cut + (1 if cut else 0)
        length = min(length, len(shown) - start)
    marker = " " * start + mark * max(1, length)
    yield f"{margin}|"
    yield f" {place.line:>{width}} | {shown}".rstrip()
    yield printable(f"{margin}| {marker}{' ' + hint if hint else ''}")


def printable(text: str) -> str:
    """Spell out what a terminal would act upon or not show: control characters, direction marks, lone surrogates."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def render_all(diagnostics: Iterable[Diagnostic], directory: str = "policies") -> str:
    """Give all messages, sorted by file and line, an empty line between two."""
    return "\n\n".join(d.render(directory) for d in sorted(diagnostics, key=lambda d: d.sort_key))


class PolicyError(Exception):
    """The texts make no policy. ``diagnostics`` holds every mistake that was found, sorted by file and line."""

    def __init__(self, diagnostics: Iterable[Diagnostic], directory: str = "policies") -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(sorted(diagnostics, key=lambda d: d.sort_key))
        self.directory = directory
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        return render_all(self.diagnostics, self.directory)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that are errors, without the warnings beside them."""
        return tuple(d for d in self.diagnostics if d.level == "error")
