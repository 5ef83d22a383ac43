"""The tree as it is configured: resources with the names that lead to them, and their views."""

from __future__ import annotations

from typing import Any, NamedTuple

from senfcall_avv.root import Resource, Root, hung_children


class Row(NamedTuple):
    """One resource class at its place. ``name`` is how a URL segment looks there."""

    depth: int
    name: str
    kind: str
    views: tuple[str, ...]


def _views_of(registry: Any, kind: type) -> tuple[str, ...]:
    found = registry.introspector.get_category("views") or ()
    names = {
        row["introspectable"]["name"] or "(itself)" for row in found if row["introspectable"].get("context") is kind
    }
    return tuple(sorted(names))


def _segments(registry: Any, kind: type[Resource]) -> list[tuple[str, type[Resource]]]:
    """Give what can follow below a class: what was hung in, and what it declares."""
    hung = [(name, child) for parent, name, child in hung_children(registry) if parent is kind]
    return [*hung, *kind.below]


def rows_of(registry: Any) -> list[Row]:
    """List the tree from the root down."""
    rows: list[Row] = []

    def walk(depth: int, name: str, kind: type[Resource]) -> None:
        rows.append(Row(depth, name, kind.__name__, _views_of(registry, kind)))
        for segment, child in sorted(_segments(registry, kind), key=lambda pair: pair[0]):
            walk(depth + 1, segment, child)

    walk(0, "/", Root)
    return rows
