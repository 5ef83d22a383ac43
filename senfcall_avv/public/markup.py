"""Operators' texts as HTML: Markdown without HTML, with headings that can be linked and ``{variables}`` from a list.

A text that holds anything else than what is rendered here is refused when it is read, with file and line: a picture or
a code block would otherwise appear as something that nobody looked at.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from markdown_it.token import Token

VARIABLE: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_BLOCKS: Final = frozenset(
    (
        *("paragraph", "heading", "bullet_list", "ordered_list", "list_item", "blockquote"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    )
)
_SINGLE: Final = frozenset(("inline", "hr", "text", "softbreak", "hardbreak", "code_inline"))
_INLINE: Final = frozenset(("strong", "em", "link"))
KNOWN: Final = _SINGLE | {f"{name}_{side}" for name in _BLOCKS | _INLINE for side in ("open", "close")}
"""Types of tokens that a text may hold."""
_HEADING_ID: Final = re.compile(r"\s*\{#([a-z][a-z0-9-]*)\}$")
_IN_ADDRESS: Final = re.compile(r"%7B([a-z][a-z0-9_]*)%7D", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"https?://|mailto:|/(?!/)|#")
_PLAIN_LETTERS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


class Html(str):
    """Markup that was made here and is inserted into pages as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        """Give the markup; templates ask for it by this name."""
        return str(self)


class Heading(NamedTuple):
    """One entry of a text's contents."""

    id: str
    title: str


class Rendered(NamedTuple):
    """A text ready for its page; ``contents`` are its headings of the second level."""

    html: Html
    contents: tuple[Heading, ...]


class Problem(NamedTuple):
    """What is wrong with a text; ``line`` counts from 1 within the Markdown."""

    line: int
    sentence: str


class MarkupError(Exception):
    """A text that cannot be rendered, with every problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"line {line}: {sentence}" for line, sentence in problems))
        self.problems = tuple(problems)


def slug(title: str) -> str:
    """Make an id out of a heading: small letters, digits and hyphens."""
    plain = title.lower().translate(_PLAIN_LETTERS)
    ascii_only = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-") or "abschnitt"


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def render(source: str, variables: Mapping[str, str]) -> Rendered:
    """Render a text. Raises MarkupError for tokens and variables that are not known, wherever they stand."""
    parser = _parser()
    tokens = parser.parse(source)
    problems = [*_unknown_tokens(tokens), *_unknown_variables(source, variables)]
    if problems:
        raise MarkupError(sorted(problems))
    contents = tuple(_name_headings(tokens))
    _name_cells(tokens)
    _fill(tokens, lambda found: variables[found[1]])
    return Rendered(Html(parser.renderer.render(tokens, parser.options, {})), contents)


def _line(token: Token, otherwise: int) -> int:
    return token.map[0] + 1 if token.map else otherwise


def _unknown_tokens(tokens: Sequence[Token]) -> Iterator[Problem]:
    line = 1
    for token in tokens:
        line = _line(token, line)
        for each in (token, *(token.children or ())):
            if each.type not in KNOWN:
                yield Problem(line, f"{_WORDS.get(each.type, each.type)} cannot be used in these texts")
            elif each.type == "heading_open" and each.tag not in {"h2", "h3"}:
                yield Problem(line, "headings begin with ## or ###: the page brings its own first heading")
            elif each.type == "link_open" and not _ADDRESS.match(str(each.attrGet("href"))):
                yield Problem(line, "a link leads to https://…, mailto:…, /page or #heading")


_WORDS: Final = {"image": "a picture", "fence": "a code block", "code_block": "an indented code block"}


def _unknown_variables(source: str, variables: Mapping[str, str]) -> Iterator[Problem]:
    for number, text in enumerate(source.splitlines(), 1):
        for name in VARIABLE.findall(text):
            if name not in variables:
                yield Problem(number, f"there is no variable {{{name}}}; known are {', '.join(sorted(variables))}")


def _name_headings(tokens: Sequence[Token]) -> Iterator[Heading]:
    """Give each heading an id: the one in ``{#id}`` at its end, or one made of its words."""
    taken: set[str] = set()
    for opening, inline in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        last = (inline.children or [inline])[-1]
        given = _HEADING_ID.search(last.content)
        if given:
            last.content = last.content[: given.start()]
        title = "".join(child.content for child in inline.children or ())
        name = base = given[1] if given else slug(title)
        number = 2
        while name in taken:
            name, number = f"{base}-{number}", number + 1
        taken.add(name)
        opening.attrSet("id", name)
        if opening.tag == "h2":
            yield Heading(name, title)


_ROLES: Final = {
    "table_open": "table",
    "thead_open": "rowgroup",
    "tbody_open": "rowgroup",
    "tr_open": "row",
    "th_open": "columnheader",
    "td_open": "cell",
}
"""Said aloud because narrow screens show rows as cards, and some browsers then forget what a table is."""


def _name_cells(tokens: Sequence[Token]) -> None:
    """Make the first cell of a row its heading, and say in each other cell which column it stands in."""
    columns: list[str] = []
    column = 0
    for number, (opening, inline) in enumerate(pairwise(tokens)):
        opening.attrs.pop("style", None)  # alignment would be a style attribute, which our content policy forbids
        if opening.type in _ROLES:
            opening.attrSet("role", _ROLES[opening.type])
        if opening.type == "thead_open":
            columns = []
        elif opening.type == "tr_open":
            column = 0
        elif opening.type == "th_open":
            opening.attrSet("scope", "col")
            columns.append("".join(child.content for child in inline.children or ()))
        elif opening.type == "td_open":
            if column == 0:
                opening.tag = tokens[number + 2].tag = "th"
                opening.attrs.update(role="rowheader", scope="row")
            else:
                opening.attrSet("data-label", columns[column])
            column += 1


def _fill(tokens: Sequence[Token], value: Callable[[re.Match[str]], str]) -> None:
    """Put the variables in: into finished tokens, so that no value can be read as Markdown."""
    for token in tokens:
        for child in token.children or ():
            if child.type in {"text", "code_inline"}:
                child.content = VARIABLE.sub(value, child.content)
            elif child.type == "link_open":
                child.attrSet("href", _IN_ADDRESS.sub(value, str(child.attrGet("href"))))
