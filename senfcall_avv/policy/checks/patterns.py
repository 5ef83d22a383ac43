"""Patterns are RE2: linear in time, without look-around and back references (P045)."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from re import _parser as sre  # type: ignore[attr-defined]  # no public way to ask for a pattern's width
from typing import Final, NamedTuple

from senfcall_avv.policy.values import compile_pattern

LONGEST: Final = 200


class Problem(NamedTuple):
    """Why a pattern cannot be used."""

    message: str
    note: str | None = None


_WORDS: Final = (
    ("invalid perl operator: (?=", "look-ahead is not supported"),
    ("invalid perl operator: (?!", "look-ahead is not supported"),
    ("invalid perl operator: (?<", "look-behind is not supported"),
    ("invalid named capture", "this named group is not closed or not named well"),
    ("invalid perl operator", "this kind of group is not supported"),
    ("invalid escape sequence", "this escape is not supported"),
    ("invalid repetition size", "a repetition has numbers that do not fit (1000 at most, the smaller one first)"),
    ("invalid character class range", "a range in square brackets is the wrong way round"),
    ("missing )", "a parenthesis is not closed"),
    ("unexpected )", "a parenthesis is closed that was not opened"),
    ("missing ]", "a square bracket is not closed"),
    ("bad repetition operator", "two repetitions follow each other"),
    ("no argument for repetition operator", "there is nothing to repeat"),
    ("trailing \\", "the pattern ends with a single backslash"),
    ("pattern too large", "the pattern needs too much memory"),
)


def problem(pattern: str, shortest: int | None = None, longest: int | None = None) -> Problem | None:
    """Say why a pattern cannot be used for values of ``shortest`` to ``longest`` code points; None if it can."""
    if len(pattern) > LONGEST:
        return Problem(f"a pattern has {LONGEST} characters at most, this one has {len(pattern)}")
    try:
        compile_pattern(pattern)
    except ValueError as error:
        said = str(error)
        words = next((ours for theirs, ours in _WORDS if said.startswith(theirs)), "the pattern cannot be read")
        token = said.partition(": ")[2]
        return Problem(words + (f": {token}" if token else ""), "patterns are RE2 and must match the whole value")
    low, high = _width(pattern)
    if longest is not None and low > longest:
        return Problem(f"the pattern needs {low} characters at least, and max is {longest}")
    if shortest is not None and high < shortest:
        return Problem(f"the pattern takes {high} characters at most, and min is {shortest}")
    return None


def _width(pattern: str) -> tuple[int, int]:
    """Give the length of the shortest and longest match. What only RE2 can read could have any length."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python's own language may come to mean is not RE2's
            low, high = sre.parse(pattern).getwidth()
    except (re.error, OverflowError, RecursionError):
        return 0, 2**32
    return int(low), int(high)


def matcher_in_any_case(pattern: str) -> Callable[[str], bool]:
    """Give a function that says whether a sound pattern matches a whole name in some letter case."""
    compiled = compile_pattern(f"(?i:{pattern})")
    return lambda value: compiled.fullmatch(value) is not None
