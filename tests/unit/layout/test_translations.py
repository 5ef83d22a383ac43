"""Every German text has its English one, in the room that says it, and no translation is left over."""

from __future__ import annotations

import re
from pathlib import Path

import colander
import pytest
import translations
from babel.messages.pofile import PoFileError
from translations import PACKAGE, Text, in_python, in_template, rooms, texts_of

from senfcall_avv import i18n
from senfcall_avv.i18n import LANGUAGES, _, localizer, plural, read_catalogue, sources

PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


def catalogue_of(room: str) -> dict[Text, tuple[str, ...]]:
    """Give a room's translations by text."""
    path = PACKAGE / room / "locale_en.po"
    if not path.exists():
        return {}
    found = {}
    for message in read_catalogue(path, "en"):
        if message.id:
            ids = message.id if isinstance(message.id, tuple) else (message.id, "")
            texts = message.string if isinstance(message.string, tuple) else (message.string,)
            found[Text(*ids)] = () if message.fuzzy else tuple(map(str, texts))
    return found


EVERYWHERE = {text for room in rooms() for text in catalogue_of(room)}


@pytest.mark.parametrize("room", rooms())
def test_every_text_has_its_english(room: str) -> None:
    missing = {text.message: place for text, place in texts_of(room).items() if text not in EVERYWHERE}
    assert missing == {}, f"to be written into {room}/locale_en.po"


@pytest.mark.parametrize("room", rooms())
def test_no_translation_is_empty_fuzzy_or_left_over(room: str) -> None:
    catalogue = catalogue_of(room)
    assert [text.message for text, english in catalogue.items() if not english or not all(english)] == []
    wanted = texts_of(room)
    assert [text.message for text in catalogue if text not in wanted] == []


@pytest.mark.parametrize("room", rooms())
def test_a_translation_mentions_what_its_text_mentions(room: str) -> None:
    for text, english in catalogue_of(room).items():
        wanted = set(PLACEHOLDER.findall(text.message + text.more))
        for form in english:
            assert set(PLACEHOLDER.findall(form)) <= wanted, text.message
        assert {name for form in english for name in PLACEHOLDER.findall(form)} == wanted, text.message


def test_one_text_has_one_translation() -> None:
    """All catalogues become one, and in it each text stands once."""
    said: dict[Text, dict[str, tuple[str, ...]]] = {}
    for room in rooms():
        for text, english in catalogue_of(room).items():
            said.setdefault(text, {})[room] = english
    assert {text.message: rooms for text, rooms in said.items() if len(set(rooms.values())) > 1} == {}


def test_the_search_finds_what_is_marked(tmp_path: Path) -> None:
    assert list(in_python("_('eins'); x.plural('zwei', 'drei', 3); f('vier')")) == [Text("eins"), Text("zwei", "drei")]
    with pytest.raises(ValueError, match="literal"):
        list(in_python("_(words)"))
    page = tmp_path / "page.pt"
    page.write_text(
        '<p i18n:domain="senfcall_avv"><b i18n:translate="">fünf <i i18n:name="n">6</i></b><a title="sieben" '
        """i18n:attributes="title">${_('acht')}</a>${plural('neun', 'zehn', 3)}</p>"""
    )
    assert set(in_template(page)) == {Text("fünf ${n}"), Text("sieben"), Text("acht"), Text("neun", "zehn")}
    page.write_text('<p i18n:domain="senfcall_avv" i18n:translate="">elf ${n}</p>')
    with pytest.raises(ValueError, match="i18n:name"):
        list(in_template(page))


def test_the_search_looks_into_every_room() -> None:
    assert {"layout", "public"} <= set(rooms())
    assert len(texts_of("layout")) > 30
    assert translations.FRAME in rooms()


def test_texts_are_translated_and_filled_in() -> None:
    english, german = localizer("en"), localizer("de")
    assert (english.translate(_("Zum Inhalt")), german.translate(_("Zum Inhalt"))) == ("Skip to content", "Zum Inhalt")
    said = _("Fragen? ${address}", mapping={"address": "x"})
    assert (english.translate(said), german.translate(said)) == ("Questions? x", "Fragen? x")
    assert english.translate(_("Das gibt es nicht")) == "Das gibt es nicht"


def test_what_a_text_mentions_is_translated_too() -> None:
    assert localizer("en").translate(_("Fragen? ${address}", mapping={"address": _("Menü")})) == "Questions? Menu"


def test_counted_things_have_their_forms() -> None:
    ways = [(language, number) for language in LANGUAGES for number in (0, 1, 2)]
    assert [plural(language, "vor ${n} Minute", "vor ${n} Minuten", number) for language, number in ways] == [
        "vor 0 Minuten", "vor 1 Minute", "vor 2 Minuten", "0 minutes ago", "1 minute ago", "2 minutes ago",
    ]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_colanders_messages_are_ours(language: i18n.Language) -> None:
    ours = {message.id for message in read_catalogue(PACKAGE / "layout" / f"colander_{language}.po", language)}
    for kind in (colander.Range, colander.Length, colander.OneOf, colander.ContainsOnly):
        defaults = [str(value) for value in vars(kind).values() if hasattr(value, "interpolate")]
        assert set(defaults) <= ours
        assert defaults
    assert {str(colander.SchemaNode.missing_msg), "Invalid date", '"${val}" is not a number'} <= ours


def test_colanders_messages_name_their_field_in_the_readers_language() -> None:
    node = colander.SchemaNode(colander.String(), title=_("Sprache"))
    with pytest.raises(colander.Invalid) as caught:
        node.deserialize("")
    assert localizer("de").translate(caught.value.msg) == "Sprache: Das fehlt noch."
    assert localizer("en").translate(caught.value.msg) == "Language: this is missing."


def test_a_broken_catalogue_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "locale_en.po"
    path.write_text('msgid "a"\nnonsense\n')
    with pytest.raises(PoFileError):
        read_catalogue(path, "en")
    assert [source.path.exists() for language in LANGUAGES for source in sources(language)].count(False) == 0
