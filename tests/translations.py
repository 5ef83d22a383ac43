"""What texts for people the sources hold, found by reading them: in Python ``_("…")`` and ``plural("…", "…", n)``, in
templates what is marked with ``i18n:translate`` and ``i18n:attributes``, and the same calls in their expressions.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

from lingua.extractors.xml import ChameleonExtractor

from senfcall_avv import i18n

PACKAGE = Path(i18n.__file__).parent
FRAME = "layout"
"""The room whose file also holds the texts of the modules that stand beside the rooms."""


class Text(NamedTuple):
    """A text as a catalogue knows it: ``more`` is the plural form, or empty."""

    message: str
    more: str = ""


def _literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def in_python(source: str) -> Iterator[Text]:
    """Find marked texts. A marked text that is no literal cannot be translated, and is a ValueError."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if called == "_":
            text = _literal(node.args[0])
            if text is None:
                raise ValueError(f"line {node.lineno}: the text is no literal")
            yield Text(text)
        elif called == "plural" and len(node.args) >= 3:
            one, more = _literal(node.args[0]), _literal(node.args[1])
            if one is not None and more is not None:
                yield Text(one, more)


class TemplateReader(ChameleonExtractor):  # type: ignore[misc]  # lingua has no types
    """Reads the marks alone; calls in expressions are found by ``CALL``, which lingua loses at the end of a line.

    Refuses what Chameleon would fill in before it translates: such a text is in no catalogue.
    """

    def visit_text(self, data: str) -> None:
        if self.translatestack[-1]:
            if "${" in data:
                raise ValueError(f"{self.filename}: an expression in a translated text needs an element with i18n:name")
            self.translatestack[-1].add_text(data)

    def parse_python(self, source: str) -> None:
        """Leave it to ``CALL``."""


STRING = r"""(?:'[^']*'|"[^"]*")"""
CALL = re.compile(rf"\b(plural|_)\(\s*({STRING})(?:,\s*({STRING}))?")


def in_template(path: Path) -> Iterator[Text]:
    """Find marked texts of a template."""
    options = SimpleNamespace(domain=i18n.DOMAIN, keywords=[], comment_tag=None)
    with path.open("rb") as file:
        messages = TemplateReader()(str(path), options, file)
    yield from (Text(message.msgid) for message in messages)
    for name, one, more in CALL.findall(path.read_text()):
        if name == "_" or more:
            yield from in_python(f"{name}({one}, {more or 0}, 0)")


def rooms() -> list[str]:
    """List the rooms that say something to people."""
    return sorted(
        {path.parent.name for path in PACKAGE.glob("*/__init__.py")} - {"devtools", "simulator", "migrations"}
    )


def texts_of(room: str) -> dict[Text, str]:
    """Give a room's texts with a file that has each."""
    folder = PACKAGE / room
    files = [*folder.rglob("*.py"), *folder.rglob("*.pt")]
    files += PACKAGE.glob("*.py") if room == FRAME else []
    files += (PACKAGE / "security").rglob("*.py") if room == FRAME else []
    found: dict[Text, str] = {}
    for path in sorted(files):
        texts = in_template(path) if path.suffix == ".pt" else in_python(path.read_text())
        found |= dict.fromkeys(texts, str(path.relative_to(PACKAGE)))
    return found
