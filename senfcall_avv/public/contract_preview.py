"""The contract before anybody signs: every part with gaps where an organisation's data go, and what changed when."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from senfcall_avv.contracts.texts import Html, Version
from senfcall_avv.i18n import _
from senfcall_avv.public.markup import slug

GAPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "organization_name": "[Name eurer Organisation]",
        "legal_form": "[Rechtsform]",
        "street": "[Straße und Hausnummer]",
        "postcode": "[Postleitzahl]",
        "town": "[Ort]",
        "country": "[Land]",
        "organization_email": "[E-Mail-Adresse eurer Organisation]",
        "register": "[Register und Nummer]",
        "representatives": "[Vertretung]",
        "data_protection_officer": "[Datenschutzbeauftragte]",
        "privacy_email": "[Adresse für Datenschutz]",
        "instructors": "[Weisungsberechtigte]",
        "church_authority": "[kirchliche Aufsicht]",
        "regime": "[anwendbares Datenschutzrecht]",
    }
)
"""What stands in the text where an organisation's own data will; in German, as the text around it."""
MODULES: Final = MappingProxyType({"church": _("Kirchliches Recht"), "secrecy": _("Berufsgeheimnis nach § 203 StGB")})
_PARAGRAPHS: Final = re.compile(r"\n{2,}")


class PreviewPart(NamedTuple):
    """A part as it is read. ``module``: what must have been chosen for it to be in the contract; empty: always."""

    id: str
    name: str
    module: str
    html: Html


class Change(NamedTuple):
    """A paragraph that came or went."""

    kind: Literal["new", "gone"]
    part: str
    text: str


def preview(version: Version) -> Iterator[PreviewPart]:
    """Give all parts of a version, those for some organisations too, then the terms."""
    for source in (*version.sources, version.terms):
        module = MODULES.get(source.module, source.module) if source.module else ""
        yield PreviewPart(slug(source.name), source.name, module, source.html(GAPS))


def _paragraphs(version: Version) -> dict[str, list[str]]:
    return {
        source.name: [" ".join(text.split()) for text in _PARAGRAPHS.split(source.markdown(GAPS)) if text.strip()]
        for source in (*version.sources, version.terms)
    }


def changes(old: Version, new: Version) -> Iterator[Change]:
    """Give the paragraphs in which two versions differ, in the order of the newer one's parts."""
    before, after = _paragraphs(old), _paragraphs(new)
    for name in dict.fromkeys((*after, *before)):
        one, other = before.get(name, []), after.get(name, [])
        for tag, a, b, c, d in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
            if tag != "equal":
                yield from (Change("gone", name, text) for text in one[a:b])
                yield from (Change("new", name, text) for text in other[c:d])
