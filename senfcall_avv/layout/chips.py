"""Chips and the other small things that templates are handed as values."""

from __future__ import annotations

from typing import Final, NamedTuple

CHIP_KINDS: Final = ("ok", "info", "warn", "bad", "quiet", "plain")


class Chip(NamedTuple):
    """A state: an icon and a word, on a ground of one of the kinds ``ok info warn bad quiet``.

    ``plain`` has no ground: for what is done and needs no attention. ``word`` is a translation string.
    """

    kind: str
    icon: str
    word: str


class Problem(NamedTuple):
    """An entry of the error summary: the id of the first control that is concerned, and the same words as there."""

    target: str
    text: str
