"""What a profile says of one parameter, in a reader's words: its type, its bounds, what happens outside of them."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from senfcall_avv.i18n import _
from senfcall_avv.policy.engine import ParameterDescription

TYPES: Final = MappingProxyType(
    {
        "string": _("Text"),
        "text": _("Text, auch mehrere Zeilen"),
        "boolean": _("true oder false"),
        "integer": _("ganze Zahl"),
        "enum": _("ein Wort aus einer Liste"),
        "list": _("Liste, durch Kommas getrennt"),
        "url": _("Web-Adresse"),
        "colour": _("Farbe, zum Beispiel #1F2530"),
        "id": _("Kennung (ID)"),
        "password": _("Passwort"),
    }
)
MARKUP: Final = MappingProxyType(
    {
        "bbb": _("einfache Auszeichnung bleibt, alles andere wird entfernt"),
        "none": _("Auszeichnung wird entfernt"),
    }
)
OUTSIDE: Final = MappingProxyType(
    {
        "drop": _("Die Angabe wird ausgelassen, der Aufruf geht weiter."),
        "clamp": _("Der Wert wird an die Grenze gesetzt, der Aufruf geht weiter."),
        "refuse": _("Der Aufruf wird abgewiesen."),
    }
)
_COUNTED: Final = frozenset(("string", "text", "id", "password", "url"))
"""Types whose bounds count characters."""


def type_words(parameter: ParameterDescription) -> str:
    """Name the type; an engine of another maker may have types of its own."""
    words: str = TYPES.get(parameter.type, parameter.type)
    return words


def _range_words(parameter: ParameterDescription) -> Iterator[str]:
    low, high = parameter.minimum, parameter.maximum
    numbers = {"low": low, "high": high}
    characters = parameter.type in _COUNTED
    if low is not None and high is not None:
        words = _("${low} bis ${high} Zeichen") if characters else _("${low} bis ${high}")
    elif high is not None:
        words = _("höchstens ${high} Zeichen") if characters else _("höchstens ${high}")
    elif low is not None:
        words = _("mindestens ${low} Zeichen") if characters else _("mindestens ${low}")
    else:
        return
    yield words % numbers


def bounds_words(parameter: ParameterDescription) -> Iterator[str]:
    """Give the bounds, one text each, as translation strings; none where anything of the type will do."""
    yield from _range_words(parameter)
    if parameter.zero_is_unlimited:
        yield _("0 heißt unbegrenzt")
    if parameter.choices is not None:
        yield _("eins von: ${choices}", mapping={"choices": ", ".join(parameter.choices)})
    if parameter.schemes:
        yield _("beginnt mit ${schemes}", mapping={"schemes": " / ".join(f"{name}://" for name in parameter.schemes)})
    if parameter.hosts is not None:
        yield _("nur auf: ${hosts}", mapping={"hosts": ", ".join(parameter.hosts)})
    for pattern in parameter.patterns:
        yield _("in der Form ${pattern}", mapping={"pattern": pattern})
    if parameter.count is not None:
        yield _("höchstens ${count} Einträge", mapping={"count": parameter.count})
    if parameter.html in MARKUP:
        yield MARKUP[parameter.html]
