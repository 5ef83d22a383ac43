"""Where each key and value of a TOML text stands: ``tomllib`` reads the values, this reads the text for its places.

A path is a tuple of keys and list indices, as one would use them on ``tomllib``'s result:
``("calls", "create", "forward", 2)``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import tree_sitter
import tree_sitter_toml

Path = tuple[str | int, ...]


class Span(NamedTuple):
    """A token. All numbers count from 1, in characters (code points); ``end_column`` is the first one after it.

    A token of several lines ends, for us, with its first line.
    """

    line: int
    column: int
    end_column: int


class Entry(NamedTuple):
    """Where a key is written, and its value. A list item has no key; a table's value is its header's last key."""

    key: Span
    value: Span


@dataclass(frozen=True, slots=True)
class Positions:
    """All places of one text. ``repeated`` holds the paths that are defined more than once, with their later places."""

    entries: Mapping[Path, Entry]
    repeated: Sequence[tuple[Path, Entry]]

    def nearest(self, path: Path) -> Entry | None:
        """Give the place of a path, or of the nearest table around it; None if nothing around it is written."""
        for length in range(len(path), 0, -1):
            entry = self.entries.get(path[:length])
            if entry is not None:
                return entry
        return None


@cache
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_toml.language()))


@dataclass(slots=True)
class _Reader:
    lines: Sequence[bytes]
    entries: dict[Path, Entry] = field(default_factory=dict)
    repeated: list[tuple[Path, Entry]] = field(default_factory=list)
    headers: set[Path] = field(default_factory=set)
    plain: set[Path] = field(default_factory=set)
    table_lists: dict[Path, int] = field(default_factory=dict)

    def span(self, node: tree_sitter.Node) -> Span:
        row, start = node.start_point
        line = self.lines[row] if row < len(self.lines) else b""
        end = node.end_point.column if node.end_point.row == row else len(line.rstrip(b"\r"))
        before = len(line[:start].decode("utf-8", "replace"))
        token = len(line[start:end].decode("utf-8", "replace"))
        return Span(row + 1, before + 1, before + 1 + max(token, 1))

    def keys(self, node: tree_sitter.Node) -> Iterator[tuple[str, Span]]:
        """Give the parts of a key, each with its place. Dotted keys nest to the left."""
        if node.type != "dotted_key":
            yield _key_text(node), self.span(node)
            return
        for child in node.named_children:
            yield from self.keys(child)

    def within(self, path: Path) -> Path:
        """Lead a header's path into the latest element of each list of tables on its way."""
        resolved: Path = ()
        for part in path:
            resolved = (*resolved, part)
            if resolved in self.table_lists:
                resolved = (*resolved, self.table_lists[resolved])
        return resolved

    def put(self, path: Path, entry: Entry) -> None:
        if path in self.entries:
            self.repeated.append((path, entry))
        else:
            self.entries[path] = entry

    def open_parents(self, base: Path, parts: Sequence[tuple[str, Span]]) -> Path:
        """Note the tables that a dotted key passes through; give the path of the innermost."""
        for name, span in parts:
            base = self.within((*base, name))
            self.entries.setdefault(base, Entry(span, span))
        return base

    def header(self, node: tree_sitter.Node) -> Path | None:
        key = next((child for child in node.named_children if child.type.endswith("key")), None)
        if key is None:
            return None
        parts = tuple(self.keys(key))
        parents = self.open_parents((), parts[:-1])
        name, span = parts[-1]
        path = (*parents, name)
        if node.type == "table_array_element":
            self.entries.setdefault(path, Entry(span, span))
            number = self.table_lists.get(path, -1) + 1
            self.table_lists[path] = number
            path = (*path, number)
            self.entries[path] = Entry(span, span)
            return path
        if path in self.headers or path in self.plain:
            self.repeated.append((path, Entry(span, span)))
        self.headers.add(path)
        self.entries.setdefault(path, Entry(span, span))
        return path

    def pair(self, node: tree_sitter.Node, base: Path) -> None:
        children = [child for child in node.named_children if child.type != "comment"]
        if len(children) != 2 or not children[0].type.endswith("key"):
            return  # what a syntax error leaves behind
        parts = tuple(self.keys(children[0]))
        for name, span in parts[:-1]:
            base = (*base, name)
            self.entries.setdefault(base, Entry(span, span))
        name, span = parts[-1]
        self.value(children[1], (*base, name), span)

    def value(self, node: tree_sitter.Node, path: Path, key: Span | None) -> None:
        span = self.span(node)
        self.put(path, Entry(key or span, span))
        self.plain.add(path)
        if node.type == "array":
            items = [child for child in node.named_children if child.type != "comment"]
            for index, item in enumerate(items):
                self.value(item, (*path, index), None)
        elif node.type == "inline_table":
            for child in node.named_children:
                if child.type == "pair":
                    self.pair(child, path)

    def document(self, root: tree_sitter.Node) -> None:
        for node in root.named_children:
            if node.type == "pair":
                self.pair(node, ())
            elif node.type in {"table", "table_array_element"}:
                path = self.header(node)
                if path is None:
                    continue
                for child in node.named_children:
                    if child.type == "pair":
                        self.pair(child, path)


def _key_text(node: tree_sitter.Node) -> str:
    raw = (node.text or b"").decode("utf-8", "replace")
    if node.type != "quoted_key":
        return raw
    try:
        return str(tomllib.loads(f"key = {raw}")["key"])
    except (tomllib.TOMLDecodeError, KeyError):
        return raw


def locate(text: str) -> Positions:
    """Read the places of a TOML text. For a text with syntax errors it gives what it finds; raises RecursionError."""
    data = text.encode("utf-8", "surrogatepass")
    reader = _Reader(data.split(b"\n"))
    reader.document(_parser().parse(data).root_node)
    return Positions(reader.entries, reader.repeated)
