"""The operators' own words: terms, privacy, imprint and the like, read from a folder when the application starts.

``<language>/<name>.md`` is Markdown with a head between two lines of ``+++`` (TOML: title, version, date, sample).
``site.toml`` gives the variables, ``sub-processors.toml`` and ``announcements.toml`` are lists. German is the language
that binds: an English text that is missing is shown in German. ``texts/README.md`` explains all this to operators.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from senfcall_avv.public.markup import Heading, Html, MarkupError, Problem, render

Language = Literal["de", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("de", "en")
NAMES: Final = ("terms", "privacy", "imprint", "accessibility")
"""The texts that every installation has."""
_HEAD: Final = "+++"
_STRICT: Final = ConfigDict(frozen=True, extra="forbid")
_Model = TypeVar("_Model", bound=BaseModel)


class TextsError(Exception):
    """Texts that cannot be shown; ``problems`` has a sentence for each, beginning with file and line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("The texts cannot be used:\n" + "\n".join(f"  {problem}" for problem in problems))
        self.problems = problems


def _aware(value: object) -> object:
    """Accept moments that say their offset, and read days as their first moment."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("must say its offset, such as 2026-11-24T18:00:00+01:00")
        return value.astimezone(UTC)
    return datetime(value.year, value.month, value.day, tzinfo=UTC) if isinstance(value, date) else value


Moment = Annotated[datetime, BeforeValidator(_aware)]


class Site(BaseModel):
    """Who runs this installation: the variables of all texts. Every field is one line of plain text."""

    model_config = _STRICT
    provider: str = Field(min_length=1)
    provider_address: str = Field(min_length=1)
    provider_register: str = Field(min_length=1)
    provider_represented_by: str = Field(min_length=1)
    provider_phone: str = Field(min_length=1)
    privacy_mail: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    security_mail: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    authority: str = Field(min_length=1)
    sample: bool = False


class SubProcessor(BaseModel):
    """One company that works for us with what is in meetings."""

    model_config = _STRICT
    name: str
    address: str
    contact: str
    task: dict[Language, str]
    place: dict[Language, str]
    since: date


class Change(BaseModel):
    """One line of the change log of the list of sub-processors."""

    model_config = _STRICT
    date: date
    words: dict[Language, str]


class SubProcessors(BaseModel):
    """The list of sub-processors as it is in force."""

    model_config = _STRICT
    version: str
    date: date
    sample: bool = False
    entries: tuple[SubProcessor, ...] = ()
    changes: tuple[Change, ...] = ()


Part = Literal["portal", "api", "conference", "phone", "mail"]


class Announcement(BaseModel):
    """What operators tell everybody. ``down`` are the parts that do not work from ``begin`` to ``end``."""

    model_config = _STRICT
    words: dict[Language, str]
    begin: Moment
    end: Moment | None = None
    down: tuple[Part, ...] = ()
    """An announcement without parts is news, not a disturbance."""

    @model_validator(mode="after")
    def _in_order(self) -> Announcement:
        if self.end is not None and self.end <= self.begin:
            raise ValueError("end must lie after begin")
        return self

    def holds(self, now: datetime) -> bool:
        """Say whether this is shown now."""
        return self.begin <= now and (self.end is None or now < self.end)


class Announcements(BaseModel):
    """All announcements, past ones too: the status page tells the disturbances of the last thirty days."""

    model_config = _STRICT
    announcements: tuple[Announcement, ...] = ()

    def now(self, now: datetime) -> tuple[Announcement, ...]:
        """Give those that are shown now, newest first."""
        return tuple(sorted((a for a in self.announcements if a.holds(now)), key=lambda a: a.begin, reverse=True))


class Head(BaseModel):
    """What stands above a text."""

    model_config = _STRICT
    title: str
    version: str
    date: date
    sample: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """One text in one language. ``sample``: a draft that the operator must replace, and the page says so."""

    name: str
    language: Language
    title: str
    version: str
    date: date
    sample: bool
    html: Html
    contents: tuple[Heading, ...]


@dataclass(frozen=True, slots=True)
class Texts:
    """Everything in the folder."""

    site: Site
    sub_processors: SubProcessors
    announcements: Announcements
    documents: Mapping[tuple[str, Language], Text]

    def document(self, name: str, language: str) -> Text:
        """Give a text in the language asked for, else in German. Raises KeyError for a name that does not exist."""
        wanted = self.documents.get((name, "en")) if language == "en" else None
        return wanted or self.documents[name, "de"]

    @property
    def samples(self) -> tuple[str, ...]:
        """Name what still is a sample, as paths within the folder."""
        named = ((self.site, "site.toml"), (self.sub_processors, "sub-processors.toml"))
        lists = [name for model, name in named if model.sample]
        return (*lists, *(f"{text.language}/{text.name}.md" for text in self.documents.values() if text.sample))


class _Reader:
    """Reads one folder and gathers what is wrong with it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.problems: list[str] = []

    def text(self, name: str, *, needed: bool) -> str | None:
        try:
            return (self.directory / name).read_text("utf-8")
        except FileNotFoundError:
            if needed:
                self.problems.append(f"{name}: is missing")
        except (OSError, UnicodeDecodeError) as error:
            self.problems.append(f"{name}: cannot be read ({type(error).__name__})")
        return None

    def model(self, kind: type[_Model], source: str, name: str) -> _Model | None:
        try:
            return kind.model_validate(tomllib.loads(source))
        except tomllib.TOMLDecodeError as error:
            self.problems.append(f"{name}: {error}")
        except ValidationError as error:
            for fault in error.errors():
                where = ".".join(str(part) for part in fault["loc"])
                self.problems.append(f"{name}: {where}: {fault['msg'].removeprefix('Value error, ')}")
        return None

    def toml(self, kind: type[_Model], name: str) -> _Model | None:
        source = self.text(name, needed=True)
        return None if source is None else self.model(kind, source, name)

    def documents(self, variables: Mapping[str, str]) -> Iterator[Text]:
        for language in LANGUAGES:
            for name in NAMES:
                path = f"{language}/{name}.md"
                source = self.text(path, needed=language == "de")
                found = None if source is None else self._document(source, path, variables)
                if found is not None:
                    yield found

    def _document(self, source: str, path: str, variables: Mapping[str, str]) -> Text | None:
        lines = source.splitlines()
        try:
            ends = lines.index(_HEAD, 1) if lines and lines[0] == _HEAD else 0
        except ValueError:
            ends = 0
        if not ends:
            self.problems.append(f"{path}:1: the file begins with a head between two lines of {_HEAD}")
            return None
        head = self.model(Head, "\n".join(lines[1:ends]), path)
        language: Language = "en" if path.startswith("en/") else "de"
        try:
            html, contents = render("\n".join(lines[ends + 1 :]), variables)
        except MarkupError as error:
            self.problems += [_located(path, ends + 1, problem) for problem in error.problems]
            return None
        name = path.rpartition("/")[2].removesuffix(".md")
        if head is None:
            return None
        return Text(name, language, head.title, head.version, head.date, head.sample, html, contents)


def _located(path: str, above: int, problem: Problem) -> str:
    return f"{path}:{above + problem.line}: {problem.sentence}"


def load(directory: Path, settled: Mapping[str, str]) -> Texts:
    """Read the folder. ``settled`` are variables that come from the settings. Raises TextsError with every problem."""
    reader = _Reader(directory)
    site = reader.toml(Site, "site.toml")
    subs = reader.toml(SubProcessors, "sub-processors.toml")
    news = reader.toml(Announcements, "announcements.toml")
    variables = {**({} if site is None else site.model_dump(exclude={"sample"})), **settled}
    # Without the site's variables every text would complain about each of them.
    documents = [] if site is None else list(reader.documents(variables))
    if reader.problems or site is None or subs is None or news is None:
        raise TextsError(reader.problems)
    return Texts(site, subs, news, {(text.name, text.language): text for text in documents})
