"""The contract's text in versions: folders of Markdown with a manifest, filled with one organisation's data.

A text has no logic: ``{organization_name}`` stands for a value, and a part that is only for some says so in the
manifest. The list of variables is closed. What was filled in is text and nothing else, whatever signs are in it. The
canonical form, whose SHA-256 is what people agree to, is the filled Markdown of all parts under their names, in
Unicode's form C with line feeds.

A folder that can't be used is refused at start, with file and line.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from pydantic import BaseModel, ConfigDict, Field, ValidationError

VARIABLES: Final = frozenset(
    (
        "organization_name",
        "legal_form",
        "street",
        "postcode",
        "town",
        "country",
        "organization_email",
        "register",
        "representatives",
        "data_protection_officer",
        "privacy_email",
        "instructors",
        "church_authority",
        "regime",
    )
)
MODULES: Final = frozenset(("church", "secrecy"))
MANIFEST: Final = "contract.toml"
_RENDERED: Final = frozenset(
    (
        "heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "text", "softbreak",
        "hardbreak", "strong_open", "strong_close", "em_open", "em_close", "bullet_list_open", "bullet_list_close",
        "ordered_list_open", "ordered_list_close", "list_item_open", "list_item_close", "table_open", "table_close",
        "thead_open", "thead_close", "tbody_open", "tbody_close", "tr_open", "tr_close", "th_open", "th_close",
        "td_open", "td_close",
    )
)  # fmt: skip
"""The kinds of Markdown that every output can show; links, images, code and HTML are none of them."""
_BRACES: Final = re.compile(r"\{([^{}]*)\}")
_VERSION: Final = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}")


class TextsRefused(ValueError):
    """A folder of texts can't be used; the message names file and line."""


class Part(BaseModel):
    """A part as the manifest lists it. Without ``module`` it is for everybody."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    name: str = Field(min_length=1, max_length=100)
    file: str = Field(pattern=r"^[a-z0-9-]+\.md$")
    module: str | None = None


class Manifest(BaseModel):
    """What a version's folder says about itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    version: str
    valid_from: date
    language: str = Field(pattern=r"^[a-z]{2}$")
    sample: bool
    terms_version: str
    terms: str = Field(pattern=r"^[a-z0-9-]+\.md$")
    part: list[Part] = Field(min_length=1)


class Html(str):
    """Markup that was made here from tokens, every text in it escaped; Chameleon takes it as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


@dataclass(frozen=True)
class FilledPart:
    """A part as people read it."""

    name: str
    html: Html


@dataclass(frozen=True)
class Filled:
    """A text with one organisation's data. ``canonical`` is what ``sha256`` is of."""

    version: str
    terms_version: str
    sample: bool
    language: str
    parts: tuple[FilledPart, ...]
    terms: Html
    canonical: str
    sha256: str


def _canonical(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip("\n") + "\n"


def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True)
class Source:
    """One file: its text and its tokens."""

    name: str
    module: str | None
    text: str
    tokens: tuple[Token, ...]

    def markdown(self, values: Mapping[str, str]) -> str:
        """Give the text with the values in it."""
        return _BRACES.sub(lambda found: values[found[1]], self.text)

    def html(self, values: Mapping[str, str]) -> Html:
        """Give the part's markup; headings begin at the second level, for the page has its own first."""
        renderer = _markdown()
        tokens = [_filled_token(token, values) for token in self.tokens]
        return Html(renderer.renderer.render(tokens, renderer.options, {}))


def _filled_token(token: Token, values: Mapping[str, str]) -> Token:
    made = token.copy(children=None if token.children is None else [_filled_token(c, values) for c in token.children])
    if made.type == "text":
        made.content = _BRACES.sub(lambda found: values[found[1]], made.content)
    if made.type in {"heading_open", "heading_close"}:
        made.tag = f"h{min(6, int(made.tag[1:]) + 1)}"
    return made


def _read_source(path: Path, name: str, module: str | None) -> Source:
    try:
        text = _canonical(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise TextsRefused(f"{path}: cannot be read ({type(error).__name__})") from None
    for number, line in enumerate(text.splitlines(), start=1):
        _check_line(path, number, line)
    tokens = tuple(_markdown().parse(text))
    for token in tokens:
        _check_token(path, token, (token.map or [0])[0] + 1)
    return Source(name, module, text, tokens)


def _check_line(path: Path, number: int, line: str) -> None:
    for found in _BRACES.finditer(line):
        if found[1] not in VARIABLES:
            raise TextsRefused(
                f"{path}:{number}: there is no variable {{{found[1]}}}; known: {', '.join(sorted(VARIABLES))}"
            )
    if re.search(r"[{}]", _BRACES.sub("", line)):
        raise TextsRefused(f"{path}:{number}: a brace that belongs to no variable")


def _check_token(path: Path, token: Token, line: int) -> None:
    if token.type not in _RENDERED:
        raise TextsRefused(f"{path}:{line}: {token.type.removesuffix('_open')} is nothing that a contract can show")
    for child in token.children or ():
        _check_token(path, child, line)


@dataclass(frozen=True)
class Version:
    """One version of the text, read and checked."""

    manifest: Manifest
    sources: tuple[Source, ...]
    terms: Source

    @property
    def order(self) -> tuple[int, int]:
        major, _, minor = self.manifest.version.partition(".")
        return int(major), int(minor)

    def filled(self, values: Mapping[str, str], modules: frozenset[str]) -> Filled:
        """Fill the text. Raises ValueError unless ``values`` has exactly the variables, each a single line."""
        if values.keys() != VARIABLES or not modules <= MODULES:
            raise ValueError(f"not the contract's variables: {sorted(values.keys() ^ VARIABLES)}")
        clean = {name: " ".join(unicodedata.normalize("NFC", value).split()) for name, value in values.items()}
        chosen = [source for source in self.sources if source.module is None or source.module in modules]
        head = f"version: {self.manifest.version}\nterms: {self.manifest.terms_version}\n"
        # Each part under its name and length: no value can pretend to be the beginning of another part.
        bodies = [(source.name, source.markdown(clean)) for source in chosen]
        bodies.append(("Nutzungsbedingungen", self.terms.markdown(clean)))
        canonical = head + "".join(f"\n== {name} ({len(body)})\n{body}" for name, body in bodies)
        return Filled(
            self.manifest.version,
            self.manifest.terms_version,
            self.manifest.sample,
            self.manifest.language,
            tuple(FilledPart(source.name, source.html(clean)) for source in chosen),
            self.terms.html(clean),
            canonical,
            hashlib.sha256(canonical.encode()).hexdigest(),
        )


class Texts:
    """All versions of a folder; the one that is offered is the highest whose first day has come."""

    def __init__(self, versions: list[Version], today: date) -> None:
        self.versions = tuple(sorted(versions, key=lambda version: version.order))
        valid = [version for version in self.versions if version.manifest.valid_from <= today]
        if not valid:
            raise TextsRefused("no version of the contract is valid yet")
        self.current = valid[-1]

    @property
    def version(self) -> str:
        return self.current.manifest.version

    @property
    def terms_version(self) -> str:
        return self.current.manifest.terms_version

    def filled(self, values: Mapping[str, str], modules: frozenset[str]) -> Filled:
        """Fill the version that is offered."""
        return self.current.filled(values, modules)


def read_version(folder: Path) -> Version:
    """Read one version's folder. Raises TextsRefused."""
    path = folder / MANIFEST
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        manifest = Manifest.model_validate(data)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TextsRefused(f"{path}: cannot be read ({error})") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise TextsRefused(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    if not _VERSION.fullmatch(manifest.version) or manifest.version != folder.name:
        raise TextsRefused(f"{path}: version: must be the folder's name, such as 1.0")
    unknown = {part.module for part in manifest.part if part.module} - MODULES
    if unknown:
        raise TextsRefused(f"{path}: part.module: there is no module {', '.join(sorted(unknown))}")
    sources = tuple(_read_source(folder / part.file, part.name, part.module) for part in manifest.part)
    return Version(manifest, sources, _read_source(folder / manifest.terms, "Nutzungsbedingungen", None))


def read_texts(directory: Path, today: date) -> Texts:
    """Read every version below a directory. Raises TextsRefused."""
    folders = [path.parent for path in sorted(directory.glob(f"*/{MANIFEST}"))]
    if not folders:
        raise TextsRefused(f"{directory}: has no version of the contract")
    return Texts([read_version(folder) for folder in folders], today)
