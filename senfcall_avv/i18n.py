"""Languages: German texts are the message ids, English ones stand in each room's ``locale_en.po``.

The catalogues are read from these files at the first use, so there is nothing to compile and nothing to forget.
Whoever writes a text for people marks it: ``_("Gespeichert.")`` in Python, ``i18n:translate=""`` in a template whose
root element has ``i18n:domain="senfcall_avv"``.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from pyramid.i18n import Localizer, Translations
from pyramid.interfaces import ILocalizer
from translationstring import TranslationString, TranslationStringFactory

Language = Literal["de", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("de", "en")
DOMAIN: Final = "senfcall_avv"
_ = TranslationStringFactory(DOMAIN)

_PACKAGE: Final = Path(__file__).parent
LIBRARIES: Final = ("colander",)
"""Libraries whose messages people see; ours for them stand in ``layout/<library>_<language>.po``."""


class Source(NamedTuple):
    """A file of translations."""

    path: Path
    domain: str


def sources(language: Language) -> Iterator[Source]:
    """List the files of a language: one a room, and one a library."""
    for path in sorted(_PACKAGE.glob(f"*/locale_{language}.po")):
        yield Source(path, DOMAIN)
    for library in LIBRARIES:
        yield Source(_PACKAGE / "layout" / f"{library}_{language}.po", library)


def read_catalogue(path: Path, language: Language) -> Catalog:
    """Read a file. Raises ``babel.messages.pofile.PoFileError`` with the line if it is broken."""
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def _translations(source: Source, language: Language) -> Translations:
    compiled = io.BytesIO()
    write_mo(compiled, read_catalogue(source.path, language))
    compiled.seek(0)
    return Translations(compiled, source.domain)


@cache
def localizer(language: Language) -> Localizer:
    """Give what translates into a language; mails and commands use it without a request."""
    every = Translations()
    every._catalog = {}  # noqa: SLF001  # as Pyramid's own make_localizer does
    for source in sources(language):
        every.add(_translations(source, language))
    return OurLocalizer(language, every)


class OurLocalizer(Localizer):  # type: ignore[misc]  # Pyramid has no types
    """Translates what a text mentions, too: ``${title}`` is filled with a translated title."""

    def translate(self, tstring: str, domain: str | None = None, mapping: Mapping[str, Any] | None = None) -> str:
        given = mapping or getattr(tstring, "mapping", None)
        if given and any(isinstance(value, TranslationString) for value in given.values()):
            given = {
                name: super(OurLocalizer, self).translate(value) if isinstance(value, TranslationString) else value
                for name, value in given.items()
            }
            tstring = TranslationString(
                str(tstring), domain=domain or getattr(tstring, "domain", None), default=None, mapping=given
            )
        translated: str = super().translate(tstring, domain=domain, mapping=given)
        return translated


def plural(language: Language, singular: str, more: str, number: int, **mapping: Any) -> str:
    """Give the text for a number of things; both German forms are literals marked by ``ngettext_noop``."""
    text: str = localizer(language).pluralize(singular, more, number, domain=DOMAIN, mapping={"n": number, **mapping})
    return text


def first_language(accept_language: str) -> Language:
    """Say which language a reader without a choice of his own gets: English only where he prefers it to German."""
    for part in accept_language.lower().split(",", 10)[:10]:
        tag = part.partition(";")[0].strip()[:2]
        if tag in {"de", "en"}:
            return "en" if tag == "en" else "de"
    return "de"


def language_named(name: object) -> Language | None:
    """Read a language's name that came from outside; None for all that we don't speak."""
    return next((language for language in LANGUAGES if language == name), None)


def includeme(config: Any) -> None:
    """Let Pyramid's ``request.localizer`` speak our languages, chosen by ``request.language``."""
    for language in LANGUAGES:
        config.registry.registerUtility(localizer(language), ILocalizer, name=language)
    config.set_locale_negotiator(lambda request: request.language)
