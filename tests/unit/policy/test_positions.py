"""Places of keys and values, compared with what ``tomllib`` reads from the same text."""

import string
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from senfcall_avv.policy.positions import Path, Span, locate

TEXT = """\
a.b = 1 # x
"q \\u0041"."x" = { y = [1, "ab", { z = 2 }], 'w'.v = true }
[t."u v"]
k = \"\"\"
ml\"\"\"
ä = "ü"
[[arr]]
x = 1
[[arr.sub]]
[[arr]]
y = [ # c
 1,
 2
]
"""


def test_each_kind_of_key_has_its_place() -> None:
    found = locate(TEXT).entries

    assert found["a",].key == Span(1, 1, 2)
    assert found["a", "b"] == (Span(1, 3, 4), Span(1, 7, 8))
    assert found["q A", "x"].key == Span(2, 12, 15)
    assert found["q A", "x", "y", 1].value == Span(2, 28, 32)
    assert found["q A", "x", "y", 2, "z"].value == Span(2, 40, 41)
    assert found["q A", "x", "w", "v"].value == Span(2, 54, 58)
    assert found["t", "u v"].key == Span(3, 4, 9)
    assert found["t", "u v", "k"].value == Span(4, 5, 8)
    assert found["arr", 0, "x"].key == Span(8, 1, 2)
    assert found["arr", 0, "sub", 0].key == Span(9, 7, 10)
    assert found["arr", 1, "y", 1].value == Span(13, 2, 3)


def test_columns_count_characters_not_bytes() -> None:
    assert locate('x = "ä€🎉" # ü\n"ä" = 1 # ä\n').entries["x",].value == Span(1, 5, 10)
    assert locate('x = "ä€🎉" # ü\n"ä" = 1 # ä\n').entries["ä",].value == Span(2, 7, 8)
    assert locate('x = ["äö", "b"]').entries["x", 1].value == Span(1, 12, 15)


def test_windows_line_ends_do_not_belong_to_a_token() -> None:
    assert locate('a = """\r\nx"""\r\nb = 1\r\n').entries["a",].value == Span(1, 5, 8)
    assert locate("a = 1\r\nb = 2\r\n").entries["b",].value == Span(2, 5, 6)


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("a = 1\na = 2\n", ("a",), 2),
        ("[t]\nx = 1\n[t]\n", ("t",), 3),
        ("[t]\nx = 1\ny = 1\nx = 2\n", ("t", "x"), 4),
        ("x = { y = 1, y = 2 }\n", ("x", "y"), 1),
        ("t = 1\n[t]\n", ("t",), 2),
    ],
)
def test_a_second_definition_is_found(text: str, path: Path, line: int) -> None:
    repeated = locate(text).repeated

    assert [(found, entry.key.line) for found, entry in repeated] == [(path, line)]


def test_a_table_after_its_subtable_is_no_repetition() -> None:
    assert locate("[a.b]\nx = 1\n[a]\ny = 2\n[[c.d]]\n[[c.d]]\n").repeated == []


def test_the_nearest_written_table_stands_in_for_a_missing_key() -> None:
    places = locate("[limits]\nmeetings = { default = 1 }\n")

    assert places.nearest(("limits", "meetings", "max")).key.line == 2
    assert places.nearest(("limits", "duration")).key.line == 1
    assert places.nearest(("calls",)) is None


@pytest.mark.parametrize("text", ["a = ", "[", "[[a]", "a = [1,", 'a = "', "= 1", "a.b. = 1", "\x00", "x = {y = }"])
def test_broken_texts_still_give_places(text: str) -> None:
    locate(text)


Draw = Callable[[st.SearchStrategy[Any]], Any]
bare = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=6)
names = bare | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)
scalars = st.integers(-99, 99) | st.booleans() | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=8
)


def write_text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def write_key(key: str, draw: Draw) -> str:
    if key and key.isascii() and all(c.isalnum() or c in "_-" for c in key) and draw(st.booleans()):
        return key
    if "'" not in key and draw(st.booleans()):
        return f"'{key}'"
    return write_text(key)


def write_value(value: object, draw: Draw) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return write_text(value)
    if isinstance(value, list):
        gap = draw(st.sampled_from(["", " ", "\n", " # note ä\n  "]))
        return "[" + ",".join(gap + write_value(item, draw) for item in value) + gap + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{write_key(k, draw)} = {write_value(v, draw)}" for k, v in value.items()) + " }"
    return str(value)


@st.composite
def documents(draw: Draw) -> str:
    """Write tables in all the ways that TOML has: headers, dotted keys, inline, lists of tables."""
    lines = []
    for name, value in draw(st.dictionaries(names, values, max_size=3)).items():
        key = write_key(name, draw)
        if isinstance(value, dict) and value and draw(st.booleans()):
            lines += [f"{key}.{write_key(k, draw)} = {write_value(v, draw)}" for k, v in value.items()]
        else:
            lines.append(f"{key} = {write_value(value, draw)}")
    for name, tables in draw(st.dictionaries(names, st.lists(st.dictionaries(names, values), max_size=3))).items():
        # A prefix keeps headers apart from the keys above.
        header = f"{write_key('T' + name, draw)}.{write_key(draw(names), draw)}"
        for number, table in enumerate(tables):
            lines.append(f"[[{header}]]" if len(tables) > 1 else f"[ {header} ]  # {number}")
            lines += [f"{write_key(k, draw)} = {write_value(v, draw)}" for k, v in table.items()]
    return draw(st.sampled_from(["\n", "\r\n"])).join(lines)


def read(text: str) -> dict[str, Any]:
    """Read a text, or draw another one: two headers can come out with the same name."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        reject()


def paths_of(value: object, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key)
            yield from paths_of(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield (*path, index)
            yield from paths_of(inner, (*path, index))


@settings(max_examples=80, deadline=None)
@given(documents())
def test_the_paths_are_those_that_tomllib_reads(text: str) -> None:
    data = read(text)

    found = locate(text)

    assert set(found.entries) == set(paths_of(data))
    assert found.repeated == []


@settings(max_examples=60, deadline=None)
@given(documents())
def test_a_value_of_one_line_is_what_stands_at_its_place(text: str) -> None:
    data = read(text)
    lines = text.split("\n")

    for path, entry in locate(text).entries.items():
        value: Any = data
        for part in path:
            value = value[part]
        if isinstance(value, (int, str)):
            token = lines[entry.value.line - 1][entry.value.column - 1 : entry.value.end_column - 1]
            assert tomllib.loads(f"x = {token}")["x"] == value
