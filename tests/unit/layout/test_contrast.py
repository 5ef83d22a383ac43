"""Colours read from the stylesheet: every text on every ground, every outline, in light and dark, by WCAG's formula."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from senfcall_avv import layout

STYLESHEET = Path(layout.__file__).parent / "static" / "avv.css"
TEXT, OUTLINE = 4.5, 3.0
"""Least contrast of text (WCAG 1.4.3) and of what shows a control's edge or focus (1.4.11)."""
GROUNDS = ("paper", "surface", "sunken")
STATES = ("ok", "info", "warn", "bad", "quiet")
SOFT = ("mustard-soft", *(f"{state}-soft" for state in STATES))
PAIRS = {
    **dict.fromkeys(product(("ink", "ink-soft", "link"), GROUNDS), TEXT),
    **dict.fromkeys(product(("ink", "ink-soft"), SOFT), TEXT),
    **{(state, f"{state}-soft"): TEXT for state in STATES},
    **dict.fromkeys(product(("bad",), ("surface", "paper")), TEXT),
    ("link", "mustard-soft"): TEXT,
    ("mustard-deep", "mustard-soft"): TEXT,
    ("mustard-deep", "paper"): TEXT,
    ("on-mustard", "mustard"): TEXT,
    **dict.fromkeys(product(("line-strong", "focus"), GROUNDS), OUTLINE),
    **dict.fromkeys(product(("mustard-line",), ("paper", "surface", "mustard-soft")), OUTLINE),
}
"""Foreground and ground, and the contrast that they need."""
DECORATION = {"line", "mustard"}
"""Tokens that carry no meaning alone: hairlines, the brand's tone."""
KNOWN = {
    ("ink", "paper"): (14.5, 15.6),
    ("ink-soft", "sunken"): (5.8, 9.0),
    ("link", "surface"): (8.8, 8.8),
    ("on-mustard", "mustard"): (9.3, 9.3),
    ("line-strong", "sunken"): (3.8, 5.1),
    ("mustard-line", "mustard-soft"): (4.2, 5.1),
}
"""Some results by another program, to one decimal, in light and in dark: our arithmetic is checked, too."""


def tokens(block: str) -> dict[str, str]:
    """Read the custom properties that are colours, as six hexadecimal digits."""
    found = re.findall(r"--([a-z-]+):\s*#([0-9a-f]{3}(?:[0-9a-f]{3})?)\s*;", block, re.IGNORECASE)
    return {name: value if len(value) == 6 else "".join(2 * digit for digit in value) for name, value in found}


def schemes() -> dict[str, dict[str, str]]:
    css = STYLESHEET.read_text()
    blocks = re.findall(r"(@media[^{]*\{\s*)?:root\s*\{([^}]*)\}", css)
    light = next(tokens(body) for media, body in blocks if not media)
    dark = next(tokens(body) for media, body in blocks if "prefers-color-scheme: dark" in media)
    return {"light": light, "dark": {**light, **dark}}


def luminance(colour: str) -> float:
    """WCAG's relative luminance, 0 for black to 1 for white."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_formula_is_wcags() -> None:
    assert contrast("000000", "ffffff") == pytest.approx(21)
    assert contrast("777777", "ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("f0b429", "f0b429") == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_has_the_contrast_it_needs(scheme: str) -> None:
    colours = schemes()[scheme]
    present = {pair: need for pair, need in PAIRS.items() if set(pair) <= colours.keys()}
    assert len(present) >= 24
    low = {
        pair: round(ratio, 2)
        for pair, need in present.items()
        if (ratio := contrast(colours[pair[0]], colours[pair[1]])) < need
    }
    assert low == {}


@pytest.mark.parametrize("pair", KNOWN, ids="-on-".join)
def test_known_pairs_have_their_known_contrast(pair: tuple[str, str]) -> None:
    found = tuple(contrast(colours[pair[0]], colours[pair[1]]) for colours in schemes().values())
    assert found == pytest.approx(KNOWN[pair], abs=0.05)


def test_every_colour_is_in_a_pair_or_decoration() -> None:
    """A token that is added must say on what it stands."""
    measured = {name for pair in PAIRS for name in pair}
    for colours in schemes().values():
        assert colours.keys() - measured - DECORATION == set()


def test_the_buttons_hover_tone_keeps_its_text_readable() -> None:
    hover = re.search(r"\.btn:hover\s*\{[^}]*background:\s*#([0-9a-f]{6})", STYLESHEET.read_text())
    assert hover is not None
    for colours in schemes().values():
        assert contrast(colours["on-mustard"], hover[1]) >= TEXT


def test_rules_take_their_colours_from_the_tokens() -> None:
    """Else dark mode would miss them. Print is on white, and the button's hover tone is measured above."""
    css = re.sub(r"@media print \{.*\}", "", re.sub(r"/\*.*?\*/", "", STYLESHEET.read_text(), flags=re.DOTALL))
    rules = re.sub(r":root\s*\{[^}]*\}", "", css)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", rules) == ["#e3a51b"]
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", css))
    defined = set(re.findall(r"--([a-z0-9-]+):", css))
    assert used <= defined
